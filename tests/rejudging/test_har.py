"""Anybody's traffic: judged as far as it carries, and never by what it does not hold."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kandykit.errors import UsageError
from kandykit.journal import read_journal
from kandykit.outcome import conclude_again
from kandykit.profile import load_profile
from kandykit.rejudging import rejudge_file, rejudge_har
from kandykit.report.har import write_har
from tests.rejudging.conftest import Playing

BASE = "https://api.example/communication/kandy/provisioning"
TOKEN_URL = "https://api.example/oauth/client_credential/accesstoken"
TOKEN = "tok-0123456789abcdefghij"
SECRET = "the-client-secret-0123456789"
PASSWORD = "pa55word-of-the-subscriber"

PROFILE = f"""
[target]
base_url = "{BASE}"
token_url = "{TOKEN_URL}?grant_type=client_credentials"
[[accounts]]
client_id = "acme"
client_secret = "env:NOT_SET_ANYWHERE"
[readings]
"""

HEADERS = {
    "content-type": "application/json",
    "sunset": "n/a",
    "api-version": "1.0",
    "quota-interval": "1",
    "quota-limit": "1000",
    "quota-reset-UTC": "1767225600000",
    "quota-time-unit": "hour",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "date": "Wed, 01 Jan 2026 00:00:00 GMT",
}


class Browser:
    """Writes down traffic as a browser does: plain members only, secrets and all."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.entries: list[dict[str, Any]] = []
        self.used = 0
        self.token = TOKEN

    def call(
        self, method: str, url: str, status: int, answer: Any = None, sent: Any = None, *, lasts_ms: float = 20.0
    ) -> dict[str, Any]:
        """One call, 50 ms after the last one began."""
        self.used += 1
        body = "" if answer is None else json.dumps(answer)
        headers = {**HEADERS, "quota-used": str(self.used), "content-length": str(len(body))}
        entry: dict[str, Any] = {
            "startedDateTime": self.now.isoformat(timespec="milliseconds"),
            "time": lasts_ms,
            "request": {
                "method": method,
                "url": url,
                "headers": [
                    {"name": ":authority", "value": "api.example"},
                    {"name": "Authorization", "value": f"Bearer {self.token}"},
                ],
            },
            "response": {
                "status": status,
                "headers": [{"name": name, "value": value} for name, value in headers.items()],
                "content": {"size": len(body), "mimeType": "application/json", "text": body},
            },
        }
        if sent is not None:
            entry["request"]["postData"] = {"mimeType": "application/json", "text": json.dumps(sent)}
        self.entries.append(entry)
        self.now += timedelta(milliseconds=50)
        return entry

    def mint(self) -> None:
        """A token call, its secret in a form."""
        answer = {
            "access_token": TOKEN, "token_type": "Bearer", "expires_in": "3599", "issued_at": "1767225600000",
            "client_id": "acme", "application_name": "a", "organization_name": "o", "api_product_list": "[]",
            "scope": "", "refresh_token_expires_in": "0", "refresh_count": "0", "status": "approved",
        }  # fmt: skip
        entry = self.call("POST", f"{TOKEN_URL}?grant_type=client_credentials", 200, answer)
        entry["request"]["headers"] = []
        form = [{"name": "client_id", "value": "acme"}, {"name": "client_secret", "value": SECRET}]
        entry["request"]["postData"] = {"mimeType": "application/x-www-form-urlencoded", "params": form}
        entry["response"]["headers"].append({"name": "cache-control", "value": "no-store"})
        entry["response"]["headers"].append({"name": "pragma", "value": "no-cache"})

    def look(self, total: int, used: int) -> dict[str, Any]:
        row = {"product_name": "KPN-VoiceVideo-C", "total": total, "used": used, "available": total - used}
        return self.call("GET", f"{BASE}/inventory", 200, {"products": [row]})

    def create(self, identity: str, password: str = PASSWORD) -> dict[str, Any]:
        shown = {"identity": identity, "password": password, "product_name": "KPN-VoiceVideo-C"}
        shown["created_at"] = "2026-01-01T00:00:00Z"
        return self.call("POST", f"{BASE}/subscriber", 201, shown, {"product_name": "KPN-VoiceVideo-C"})

    def delete(self, identity: str) -> dict[str, Any]:
        shown = {"identity": identity, "product_name": "KPN-VoiceVideo-C"}
        return self.call("DELETE", f"{BASE}/subscriber/{identity.replace('@', '%40')}", 200, shown)

    def save(self, path: Path) -> Path:
        path.write_text(json.dumps({"log": {"version": "1.2", "entries": self.entries}}), encoding="utf-8")
        return path


