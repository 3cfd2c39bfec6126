"""Who is live, gone or in doubt: the subscribers of one account as answers have shown them (L9, L10)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Life(StrEnum):
    """What is known of one subscriber."""

    LIVE = "live"
    GONE = "gone"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One identity: what became of it, which exchange said so last, and when."""

    identity: str
    life: Life
    seq: int
    since: float = 0.0


class Identities:
    """Every identity that this run created or tried to, by identity; passwords only as fingerprints."""

    def __init__(self) -> None:
        self.subscribers: dict[str, Subscriber] = {}
        self.passwords: dict[str, tuple[str, int]] = {}
        self.live_count = 0
        self._standing: dict[str, None] = {}

    def of(self, identity: str) -> Subscriber | None:
        """What is known of an identity; None where this run never met it."""
        return self.subscribers.get(identity)

    def live(self) -> list[str]:
        """Identities that are certainly live, oldest first."""
        return [name for name in self._standing if self.subscribers[name].life is Life.LIVE]

    def live_in_other_case(self, identity: str) -> bool:
        """Whether a live identity differs from this one in nothing but its letter case."""
        folded = identity.casefold()
        return any(name != identity and name.casefold() == folded for name in self._standing)

    def gone_in_other_case(self, known: Subscriber) -> Subscriber | None:
        """Who went since this one came, with an identity that differs from its own in nothing but letter case."""
        folded = known.identity.casefold()
        gone = (each for each in self.subscribers.values() if each.life is Life.GONE and each.seq > known.seq)
        return next((each for each in gone if each.identity.casefold() == folded), None)

    def standing(self) -> list[str]:
        """Identities that are live or may be, oldest first: what this run has to delete before it ends."""
        return list(self._standing)

    def set(self, identity: str, life: Life, seq: int, when: float = 0.0) -> None:
        """An answer said what became of an identity."""
        self.drop(identity)
        self.subscribers[identity] = Subscriber(identity, life, seq, when)
        self.live_count += life is Life.LIVE
        if life is not Life.GONE:
            self._standing[identity] = None

    def drop(self, identity: str) -> None:
        """The identity turns out never to have existed: nothing is known of it any more."""
        known = self.subscribers.pop(identity, None)
        if known is not None:
            self.live_count -= known.life is Life.LIVE
            self._standing.pop(identity, None)

    def password_of_another(self, identity: str, password: str, seq: int, gone: int | None = None) -> int | None:
        """The exchange in which another subscriber got the same password; None where none did.

        ``gone`` is the exchange that deleted the subscriber which had this identity before, where one certainly did.
        """
        earlier = self.passwords.get(password)
        if earlier is None or (earlier[0] == identity and (gone is None or earlier[1] > gone)):
            self.passwords[password] = (identity, seq)
            return None
        return earlier[1]
