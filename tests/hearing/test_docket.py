"""The docket: what a case keeps of each time that its finding was met."""

from __future__ import annotations

from kandykit.docket import Docket
from kandykit.exchange import Exchange, Intent, Request
from kandykit.verdict import Finding


def test_what_made_a_finding_the_first_time_is_kept_when_it_is_met_again() -> None:
    first = Finding("L3", "numbers that cannot be", "right", "wrong", (1, 2), also=("L10",))
    calls = [Exchange(seq, Intent(), Request("GET", "http://t/x", ()), None, 0.0, 0.0) for seq in (1, 2, 3)]
    docket = Docket()
    docket.file(first, calls[:2])
    docket.file(Finding("L3", "numbers that cannot be", "right", "wrong", (3,)), calls[2:])
    case = docket.cases[first.id]
    assert case.finding.requirements == ("L3", "L10")
    assert len(case.calls) == 1


def test_a_case_names_each_probe_and_test_that_met_it_once_in_order() -> None:
    finding = Finding("R3", "malformed input is accepted", "400", "201", (1,))
    docket = Docket()
    for number, (test, probe) in enumerate([("t::one", ""), ("t::two", "order: zero"), ("t::one", "")], start=1):
        intent = Intent("security", test, probe=probe)
        docket.file(finding, [Exchange(number, intent, Request("GET", "http://127.0.0.1/", (), None), None, 0.0, 1.0)])
    docket.count(finding, [])
    case = docket.cases[finding.id]
    assert case.seen == 4
    assert case.met_in == ["t::one", "order: zero"]
