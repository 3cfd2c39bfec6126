"""What counts as new, as fixed, as no longer executed, and which exit status that makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from kandykit.gate.comparison import Comparison, compare
from kandykit.gate.waiving import waived_again, waivers_in
from kandykit.report.waivers import Waiver
from tests.gate.nights import failing, night, row

TODAY = date(2026, 11, 24)


def waiver(expires: date = date(2027, 3, 31), requirement: str = "", finding: str = "") -> Waiver:
    return Waiver("jo@operator.example", "the next release", "KANDY-17", expires, requirement, finding)


def ids(failures: list[Any]) -> list[str]:
    return [failure.id for failure in failures]


def gate(before: dict[str, Any], now: dict[str, Any], *waivers: Waiver) -> Comparison:
    return compare(before, waived_again(now, waivers or waivers_in(now), TODAY))


def test_the_same_again_is_nothing_new() -> None:
    found = gate(night(0), night(1))
    assert found == Comparison()
    assert found.status == 0


def test_a_failure_that_was_not_there_is_new() -> None:
    found = gate(night(0), failing(night(1)))
    assert ids(found.new) == ["L5-0a1b2c3d"]
    assert found.status == 1


def test_a_failure_that_was_there_still_stands_and_is_not_new() -> None:
    found = gate(failing(night(0)), failing(night(1)))
    assert ids(found.standing) == ["L5-0a1b2c3d"]
    assert found.status == 0


def test_another_failure_of_a_failing_requirement_is_new() -> None:
    found = gate(failing(night(0)), failing(failing(night(1)), id="L5-ffffffff"))
    assert ids(found.new) == ["L5-ffffffff"]
    assert found.status == 1


def test_what_warned_and_fails_now_is_new() -> None:
    before = failing(night(0), verdict="warn")
    row(before, "L5")["verdict"] = "warn"
    assert gate(before, failing(night(1))).status == 1


def test_a_row_that_fails_without_a_finding_counts() -> None:
    now = night(1)
    row(now, "L1")["verdict"] = "fail"
    found = gate(night(0), now)
    assert ids(found.new) == ["L1"]
    assert found.status == 1


def test_a_statement_of_the_least_that_is_public_is_compared() -> None:
    """Only what interface and standard statements have at least: no suites, no finding verdicts, no headers."""
    before, now = night(0), failing(night(1))
    for statement in (before, now):
        for name in ("suites", "interrupted", "kit_error", "target_down"):
            del statement["run"][name]
        del statement["contract"]
        statement["readings"] = {"no_stock": 412}
        for each in statement["requirements"]:
            each.pop("twin", None)
            for finding in each["findings"]:
                for name in ("verdict", "requirement", "also", "suites"):
                    del finding[name]
    assert ids(gate(before, now).new) == ["L5-0a1b2c3d"]
    assert gate(before, before).status == 0


# -- fixed ----------------------------------------------------------------------------------------------------------


def test_what_is_not_met_any_more_is_fixed() -> None:
    found = gate(failing(night(0)), night(1))
    assert ids(found.fixed) == ["L5-0a1b2c3d"]
    assert found.status == 0


@pytest.mark.parametrize(
    "blind",
    [
        lambda now: now["run"]["suites"].remove("stateful"),
        lambda now: now["run"].update(depth="quick"),
        lambda now: row(now, "L5").update(checked=0, verdict="skipped"),
        lambda now: row(now, "L5").update(verdict="inconclusive"),
        lambda now: now["requirements"].remove(row(now, "L5")),
        lambda now: now["run"].update(interrupted=True),
    ],
    ids=["its suite is off", "less deep", "not tested", "not decided", "no row", "interrupted"],
)
def test_what_was_not_looked_for_is_not_fixed(blind: Callable[[dict[str, Any]], None]) -> None:
    now = night(1)
    blind(now)
    found = gate(failing(night(0)), now)
    assert found.fixed == []
    assert ids(found.unseen) == ["L5-0a1b2c3d"]
    assert found.status == 6


# -- no longer executed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blind", "words"),
    [
        (lambda now: now["run"]["suites"].remove("concurrency"), "suite concurrency"),
        (lambda now: now["run"].update(depth="quick"), "depth is quick"),
        (lambda now: row(now, "L1").update(checked=0, verdict="skipped", reason="no stock"), "no stock"),
        (lambda now: row(now, "L1").update(verdict="inconclusive", reason="lag"), "no longer decided"),
        (lambda now: now["requirements"].remove(row(now, "L1")), "L1 is no longer in the statement"),
        (lambda now: now["requirements"].remove(row(now, "L15")), "L15 is no longer in the statement"),
        (lambda now: now["run"].update(target_down="no answer"), "no answer"),
        (lambda now: now["run"].update(kit_error="broken"), "the kit failed: broken"),
        (lambda now: now["run"].update(incomplete="the journal was cut"), "not all of it was judged"),
    ],
    ids=["suite", "depth", "checked", "undecided", "row", "row that was skipped", "target down", "kit", "incomplete"],
)
def test_a_check_that_is_no_longer_executed_is_told(blind: Callable[[dict[str, Any]], None], words: str) -> None:
    now = night(1)
    blind(now)
    found = gate(night(0), now)
    assert any(words in line for line in found.missing), found.missing
    assert found.status == 6


def test_a_twin_stands_for_a_row_that_goes_by_its_other_name() -> None:
    now = night(1)
    now["requirements"].remove(row(now, "H9"))
    assert gate(night(0), now).status == 0


def test_more_suites_and_more_depth_are_no_loss() -> None:
    now = night(1)
    now["run"]["suites"].append("quota")
    now["run"]["depth"] = "deep"
    assert gate(night(0), now).status == 0


def test_far_fewer_checks_are_worth_a_word_only() -> None:
    now = night(1)
    row(now, "S1")["checked"] = 4
    found = gate(night(0), now)
    assert found.thinned == ["S1 was put to the test 4 times; it was 90 times."]
    assert found.status == 0


# -- waivers ----------------------------------------------------------------------------------------------------------


def test_a_waived_failure_is_not_new_and_is_listed() -> None:
    found = gate(night(0), failing(night(1)), waiver(finding="L5-0a1b2c3d"))
    assert ids(found.waived) == ["L5-0a1b2c3d"]
    assert found.status == 0


def test_a_waiver_by_finding_hides_no_other_finding() -> None:
    found = gate(night(0), failing(failing(night(1)), id="L5-ffffffff"), waiver(finding="L5-0a1b2c3d"))
    assert ids(found.new) == ["L5-ffffffff"]
    assert found.status == 1


def test_an_expired_waiver_fails_the_gate_by_itself() -> None:
    """The failure is known, so it is not new: somebody has to renew his answer for it, or to mend it."""
    before = waived_again(failing(night(0)), [waiver(finding="L5-0a1b2c3d")], TODAY)
    found = gate(before, failing(night(1)), waiver(date(2026, 11, 23), finding="L5-0a1b2c3d"))
    assert ids(found.expired) == ["L5-0a1b2c3d"]
    assert found.new == []
    assert [entry["state"] for entry in found.waivers] == ["expired"]
    assert found.status == 7


def test_a_waiver_expires_by_the_day_of_the_gate_even_where_the_run_still_counted_it() -> None:
    now = waived_again(failing(night(1)), [waiver(date(2026, 11, 23), requirement="L5")], date(2026, 11, 23))
    assert row(now, "L5")["verdict"] == "waived"
    found = gate(night(0), now)
    assert [entry["state"] for entry in found.waivers] == ["expired"]
    assert found.status == 1, "nobody answers for it any more, and the baseline did not have it"


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (waiver(requirement="L1"), "gone"),
        (waiver(requirement="L15"), "untested"),
        (waiver(requirement="L99"), "unmatched"),
        (waiver(finding="L5-0a1b2c3d"), "gone"),
        (waiver(date(2026, 11, 23), requirement="L1"), "expired"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.names,
)
def test_a_waiver_that_waives_nothing_fails_the_gate(given: Waiver, state: str) -> None:
    found = gate(night(0), night(1), given)
    assert [entry["state"] for entry in found.waivers] == [state]
    assert found.status == 7


def test_a_failure_whose_waiver_was_taken_away_is_unanswered() -> None:
    before = waived_again(failing(night(0)), [waiver(requirement="L5")], TODAY)
    found = gate(before, failing(night(1)))
    assert ids(found.unanswered) == ["L5-0a1b2c3d"]
    assert found.status == 1


def test_another_waivers_file_takes_the_place_of_the_runs_own() -> None:
    now = waived_again(failing(night(1)), [waiver(requirement="L5")], TODAY)
    found = gate(night(0), now, waiver(requirement="L1"))
    assert ids(found.new) == ["L5-0a1b2c3d"]


def test_a_waiver_covers_the_twin_and_leaves_the_given_statement_alone() -> None:
    now = failing(failing(night(1), "H9"), "L13")
    held = waived_again(now, [waiver(requirement="L13")], TODAY)
    assert {row(held, name)["verdict"] for name in ("H9", "L13")} == {"waived"}
    assert held["verdict"] == "conformant"
    assert row(now, "H9")["verdict"] == "fail"


# -- precedence, the baseline itself ----------------------------------------------------------------------------------


def test_failures_go_before_checks_and_checks_before_waivers() -> None:
    now = night(1)
    now["run"]["depth"] = "quick"
    assert gate(night(0), now, waiver(requirement="L1")).status == 6
    found = gate(night(0), failing(now), waiver(requirement="L1"))
    assert found.status == 1
    assert found.missing
    assert found.waivers


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda old: old.update(verdict="inconclusive"), "inconclusive"),
        (lambda old: old["run"].update(interrupted=True), "ended early"),
        (lambda old: old["target"].update(base_url="https://other.example"), "another target"),
        (lambda old: old["target"].update(name="production"), "another target"),
        (lambda old: old["target"].update(profile="sha256:ff"), "profile is another"),
        (lambda old: old["kit"].update(contract="sha256:ff"), "contract document changed"),
        (lambda old: old["kit"].update(version="0.0.9"), "rules may differ"),
        (lambda old: old["run"].update(started="2026-12-24T02:00:00.000Z"), "later run"),
        (lambda old: old["run"].update(id=night(1)["run"]["id"]), "same run"),
    ],
    ids=["inconclusive", "cut short", "elsewhere", "renamed", "profile", "contract", "kit", "later", "same"],
)
def test_a_poor_baseline_is_told(change: Callable[[dict[str, Any]], None], words: str) -> None:
    before = night(0)
    change(before)
    found = gate(before, night(1))
    assert any(words in line for line in found.about), found.about


def test_a_mock_on_another_port_is_the_same_target() -> None:
    before, now = night(0), night(1)
    before["target"]["base_url"] = "http://127.0.0.1:4001/kandy"
    now["target"]["base_url"] = "http://127.0.0.1:4002/kandy"
    assert gate(before, now).about == []


# -- readings and headers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "value", "fails"),
    [
        ("sunset", "Sat, 31 Dec 2026 00:00:00 GMT", True),
        ("sunset", ["Sat, 31 Dec 2026 00:00:00 GMT", "n/a"], True),
        ("api-version", "2.0.0", True),
        ("api-version", ["1.2.0", "2.0.0"], True),
        ("quota-limit", "500", True),
        ("quota-limit", ["500", "1000"], True),
        ("quota-limit", "2000", False),
        ("quota-interval", "2", True),
        ("quota-time-unit", "day", True),
        ("quota-time-unit", "minute", False),
        ("quota-limit", "many", True),
        ("deprecation", "@1893456000", True),
        ("strict-transport-security", "max-age=1", False),
        ("server", "gate/4", False),
    ],
)
def test_a_header_that_changed_is_told_and_fails_where_it_is_bad_news(header: str, value: Any, fails: bool) -> None:
    now = night(1)
    now["readings"]["headers"][header] = value
    found = gate(night(0), now)
    assert [change.fails for change in found.readings] == [fails]
    assert found.status == (1 if fails else 0)


def test_a_sunset_that_was_withdrawn_is_good_news_and_one_that_is_gone_is_not() -> None:
    before, now = night(0), night(1)
    before["readings"]["headers"]["sunset"] = "Sat, 31 Dec 2026 00:00:00 GMT"
    assert gate(before, now).status == 0
    del now["readings"]["headers"]["sunset"]
    assert gate(before, now).status == 1


def test_the_same_quota_in_other_words_is_no_change_for_the_worse() -> None:
    before, now = night(0), night(1)
    before["readings"]["headers"] |= {"quota-limit": "60", "quota-time-unit": "hour"}
    now["readings"]["headers"] |= {"quota-limit": "1", "quota-time-unit": "minute"}
    assert gate(before, now).status == 0


def test_a_reading_that_changed_is_told_and_notes_of_the_run_are_not() -> None:
    now = night(1)
    now["readings"] |= {"no_stock": 400, "notes": ["something else"]}
    found = gate(night(0), now)
    assert [(change.name, change.before, change.after) for change in found.readings] == [("no_stock", "412", "400")]
    assert found.status == 0
