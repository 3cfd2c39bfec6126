"""The two catalogues: single defects, and what is unusual but legal.

An entry is a function that bends one seam of one mock. Its name is the function's name with hyphens, its story is the
function's docstring.
"""

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
    readings: Mapping[str, Any] = field(default_factory=dict)
    """What a user would declare under `readings`, where the defect could else be taken for a legal choice."""
    warns: bool = False
    """Whether the contract asks only for a warning, although what it breaks is a MUST otherwise."""


@dataclass(frozen=True)
class Legal:
    """One way to be unusual without breaking anything."""

    name: str
    story: str
    verdict: str
    """What a run against it must end with: conformant, or inconclusive."""
    readings: Mapping[str, Any]
    """What a user would declare under `readings` for it; empty where the kit finds out by itself."""
    apply: Apply = field(repr=False)


class UnknownName(Exception):
    """Raised for a name that neither catalogue has."""


class Faults:
    """The faults of one kind, collected as their functions are defined."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.entries: list[Fault] = []

    def breaks(
        self, *ids: str, depth: str = "quick", readings: Mapping[str, Any] | None = None, warns: bool = False
    ) -> Callable[[Apply], Apply]:
        """Enter the function below as a fault that breaks these requirements, or (``warns``) deserves a warning."""

        def enter(apply: Apply) -> Apply:
            story = story_of(apply)
            self.entries.append(Fault(name_of(apply), self.kind, ids, story, depth, apply, readings or {}, warns))
            return apply

        return enter


class Legals:
    """The legal oddities, collected as their functions are defined."""

    def __init__(self) -> None:
        self.entries: list[Legal] = []

    def gets(self, verdict: str, readings: Mapping[str, Any] | None = None) -> Callable[[Apply], Apply]:
        """Enter the function below as an oddity that a run must end with this verdict against."""

        def enter(apply: Apply) -> Apply:
            self.entries.append(Legal(name_of(apply), story_of(apply), verdict, readings or {}, apply))
            return apply

        return enter


def name_of(apply: Apply) -> str:
    """The catalogue's name for an entry."""
    return apply.__name__.replace("_", "-")


def story_of(apply: Apply) -> str:
    """The catalogue's sentence for an entry, on one line."""
    return " ".join((apply.__doc__ or "").split())


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
