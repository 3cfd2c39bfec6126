"""Tonight against the baseline: what is new, what is fixed, what was no longer looked at, and what changed.

The comparison is pure: the same two statements give the same answer. What counts as what:

=====================  ===============================================================================================
a new failure          it stands now, and did not in the baseline, waived or not; or it was waived and nobody answers
                       for it any more
fixed                  it stood in the baseline, is not met now, and what found it was looked at as deeply as then
no longer executed     a requirement that is missing, was not put to the test, or is no longer decided; a suite that
                       was not run; a lower depth; a run that ended early
changed                a reading that is another now; of those, a header by which the target announces a change for
                       the worse fails the gate, and so does a contract document that breaks its callers
=====================  ===============================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from kandykit.depth import DEPTHS
from kandykit.gate.contract_change import ContractChange, contract_changes
from kandykit.gate.readings import ReadingChange, reading_changes
from kandykit.gate.waiving import STALE, names_of
from kandykit.verdict import Verdict

NOTHING_NEW, NEW_FAILURES, NOT_EXECUTED, STALE_WAIVER = 0, 1, 6, 7
"""Exit statuses of the gate; where several hold, the first of 1, 6 and 7."""

_DECIDED: Final = frozenset({Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.WAIVED})
_THINNED, _ENOUGH = 10, 20
"""A requirement that was put to the test this many times less often, and often before, is worth a word."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A finding that stands, or a row that fails without one (its ``id`` is then the requirement's)."""

    requirement: str
    id: str
    title: str
    actual: str = ""
    suites: tuple[str, ...] = ()


@dataclass(slots=True)
class Comparison:
    """What the gate found; `status` is its exit status.

    ``about`` says what makes the baseline a poor one, ``unanswered`` are failures whose waiver has expired or is gone,
    ``unseen`` are failures of the baseline that could not be looked for, ``missing`` sentences on what was no longer
    executed, ``thinned`` on what was looked at far less often, ``waivers`` the stale ones as the statement shows them.
    """

    about: list[str] = field(default_factory=list)
    new: list[Failure] = field(default_factory=list)
    unanswered: list[Failure] = field(default_factory=list)
    expired: list[Failure] = field(default_factory=list)
    standing: list[Failure] = field(default_factory=list)
    waived: list[Failure] = field(default_factory=list)
    fixed: list[Failure] = field(default_factory=list)
    unseen: list[Failure] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    thinned: list[str] = field(default_factory=list)
    readings: list[ReadingChange] = field(default_factory=list)
    contract: list[ContractChange] = field(default_factory=list)
    waivers: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The gravest of what was found: failures go before checks, checks before waivers."""
        if (
            self.new
            or self.unanswered
            or any(change.fails for change in self.readings)
            or any(change.incompatible for change in self.contract)
        ):
            return NEW_FAILURES
        if self.missing:
            return NOT_EXECUTED
        return STALE_WAIVER if self.waivers else NOTHING_NEW


def compare(baseline: Mapping[str, Any], now: Mapping[str, Any]) -> Comparison:
    """Compare two statements; ``now`` as it reads under its waivers (see `kandykit.gate.waiving`)."""
    found = Comparison(about=list(_about(baseline, now)))
    before, after = _failures(baseline), _failures(now)
    _compare_failures(found, before, after, baseline, now)
    found.missing = list(_no_longer_executed(baseline, now))
    found.thinned = list(_thinned(baseline, now))
    found.readings = reading_changes(baseline.get("readings", {}), now.get("readings", {}))
    if baseline["kit"]["contract"] != now["kit"]["contract"]:
        if baseline.get("contract") and now.get("contract"):
            found.contract = contract_changes(baseline["contract"], now["contract"])
            if not found.contract:
                found.about.append("The contract document is another file, but nothing that callers rely on changed.")
        else:
            found.about.append(
                "The contract document changed, and how cannot be told: a statement does not hold its outline."
            )
    found.waivers = [waiver for waiver in now.get("waivers", []) if waiver.get("state") in STALE]
    return found


# -- failures -----------------------------------------------------------------------------------------------------


def _failures(statement: Mapping[str, Any]) -> dict[str, tuple[Failure, str]]:
    """Every failure once, with ``fail`` or, where it is waived under all its rows, ``waived``."""
    found: dict[str, tuple[Failure, str]] = {}
    for row in statement["requirements"]:
        entries = [(finding, finding.get("verdict", row["verdict"])) for finding in row.get("findings", [])]
        told = [(finding, word) for finding, word in entries if word in (Verdict.FAIL, Verdict.WAIVED)]
        if not told and row["verdict"] in (Verdict.FAIL, Verdict.WAIVED):
            told = [({"id": row["id"], "title": row.get("title") or "fails"}, row["verdict"])]
        for finding, word in told:
            known = found.get(finding["id"])
            if known is None or (known[1] != Verdict.FAIL and word == Verdict.FAIL):
                failure = Failure(
                    str(finding.get("requirement", row["id"])),
                    finding["id"],
                    str(finding.get("title", "")),
                    str(finding.get("actual", "")),
                    tuple(finding.get("suites", ())),
                )
                found[finding["id"]] = failure, str(word)
    return found


def _compare_failures(
    found: Comparison,
    before: Mapping[str, tuple[Failure, str]],
    after: Mapping[str, tuple[Failure, str]],
    baseline: Mapping[str, Any],
    now: Mapping[str, Any],
) -> None:
    expired = [waiver for waiver in now.get("waivers", []) if waiver.get("state") == "expired"]
    for name, (failure, word) in after.items():
        if word == Verdict.WAIVED:
            found.waived.append(failure)
        elif name not in before:
            found.new.append(failure)
        elif before[name][1] == Verdict.FAIL:
            found.standing.append(failure)
        elif _named_by(expired, failure):
            found.expired.append(failure)
        else:
            found.unanswered.append(failure)
    for name, (failure, _) in before.items():
        if name not in after:
            (found.fixed if _was_looked_for(failure, baseline, now) else found.unseen).append(failure)


def _named_by(waivers: Iterable[Mapping[str, Any]], failure: Failure) -> bool:
    return any(
        failure.id in waiver.get("findings", ()) or waiver.get("requirement") == failure.requirement
        for waiver in waivers
    )


def _was_looked_for(failure: Failure, baseline: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the run could have met the failure again: a suite that is switched off mends nothing."""
    row = _rows(now).get(failure.requirement)
    if row is None or not row["checked"] or row["verdict"] not in _DECIDED:
        return False
    if _depth(now) < _depth(baseline) or _cut_short(now):
        return False
    suites = set(_suites(now))
    return not suites or set(failure.suites) & set(_suites(baseline)) <= suites


