"""The traffic is HAR 1.2, whatever came."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from made_up_run import made_up_statement

from kandykit.report.har import write_har

ENTRY = {"startedDateTime", "time", "request", "response", "cache", "timings"}
REQUEST = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
RESPONSE = {
    "status",
    "statusText",
    "httpVersion",
    "cookies",
    "headers",
    "content",
    "redirectURL",
    "headersSize",
    "bodySize",
}


def written(tmp_path: Path) -> dict[str, Any]:
    _, _, exchanges = made_up_statement()
    write_har(exchanges, tmp_path / "traffic.har")
    log: dict[str, Any] = json.loads((tmp_path / "traffic.har").read_text(encoding="utf-8"))["log"]
    return log


def test_every_exchange_is_an_entry_with_all_that_the_format_asks_for(tmp_path: Path) -> None:
    log = written(tmp_path)
    _, _, exchanges = made_up_statement()
    assert log["version"] == "1.2"
    assert len(log["entries"]) == len(exchanges)
    for entry in log["entries"]:
        assert entry.keys() >= ENTRY
        assert entry["request"].keys() >= REQUEST
        assert entry["response"].keys() >= RESPONSE
        assert entry["response"]["content"].keys() >= {"size", "mimeType"}
        assert entry["time"] == sum(entry["timings"].values())
        datetime.fromisoformat(entry["startedDateTime"])


def test_a_call_without_an_answer_has_status_0_and_says_why(tmp_path: Path) -> None:
    entry = next(entry for entry in written(tmp_path)["entries"] if entry.get("_error"))
    assert (entry["response"]["status"], entry["_error"]) == (0, "timeout")


def test_octets_that_are_no_text_are_kept(tmp_path: Path) -> None:
    entry = next(e for e in written(tmp_path)["entries"] if e["response"]["content"].get("encoding"))
    assert base64.b64decode(entry["response"]["content"]["text"])[:8] == b"<script>"
    assert b"\xff\xfe" in base64.b64decode(entry["response"]["content"]["text"])


def test_an_empty_run_is_a_valid_file(tmp_path: Path) -> None:
    write_har([], tmp_path / "traffic.har")
    assert json.loads((tmp_path / "traffic.har").read_text())["log"]["entries"] == []