def day(returned: bool = True, subscribers: int = 4) -> Browser:
    """Subscribers come and go; ``returned`` says whether their products come back."""
    browser = Browser()
    browser.mint()
    used = 0
    browser.look(90, used)
    for number in range(subscribers):
        browser.create(f"u{number}@acme.example", f"{PASSWORD}-{number}")
        used += 1
        browser.look(90, used)
        browser.look(90, used)
        browser.delete(f"u{number}@acme.example")
        used -= returned
        browser.look(90, used)
        browser.look(90, used)
    return browser


def rows(statement: dict[str, Any], *verdicts: str) -> set[str]:
    return {row["id"] for row in statement["requirements"] if row["verdict"] in verdicts}


def checked(statement: dict[str, Any], requirement: str) -> int:
    return next(int(row["checked"]) for row in statement["requirements"] if row["id"] == requirement)


# -- what it says -------------------------------------------------------------------------------------------------


def test_a_correct_targets_traffic_is_conformant_as_far_as_it_goes(tmp_path: Path) -> None:
    statement = rejudge_file(day().save(tmp_path / "a.har")).statement()
    assert statement["verdict"] == "conformant", statement["why"]
    assert statement["target"]["base_url"] == BASE
    assert statement["run"]["depth"] == "as recorded"
    assert checked(statement, "L2") >= 4
    assert "L7" in rows(statement, "skipped")
    assert "L12" in rows(statement, "skipped")


def test_what_came_again_and_again_stands(tmp_path: Path) -> None:
    statement = rejudge_file(day(returned=False, subscribers=40).save(tmp_path / "a.har")).statement()
    assert "L10" in rows(statement, "fail")
    found = next(f for row in statement["requirements"] for f in row["findings"] if f["requirement"] == "L10")
    assert "40 times running" in found["actual"]


def test_a_late_read_would_explain_it_where_too_few_were_seen_in_time(tmp_path: Path) -> None:
    path = day(returned=False).save(tmp_path / "a.har")
    statement = rejudge_file(path).statement()
    assert not rows(statement, "fail")
    assert "L10" in rows(statement, "inconclusive")
    (tmp_path / "p.toml").write_text(PROFILE + "settle_s = 0.0\n", encoding="utf-8")
    declared = load_profile(tmp_path / "p.toml", secrets=False)
    assert "L10" in rows(rejudge_file(path, declared).statement(), "fail")


def test_what_came_once_is_not_decided(tmp_path: Path) -> None:
    browser = Browser()
    browser.mint()
    browser.look(9, 0)
    browser.create("u@acme.example")
    browser.look(9, 2)
    statement = rejudge_file(browser.save(tmp_path / "a.har")).statement()
    assert not rows(statement, "fail")
    assert "L2" in rows(statement, "inconclusive")


def test_somebody_elses_hand_leaves_it_open(tmp_path: Path) -> None:
    browser = day(returned=False, subscribers=40)
    browser.look(90, 40)
    browser.look(90, 42)
    statement = rejudge_file(browser.save(tmp_path / "a.har")).statement()
    assert not rows(statement, "fail")
    assert {"L2", "L10"} <= rows(statement, "inconclusive")


def test_single_answers_stand_by_themselves(tmp_path: Path) -> None:
    browser = day()
    browser.call("GET", f"{BASE}/order", 418, {"orders": []})
    assert "R1" in rows(rejudge_file(browser.save(tmp_path / "a.har")).statement(), "fail")


