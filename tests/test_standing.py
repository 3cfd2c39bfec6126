"""Headers that come with every answer are readings; what is of one answer only is none."""

from __future__ import annotations

from kandykit.exchange import Answer, Credential, Exchange, Intent, Request
from kandykit.standing import StandingHeaders

ALWAYS = (("Sunset", "n/a"), ("api-version", "1.2.0"), ("quota-limit", "1000"), ("Server", "gate/3"))


def exchange(
    *headers: tuple[str, str],
    status: int = 200,
    account: str = "account-1",
    credential: Credential = Credential.LIVE,
    probe: str = "",
    sent: tuple[tuple[str, str], ...] = (),
) -> Exchange:
    intent = Intent("workflow", "walk", account, credential, probe)
    request = Request("GET", "http://127.0.0.1/inventory", sent)
    return Exchange(1, intent, request, Answer(status, headers, "{}", 2), 0.0, 0.1)


def readings(*exchanges: Exchange) -> dict[str, str | list[str]]:
    standing = StandingHeaders()
    for each in exchanges:
        standing.see(each)
    return standing.readings()


def test_what_every_answer_says_is_kept() -> None:
    assert readings(*[exchange(*ALWAYS, ("Date", str(n)), ("x-request-id", str(n))) for n in range(12)]) == {
        "sunset": "n/a",
        "api-version": "1.2.0",
        "quota-limit": "1000",
        "server": "gate/3",
    }


def test_a_header_of_policy_is_kept_with_all_its_values() -> None:
    found = readings(exchange(*ALWAYS), exchange(("sunset", "Sat, 31 Dec 2026 00:00:00 GMT"), *ALWAYS[1:]))
    assert found["sunset"] == ["Sat, 31 Dec 2026 00:00:00 GMT", "n/a"]
    assert "server" not in found, "two answers are too few to know that a header stands"


def test_a_header_of_policy_that_changes_with_every_answer_is_none() -> None:
    assert "api-version" not in readings(*[exchange(("api-version", str(n))) for n in range(40)])


def test_errors_odd_calls_other_accounts_and_dead_tokens_do_not_count() -> None:
    other = (("api-version", "9"),)
    assert readings(
        exchange(*ALWAYS),
        exchange(*other, status=404),
        exchange(*other, account="account-2"),
        exchange(*other, credential=Credential.NONE),
        exchange(*other, probe="preflight"),
        exchange(*other, sent=(("API-Version", "9"),)),
    )["api-version"] == "1.2.0"  # fmt: skip