# -- what was looked at -------------------------------------------------------------------------------------------


def _no_longer_executed(baseline: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if why := _cut_short(now):
        yield f"The run ended early: {why}."
    if _depth(now) < _depth(baseline):
        yield f"The depth is {now['run'].get('depth')}; it was {baseline['run'].get('depth')} in the baseline."
    for suite in _suites(baseline):
        if suite not in _suites(now):
            yield f"The suite {suite} was not run."
    rows = _rows(now)
    for row in baseline["requirements"]:
        name, times = row["id"], row["checked"]
        current = rows.get(name)
        if current is None:
            yield f"{name} is no longer in the statement; it was put to the test {_times(times)}."
        elif times and not current["checked"]:
            reason = current.get("reason") or "no reason is given"
            yield f"{name} was not put to the test; it was {_times(times)} in the baseline: {reason}"
        elif row["verdict"] in _DECIDED and current["verdict"] == Verdict.INCONCLUSIVE:
            reason = current.get("reason") or "; ".join(str(f.get("title", "")) for f in current.get("findings", []))
            yield f"{name} is no longer decided; it was {row['verdict']} in the baseline: {reason}"


def _thinned(baseline: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    rows = _rows(now)
    for row in baseline["requirements"]:
        current = rows.get(row["id"])
        if current is not None and 0 < current["checked"] * _THINNED <= row["checked"] >= _ENOUGH:
            yield f"{row['id']} was put to the test {_times(current['checked'])}; it was {_times(row['checked'])}."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


# -- the baseline itself ------------------------------------------------------------------------------------------


def _about(baseline: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What makes the baseline a poor one for this statement."""
    if baseline["run"]["id"] == now["run"]["id"]:
        yield "The baseline is of the same run as the statement, so nothing can be new."
    elif baseline["run"]["started"] > now["run"]["started"]:
        yield "The baseline is of a later run than the statement."
    if why := _cut_short(baseline):
        yield f"The baseline's run ended early, so what it did not reach looks new: {why}."
    elif baseline["verdict"] == "inconclusive":
        yield "The baseline is inconclusive: what it could not decide looks new, and is missed by nobody."
    for name, what in (("name", "called"), ("base_url", "at")):
        was, is_ = (_bare(str(each["target"].get(name, ""))) for each in (baseline, now))
        if was != is_:
            yield f"The baseline is of another target, {what} {was}, not {is_}."
    if baseline["target"]["profile"] != now["target"]["profile"]:
        yield "The profile is another one than the baseline's: readings or budgets may differ."
    was, is_ = str(baseline["kit"].get("version", "")), str(now["kit"].get("version", ""))
    if was != is_:
        yield f"The baseline was made by kandykit {was}, the statement by {is_}: rules may differ."


def _bare(url: str) -> str:
    """An address without its port where it is on this machine: a mock gets another one each night."""
    try:
        parts = urlsplit(url)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    except ValueError:
        return url
    return parts._replace(netloc=parts.hostname or "").geturl() if local else url


def _cut_short(statement: Mapping[str, Any]) -> str:
    run = statement["run"]
    if run.get("interrupted"):
        return "it was interrupted"
    if run.get("target_down"):
        return f"the target could not be tested: {run['target_down']}".rstrip(".")
    if run.get("kit_error"):
        return f"the kit failed: {run['kit_error']}".rstrip(".")
    return f"not all of it was judged: {run['incomplete']}".rstrip(".") if run.get("incomplete") else ""


def _rows(statement: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Rows by id; a twin stands for a row that is called by its other name."""
    rows: dict[str, Mapping[str, Any]] = {}
    for row in statement["requirements"]:
        for name in names_of(row):
            rows.setdefault(name, row)
        rows[row["id"]] = row
    return rows


def _suites(statement: Mapping[str, Any]) -> list[str]:
    return list(statement["run"].get("suites", ()))


def _depth(statement: Mapping[str, Any]) -> int:
    names = list(DEPTHS)
    depth = statement["run"].get("depth")
    return names.index(depth) if depth in names else len(names)
