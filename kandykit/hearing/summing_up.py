"""The summing up: what a hearing, and what is known of its run, come to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from kandykit.hearing.hearing import Hearing
from kandykit.judgement import Judgement
from kandykit.model.lateness import LATE_READ
from kandykit.openapi import Document
from kandykit.report.statement import RunFacts

OCCASIONS: Final = {
    "T8": "the token endpoint gives no token to HTTP Basic, which the primary document does not ask for",
    "H5": "no answer of this target was 202",
    "H6": "no answer of this target was 204, which is no documented code",
    "H7": "no answer of this target was 302",
    "S3": "the target is on plain http, so there is no https form to protect",
    "P1": "no answer of this target was problem+json",
}
"""Rules whose condition only some targets give occasion for, and what is true of those that do not."""

OFTEN_AWAY: Final = 0.1
"""Where so large a share of the calls is answered 503, the pace may be what the target turns away."""

CUT_OFF: Final = "the journal ends before its run did"


def judgement_of(hearing: Hearing) -> Judgement:
    """What the judges say of everything that was heard."""
    judge = hearing.judge
    judgement = Judgement(Counter(judge.checked), dict(hearing.docket.cases), dict(hearing.reasons))
    judgement.inconclusive.update(hearing.undecided)
    for requirement in sorted(hearing.missed):
        if requirement == "L7" and judge.terms.limit is None:
            continue  # it would have been left out for want of a limit
        if not judge.checked[requirement] and requirement not in hearing.reasons:
            judgement.inconclusive.setdefault(requirement, "the time was over before this had its turn")
    if hearing.docket.foreign:
        late = judge.terms.settle_s or any(case.finding.title == LATE_READ for case in hearing.docket.cases.values())
        who = "somebody else acts on the account" + (", or reads lag longer than was measured" if late else "")
        reason = f"{who}: {hearing.docket.foreign[0]}, with no call of ours between"
        for law in ("L1", "L2", "L5", "L6", "L13"):
            judgement.inconclusive.setdefault(law, reason)
    if any(remark.startswith("no product is available") for remark in hearing.remarks):
        # A full account is legal, but nothing can be tried on it: where its limit is known that is the reason,
        # else it may be the target that wrongly refuses.
        known = judge.terms.limit is not None
        for law in ("L1", "L2", "L5"):
            if not judge.checked[law]:
                reason = "no product is available and none could be ordered"
                (judgement.reasons if known else judgement.inconclusive).setdefault(law, reason)
    secure = judge.terms.base_url.startswith("https:")
    for requirement, occasion in OCCASIONS.items():
        if not judge.checked[requirement]:
            if requirement == "S3" and secure:
                occasion = "plain http is never used towards a live target"
            judgement.reasons.setdefault(requirement, occasion)
    return judgement


def facts_of(header: Mapping[str, Any], hearing: Hearing, document: Document) -> RunFacts:
    """What is said of the run itself; ``header`` is the first record, ``document`` what was agreed on answers."""
    profile = header["profile"]
    account = hearing.judge.account(hearing.names[0])
    target = profile["target"]
    end = hearing.end or {}
    first, budget = account.first_total, profile["budget"].get("peak_products")
    return RunFacts(
        contract=document.digest,
        outline=document.outline,
        target=target.get("name") or target["base_url"],
        base_url=target["base_url"],
        profile=header.get("profile_digest") or digest_of(profile),
        run_id=header["run"],
        started=str(header["started"]).replace("+00:00", "Z"),
        seconds=end.get("seconds", round(hearing.lasted_s, 3)),
        seed=header["seed"],
        depth=header["depth"],
        calls=hearing.calls,
        calls_by_operation=dict(hearing.by_operation),
        calls_by_status={name: dict(counts) for name, counts in hearing.by_status.items()},
        readings=_readings(hearing),
        billing={
            "peak_before": first,
            "peak_during": account.peak,
            "worst_case": None if first is None or budget is None else first + budget,
        },
        residue=end.get("residue", []),
        suites=hearing.suites,
        interrupted=bool(end.get("interrupted")),
        kit_error=end.get("kit_error", ""),
        target_down=end.get("target_down", ""),
        incomplete="" if hearing.end is not None else CUT_OFF,
    )


def digest_of(profile: Mapping[str, Any]) -> str:
    """``sha256:`` and the digest of a profile as the journal holds it, for journals that do not tell it themselves."""
    text = json.dumps(profile, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _readings(hearing: Hearing) -> dict[str, Any]:
    readings = dict(hearing.readings)
    for cause, codes in hearing.judge.account(hearing.names[0]).met.items():
        readings[cause] = sorted(codes)[0] if len(codes) == 1 else sorted(codes)
    if headers := hearing.judge.standing.readings():
        readings["headers"] = headers
    if notes := notes_of(hearing):
        readings["notes"] = notes
    return readings


def notes_of(hearing: Hearing) -> list[str]:
    """What whoever reads the statement should know of how the run went, in sentences."""
    notes = list(hearing.remarks)
    if hearing.held_back:
        times = sum(hearing.held_back.values())
        why = next(iter(hearing.held_back))
        notes.append(f"{times} calls were not sent, so what they would have tried was not tested: {why}")
    away = sum(counts["503"] for counts in hearing.by_status.values())
    if away > OFTEN_AWAY * hearing.calls:
        notes.append(
            f"{away} of {hearing.calls} calls were answered 503: if that is how the target limits the pace, a lower "
            "budget.calls_per_second lets the run decide more"
        )
    return notes
