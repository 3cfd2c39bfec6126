"""The subscribers that a run created on one account, or may have created."""

from __future__ import annotations

from dataclasses import dataclass, field

from kandykit.exchange import Exchange


@dataclass(slots=True)
class OwnSubscribers:
    """The identities of subscribers that are ours, by what became of them.

    ``live``, ``deleted`` and ``unclear`` are those that we created, or may have created; ``lost`` names the creates, by
    their numbers, that may have made a subscriber whose identity nobody told us.
    """

    live: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    _touched: dict[str, tuple[float, float]] = field(default_factory=dict)

    def owns(self, identity: str) -> bool:
        """Whether we created this subscriber, or may have, whatever became of it."""
        return self.may_live(identity) or identity in self.deleted

    def may_live(self, identity: str) -> bool:
        """Whether this subscriber is ours, and not known to be gone."""
        return identity in self.live or identity in self.unclear

    @property
    def known(self) -> set[str]:
        """The identities of all that we created, or may have created, whatever became of them."""
        return self.live | self.unclear | self.deleted

    @property
    def to_delete(self) -> list[str]:
        """The subscribers that are ours and may be live, in a stable order."""
        return sorted(self.live | self.unclear)

    @property
    def using(self) -> int:
        """How many products our subscribers may be using."""
        return len(self.live) + len(self.unclear) + len(self.lost)

    def created(self, identity: str, exchange: Exchange, *, clear: bool) -> None:
        """A create of this identity was answered; ``clear`` says whether the answer tells that it was done."""
        overlapped = self._overlaps(identity, exchange)
        if not clear or overlapped:
            if identity not in self.live:
                self.deleted.discard(identity)
                self.unclear.add(identity)
            return
        self.unclear.discard(identity)
        self.deleted.discard(identity)
        self.live.add(identity)

    def gone(self, identity: str, exchange: Exchange, *, clear: bool) -> None:
        """A delete of this identity was answered; ``clear`` says whether the answer tells that nobody has it now."""
        overlapped = self._overlaps(identity, exchange)
        if not clear or overlapped:
            self.doubt(identity)
            return
        self.live.discard(identity)
        self.unclear.discard(identity)
        self.deleted.add(identity)

    def doubt(self, identity: str) -> None:
        """A live subscriber may be gone."""
        if identity in self.live:
            self.live.discard(identity)
            self.unclear.add(identity)

    def forget_times(self) -> None:
        """No call of ours is under way any more."""
        self._touched.clear()

    def _overlaps(self, identity: str, exchange: Exchange) -> bool:
        """Whether another create or delete of the identity was under way meanwhile; then either may be the last."""
        before = self._touched.get(identity)
        started, ended = exchange.started, exchange.ended
        if before is None or before[1] < started:
            self._touched[identity] = (started, ended)
            return False
        self._touched[identity] = (min(started, before[0]), max(ended, before[1]))
        return before[0] <= ended
