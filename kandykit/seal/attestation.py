"""The attestation: what a run came to, and the hash of everything that shows it.

It is an in-toto statement with a test-result predicate, so that any policy engine for those can read it; what the
predicate has no word for stands under ``kandykit``. Its result is PASSED for a conformant run in which nothing warned
and nothing was waived, WARNED for any other conformant one, else FAILED: an inconclusive run passed nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from kandykit.seal.archive import Unsound
from kandykit.verdict import Verdict

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://in-toto.io/attestation/test-result/v0.1"


def attestation(
    statement: Mapping[str, Any],
    members: Mapping[str, bytes],
    left_out: Mapping[str, str],
    sealed: datetime,
    expires: datetime,
) -> dict[str, Any]:
    """The attestation of a run: ``members`` are what is sealed, ``left_out`` the digests of what is not packed."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": digest_of(content)} for name, content in sorted(members.items())],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            **_result(statement),
            "kandykit": {
                **_facts(statement),
                "sealed": _stamp(sealed),
                "expires": _stamp(expires),
                "leftOut": [{"name": name, "digest": {"sha256": left_out[name]}} for name in sorted(left_out)],
            },
        },
    }


def digest_of(content: bytes) -> dict[str, str]:
    """The digest as in-toto writes it."""
    return {"sha256": hashlib.sha256(content).hexdigest()}


def subjects_of(attested: Mapping[str, Any]) -> dict[str, str]:
    """The sha256 of every member that an attestation speaks of; raises `Unsound` where it is not of this kind."""
    if attested.get("_type") != STATEMENT_TYPE or attested.get("predicateType") != PREDICATE_TYPE:
        raise Unsound("what was signed is no test-result attestation of in-toto")
    try:
        return {str(subject["name"]): str(subject["digest"]["sha256"]) for subject in attested["subject"]}
    except (KeyError, TypeError):
        raise Unsound("the attestation does not say what it is of") from None


def times_of(attested: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """When it was sealed and when it expires; raises `Unsound` where it does not say."""
    try:
        own = attested["predicate"]["kandykit"]
        sealed, expires = datetime.fromisoformat(own["sealed"]), datetime.fromisoformat(own["expires"])
        if sealed.tzinfo is None or expires.tzinfo is None:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise Unsound("the attestation does not say when it expires") from None
    return sealed, expires


def disagreements(attested: Mapping[str, Any], statement: Mapping[str, Any]) -> list[str]:
    """Where an attestation says something else than the statement that it seals."""
    predicate = attested["predicate"]
    own = predicate.get("kandykit", {})
    said = {**{name: value for name, value in predicate.items() if name != "kandykit"}, **own}
    held = {**_result(statement), **_facts(statement)}
    return [
        f"the attestation says otherwise than the statement: {name}" for name in held if said.get(name) != held[name]
    ]


def _result(statement: Mapping[str, Any]) -> dict[str, Any]:
    rows = statement["requirements"]

    def with_verdict(*verdicts: Verdict) -> list[str]:
        return [row["id"] for row in rows if row["verdict"] in verdicts]

    warned = with_verdict(Verdict.WARN, Verdict.WAIVED)
    passed = statement["verdict"] == "conformant"
    return {
        "result": ("WARNED" if warned else "PASSED") if passed else "FAILED",
        "configuration": [
            {"name": "profile", "digest": _digest(statement["target"]["profile"])},
            {"name": "contract", "digest": _digest(statement["kit"]["contract"])},
            {"name": "kandykit", "uri": f"pkg:pypi/kandykit@{statement['kit'].get('version', '')}"},
        ],
        "passedTests": with_verdict(Verdict.PASS),
        "warnedTests": warned,
        "failedTests": with_verdict(Verdict.FAIL),
    }


def _facts(statement: Mapping[str, Any]) -> dict[str, Any]:
    rows = statement["requirements"]
    return {
        "verdict": statement["verdict"],
        "target": {name: str(statement["target"].get(name, "")) for name in ("name", "base_url")},
        "run": {name: statement["run"].get(name) for name in ("id", "started", "depth", "seed", "calls")},
        "skippedTests": [row["id"] for row in rows if row["verdict"] == Verdict.SKIPPED],
        "inconclusiveTests": [row["id"] for row in rows if row["verdict"] == Verdict.INCONCLUSIVE],
    }


def _digest(text: str) -> dict[str, str]:
    name, _, value = text.partition(":")
    return {name: value}


def _stamp(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")
