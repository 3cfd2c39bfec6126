"""The calls that the next read of the inventory must explain: those since the last read that was as expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kandykit.calls import CreateSubscriber, DeleteSubscriber, Outcome, PlaceOrder
from kandykit.model.event import Event
from kandykit.verdict import Held


class Window:
    """One account's calls since its inventory was last as expected.

    ``fresh`` are the calls since that read, ``kept`` earlier ones that may still act or may not show yet. ``repeats``
    are deletes of an identity that was not live, ``taken`` creates of one that was, ``rejected`` orders that were
    accepted and ended rejected: the numbers of their exchanges. ``elsewhere`` are other accounts' calls meanwhile.
    """

    def __init__(self) -> None:
        self.kept: list[Event] = []
        self.fresh: list[Event] = []
        self.elsewhere: list[Event] = []
        self.repeats: set[int] = set()
        self.taken: set[int] = set()
        self.rejected: set[int] = set()
        self.last_read: int | None = None

    @property
    def events(self) -> list[Event]:
        """Every call that may explain the next read, oldest first."""
        return [*self.kept, *self.fresh]

    def writes(self) -> list[int]:
        """The exchanges that may have changed something, oldest first."""
        return [event.seq for event in self.events if event.writes and not event.refused]

    def close(self, keep: Callable[[Event], bool], read: int) -> None:
        """The inventory is as expected, or known anew: only what ``keep`` says may still show stays."""
        self.kept = [event for event in self.events if keep(event)]
        self.fresh = []
        self.elsewhere = [event for event in self.elsewhere if keep(event)]
        stay = {event.seq for event in self.kept}
        self.repeats &= stay
        self.taken &= stay
        self.rejected &= stay
        self.last_read = read

    def clear(self) -> None:
        """Nothing is known any more that a read could be held against."""
        self.close(lambda event: False, 0)
        self.last_read = None

    def held(self) -> Iterable[Held]:
        """What a read that is as expected proves of the calls before it."""
        for event in self.fresh:
            for law in self._laws_tested(event):
                yield Held(law)
        if self.fresh and not self.kept and not any(event.writes for event in self.fresh):
            yield Held("L13")
        if any(event.reply.status != 403 for event in self.elsewhere):
            yield Held("L11")

    def _laws_tested(self, event: Event) -> tuple[str, ...]:
        if not event.writes:
            return ()
        if event.seq in self.repeats:
            return ("L10", "L4") if event.refused else ("L10",)
        if event.refused:
            return ("L4",)
        if event.reply.outcome is Outcome.UNCLEAR:
            return ("L12",)
        if isinstance(event.meant, PlaceOrder):
            return ("L1",)
        if isinstance(event.meant, CreateSubscriber):
            return ("L2",)
        if isinstance(event.meant, DeleteSubscriber):
            return ("L2", "L10")
        return ()
