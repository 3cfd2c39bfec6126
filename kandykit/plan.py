"""The plan: what a run may do at most, under one hash that somebody can approve.

The hash covers all that decides what a run sends and what it may cost: the kit itself, its suites and specs, the
profile with its budget, the vendor's document, and the options. A run with ``--approve HASH`` starts only where it
would be given the same hash, and its guard holds it to the same limits. What a rehearsal measured stands beside the
hash and not under it: how many calls it takes depends a little on chance, and much on the target.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kandykit import __version__
from kandykit.carried import carried
from kandykit.errors import UsageError
from kandykit.profile import Profile

LENGTH: Final = 20
"""So many hexadecimal digits of the digest are the hash: enough to be unlike any other, short enough to be typed."""

FOLDER: Final = "plans"
"""Where the plans lie below the folder of the runs, each by its hash."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is asked to do: the options that decide what it sends, ``suites`` in the order in which they run."""

    depth: str
    suites: tuple[str, ...]
    seed: int = 0
    time_budget_s: float | None = None
    read_only: bool = False


@dataclass(slots=True)
class Share:
    """What one suite did in the rehearsal, or would do at worst.

    ``worst`` is how far ``total`` could rise while it runs if the target did the worst with each call, ``peak`` how far
    it rises on a target that keeps the contract. ``ordered`` and ``given_back`` count products, ``created`` and
    ``deleted`` subscribers. ``held_back`` lists what the guard would not send: reason, how often, and which calls.
    """

    suite: str
    calls: int = 0
    worst: int = 0
    peak: int = 0
    ordered: int = 0
    given_back: int = 0
    created: int = 0
    deleted: int = 0
    held_back: list[tuple[str, int, list[str]]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What a run would do on this target, at most and as rehearsed.

    ``calls`` and ``peak_products`` are the limits that hold whatever the target does; ``price`` is what a product costs
    a month. ``not_tested`` holds, by reason, the requirements that this profile and these options leave out.
    """

    hash: str
    target: str
    terms: Terms
    calls: int
    peak_products: int
    price: float
    calls_per_second: float
    shares: list[Share] = field(default_factory=list)
    not_tested: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def expected_calls(self) -> int:
        """Calls of the whole run on a target that keeps the contract."""
        return sum(share.calls for share in self.shares)

    @property
    def expected_peak(self) -> int:
        """How far ``total`` rises on such a target."""
        return max((share.peak for share in self.shares), default=0)

    @property
    def worst_peak(self) -> int:
        """How far it can rise at worst: what the rehearsal came to at most, never beyond the budget."""
        return self.peak_products if not self.terms.read_only else 0

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return {
            **asdict(self),
            "calls_per_second": self.calls_per_second if self.calls_per_second < float("inf") else "unlimited",
            "expected_calls": self.expected_calls,
            "expected_peak": self.expected_peak,
            "worst_peak": self.worst_peak,
        }


def plan_hash(profile: Profile, terms: Terms, *, embedded: bool = False) -> str:
    """The hash of what a run may do; ``embedded`` for the mock that a run without a target starts for itself."""
    document = profile.target.openapi
    said = {
        "kit": __version__,
        "code": kit_digest(),
        "profile": "embedded mock" if embedded else profile.digest,
        "document": hashlib.sha256(document.read_bytes()).hexdigest() if document is not None else "",
        "calls": profile.budget.calls,
        "peak_products": profile.budget.peak_products,
        **asdict(terms),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:LENGTH]


def terms_of_run(
    every: Sequence[str],
    *,
    depth: str,
    suites: Sequence[str] = (),
    seed: int = 0,
    time_budget: float | None = None,
    read_only: bool = False,
) -> Terms:
    """What the command line asks for; no suite named means all, ``every`` lists them in their order."""
    chosen = tuple(suite for suite in every if not suites or suite in suites)
    return Terms(depth, chosen, seed, time_budget, read_only)


def check_approved(approved: str, present: str) -> None:
    """Raise `UsageError` where the plan that was approved is not the one that would be run."""
    if approved.strip().lower() != present:
        raise UsageError(
            f"--approve {approved}: the plan for this profile, these options and this kit is {present}, so something"
            " changed since it was approved, or it was another one. Look at `kandykit plan` with the same options, and"
            " approve that."
        )


def expected_calls(out: Path, present: str, terms: Terms) -> int:
    """About how many calls a run will take: as its stored plan expects, else as such runs were rehearsed before.

    Of a depth that was never rehearsed it is no more than is known of the one before it.
    """
    try:
        stored = json.loads((out / FOLDER / f"{present}.json").read_text(encoding="utf-8"))
        return int(stored["expected_calls"])
    except (OSError, ValueError, KeyError, TypeError):
        known = json.loads((Path(str(carried("specs"))) / "rehearsed.json").read_text(encoding="utf-8"))
        calls: dict[str, int] = known.get(terms.depth, known["standard"])
        return calls["calibration"] + sum(calls.get(suite, 0) for suite in terms.suites)


@lru_cache(maxsize=1)
def kit_digest() -> str:
    """The digest of the kit's code, its suites and its specs: whatever of them changes may change what is sent."""
    digest = hashlib.sha256()
    for root in (Path(__file__).parent, Path(str(carried("suites"))), Path(str(carried("specs")))):
        for path in sorted(root.rglob("*")):
            below = path.relative_to(root).as_posix()
            if path.suffix in (".py", ".yaml", ".toml") and not below.startswith(("profiles/", "_carried/")):
                digest.update(f"{root.name}/{below}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