def test_calls_that_overlapped_are_explained_by_some_order(tmp_path: Path) -> None:
    browser = Browser()
    browser.mint()
    for number in range(3):
        browser.look(2, 0)
        for name in ("a", "b"):
            entry = browser.create(f"{name}{number}@acme.example", f"{PASSWORD}{name}{number}")
            entry["time"] = 400.0
        browser.now += timedelta(seconds=1)
        browser.look(2, 2)
        for name in ("a", "b"):
            browser.delete(f"{name}{number}@acme.example")
    again = rejudge_file(browser.save(tmp_path / "a.har"))
    assert again.statement()["verdict"] == "conformant", again.statement()["why"]
    assert again.hearing.races.overlapping == 3
    assert again.hearing.races.explained == 3


def test_one_product_for_two_that_overlapped_is_seen(tmp_path: Path) -> None:
    browser = Browser()
    browser.mint()
    for number in range(4):
        browser.look(1, 0)
        browser.look(1, 0)
        for name in ("a", "b"):
            entry = browser.create(f"{name}{number}@acme.example", f"{PASSWORD}{name}{number}")
            entry["time"] = 400.0
        browser.now += timedelta(seconds=1)
        browser.look(1, 1)
        for name in ("a", "b"):
            browser.delete(f"{name}{number}@acme.example")
        browser.look(1, 0)
    statement = rejudge_file(browser.save(tmp_path / "a.har")).statement()
    assert "L12" in rows(statement, "fail", "inconclusive")


# -- what it does not hold ----------------------------------------------------------------------------------------


def test_tokens_that_were_taken_out_leave_accounts_open(tmp_path: Path) -> None:
    browser = day(returned=False)
    for entry in browser.entries:
        entry["request"]["headers"] = []
    statement = rejudge_file(browser.save(tmp_path / "a.har")).statement()
    assert not rows(statement, "fail")
    assert {"L2", "L10"} & rows(statement, "inconclusive")
    row = next(row for row in statement["requirements"] if row["id"] == "L2")
    assert "cannot be told apart" in row["reason"]


def test_two_tokens_of_nobody_knows_whom_leave_accounts_open(tmp_path: Path) -> None:
    browser = day(returned=False)
    browser.entries.pop(0)
    for entry in browser.entries[::2]:
        entry["request"]["headers"] = [{"name": "authorization", "value": "Bearer another-token-0123456789"}]
    statement = rejudge_file(browser.save(tmp_path / "a.har")).statement()
    assert not {name for name in rows(statement, "fail") if name.startswith("L")}


def test_bodies_that_were_not_kept_are_not_taken_for_empty(tmp_path: Path) -> None:
    browser = day()
    for entry in browser.entries:
        if entry["request"]["method"] == "GET":
            del entry["response"]["content"]["text"]
    statement = rejudge_file(browser.save(tmp_path / "a.har")).statement()
    assert not rows(statement, "fail")
    assert "R2" in rows(statement, "inconclusive")
    assert checked(statement, "L2") == 0


def test_what_came_from_a_cache_or_asks_for_news_is_left_out(tmp_path: Path) -> None:
    browser = day()
    browser.look(77, 5)["_fromCache"] = "disk"
    entry = browser.call("GET", f"{BASE}/inventory", 304)
    entry["request"]["headers"].append({"name": "If-None-Match", "value": "x"})
    browser.call("GET", "https://elsewhere.example/page", 500)
    statement = rejudge_file(browser.save(tmp_path / "a.har")).statement()
    assert statement["verdict"] == "conformant", statement["why"]
    assert any("cache" in note for note in statement["readings"]["notes"])


def test_lengths_of_recordings_accuse_nobody(tmp_path: Path) -> None:
    browser = day()
    browser.entries[3]["response"]["content"]["size"] += 7
    statement = rejudge_file(browser.save(tmp_path / "a.har")).statement()
    assert "H14" not in rows(statement, "fail")


@pytest.mark.parametrize("encoded", [True, False])
def test_bodies_in_base64_are_read(tmp_path: Path, encoded: bool) -> None:
    browser = day()
    for entry in browser.entries if encoded else []:
        content = entry["response"]["content"]
        content["text"] = base64.b64encode(content["text"].encode()).decode()
        content["encoding"] = "base64"
    assert checked(rejudge_file(browser.save(tmp_path / "a.har")).statement(), "L2") >= 4


