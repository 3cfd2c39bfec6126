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
    """One identity: what became of it and which exchange said so last."""

    identity: str
    life: Life
    seq: int
    deaths: int = 0


class Identities:
    """Every identity that this run created or tried to, by identity; passwords only as fingerprints."""

    def __init__(self) -> None:
        self.subscribers: dict[str, Subscriber] = {}
        self.passwords: dict[str, tuple[str, int]] = {}

    def of(self, identity: str) -> Subscriber | None:
        """What is known of an identity; None where this run never met it."""
        return self.subscribers.get(identity)

    def live(self) -> list[str]:
        """Identities that are certainly live, oldest first."""
        return [name for name, subscriber in self.subscribers.items() if subscriber.life is Life.LIVE]

    def standing(self) -> list[str]:
        """Identities that are live or may be, oldest first: what this run has to delete before it ends."""
        return [name for name, subscriber in self.subscribers.items() if subscriber.life is not Life.GONE]

    def set(self, identity: str, life: Life, seq: int) -> None:
        """An answer said what became of an identity."""
        known = self.subscribers.pop(identity, None)
        deaths = (known.deaths if known else 0) + (life is Life.GONE)
        self.subscribers[identity] = Subscriber(identity, life, seq, deaths)

    def password_of_another(self, identity: str, password: str, seq: int) -> int | None:
        """The exchange in which another subscriber got the same password; None where none did."""
        earlier = self.passwords.get(password)
        if earlier is None or earlier[0] == identity:
            self.passwords[password] = (identity, seq)
            return None
        return earlier[1]
