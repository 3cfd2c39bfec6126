"""The two catalogues: single defects, and what is unusual but legal."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from kandykit.mock.app import Mock

Apply = Callable[[Mock], None]


@dataclass(frozen=True)
class Fault:
    """One seeded defect."""

    name: str
    kind: str
    breaks: tuple[str, ...]
    """Ids of the requirements that it breaks, the nearest one first."""
    story: str
    depth: str
    """The lowest depth of a run that must catch it: quick, standard or deep."""
    apply: Apply = field(repr=False)


@dataclass(frozen=True)
class Legal:
    """One way to be unusual without breaking anything."""

    name: str
    story: str
    verdict: str
    """What a run against it must end with: conformant, or inconclusive."""
    readings: Mapping[str, Any]
    """What a user would declare in the profile for it, table by table."""
    apply: Apply = field(repr=False)


class UnknownName(Exception):
    """Raised for a name that neither catalogue has."""


@cache
def faults() -> tuple[Fault, ...]:
    """Every fault, in the order of the catalogue."""
    from kandykit.mock.faults import FAULTS

    return FAULTS


@cache
def legals() -> tuple[Legal, ...]:
    """Every legal oddity, in the order of the catalogue."""
    from kandykit.mock.legal import LEGALS

    return LEGALS


def seed(mock: Mock, fault_names: Iterable[str] = (), legal_names: Iterable[str] = ()) -> None:
    """Bend a mock by name, legal oddities first, so that a fault sits on top of them."""
    shelves: tuple[tuple[str, Iterable[str], tuple[Fault | Legal, ...]], ...] = (
        ("legal oddity", legal_names, legals()),
        ("fault", fault_names, faults()),
    )
    for kind, names, entries in shelves:
        known = {entry.name: entry for entry in entries}
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise UnknownName(f"there is no {kind} called {name}{hint}")
            known[name].apply(mock)


def bend(owner: object, seam: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace one method of one part of one mock; `around` is given what was there before."""
    setattr(owner, seam, around(getattr(owner, seam)))