# -- secrets ------------------------------------------------------------------------------------------------------


def test_no_secret_of_a_recording_is_written(tmp_path: Path) -> None:
    browser = day()
    browser.call("GET", f"{BASE}/order", 200, {"orders": [], "echo": TOKEN, "said": f"{PASSWORD}-1"})
    made = conclude_again(rejudge_file(browser.save(tmp_path / "a.har")), tmp_path / "out" / "judged")
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {"statement.json", "index.html", "traffic.har"} <= {path.name for path in written}
    assert made.status == 1
    for path in written:
        content = path.read_bytes()
        assert not [each for each in (TOKEN, SECRET, PASSWORD) if each.encode() in content], path


# -- our own ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "broken"), [("", set()), ("delete-returns-nothing", {"L10"}), ("hsts-missing", {"R2"})]
)
def test_our_own_recording_is_judged_like_any_other(
    playing: Playing, tmp_path: Path, fault: str, broken: set[str]
) -> None:
    played = playing(faults=(fault,) if fault else ())
    write_har(read_journal(played.journal).exchanges, tmp_path / "traffic.har")
    again = rejudge_har(tmp_path / "traffic.har", load_profile(played.profile, secrets=False))
    assert [exchange.seq for exchange in again.exchanges]
    failed = rows(again.statement(), "fail")
    assert bool(failed) is bool(broken)
    assert broken <= failed


# -- not a recording ----------------------------------------------------------------------------------------------


def broken_entry(change: Callable[[dict[str, Any]], Any]) -> str:
    browser = day()
    change(browser.entries[2])
    return json.dumps({"log": {"entries": browser.entries}})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is neither a journal"),
        ("nothing", "is neither a journal"),
        ("{", "line 1, column 2: is no JSON"),
        ('{"log": {"entries": [', "line 1, column 22: is no JSON"),
        ("{}", "log: is missing or no object"),
        ('{"log": {}}', "log.entries: is missing or no list"),
        ('{"log": {"entries": [3]}}', r"log.entries\[0\]: is no object"),
        ('{"log": {"entries": []}}', "which API this is traffic of cannot be told"),
        (broken_entry(lambda entry: entry.pop("request")), r"log.entries\[2\]: request is missing"),
        (broken_entry(lambda entry: entry.pop("startedDateTime")), r"log.entries\[2\]: startedDateTime is missing"),
        (broken_entry(lambda entry: entry.update(startedDateTime="noon")), "is no date and time"),
        (broken_entry(lambda entry: entry.update(startedDateTime="2026-01-01T00:00:00")), "has no time zone"),
        (broken_entry(lambda entry: entry.update(time="long")), "time is no number"),
        (broken_entry(lambda entry: entry["request"].pop("url")), r"entries\[2\].request: url is missing"),
        (broken_entry(lambda entry: entry["request"].update(headers=3)), "headers is no list"),
        (broken_entry(lambda entry: entry["request"].update(headers=[{}])), "without a name and a value"),
        (broken_entry(lambda entry: entry["response"].update(status="OK")), "status is no number"),
        (broken_entry(lambda entry: entry["response"]["content"].update(encoding="rot13")), "neither base64 nor none"),
        (broken_entry(lambda entry: entry["response"]["content"].update(encoding="base64")), "in base64 and is not"),
        ("[" * 100_000, "is neither a journal"),
        ('{"log":' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_har_file_is_refused_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "a.har"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=complaint) as refused:
        rejudge_file(path)
    assert str(path) in str(refused.value)
    assert TOKEN not in str(refused.value)


def test_traffic_of_another_api_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(
        '[target]\nbase_url = "https://other.example/x"\ntoken_url = "https://other.example/t"\n'
        '[[accounts]]\nclient_id = "a"\nclient_secret = "env:NOT_SET_ANYWHERE"\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match=r"none of its \d+ calls is one to https://other\.example/x"):
        rejudge_file(day().save(tmp_path / "a.har"), load_profile(tmp_path / "p.toml", secrets=False))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.har: cannot be read"):
        rejudge_file(tmp_path / "none.har")
