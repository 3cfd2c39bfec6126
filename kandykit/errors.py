"""Who is to blame is the type: the user (UsageError), the target (TargetError), or the kit (KitError).

KandykitError
├── UsageError          what the user declared cannot be used; exit 2
│   ├── ProfileError    the profile, with key, line and remedy
│   └── Refused         the guard did not let a call out
│       └── OverBudget  its worst case does not fit the budget
├── TargetError         the target could not be tested; exit 3
│   ├── TargetDown      no answer
│   │   └── NoApi       answers, but those of no API
│   └── NoToken         the token endpoint gave nothing usable
│       └── NoTokenEndpoint  answers, but as no token endpoint does
└── KitError            the kit itself failed; exit 4
    └── JournalError    a journal could not be written or read
"""

from __future__ import annotations


class KandykitError(Exception):
    """Anything the kit says in one clear sentence instead of a traceback."""

    exit_code = 4


class UsageError(KandykitError):
    """What the user declared cannot be used; the message names the place and the remedy."""

    exit_code = 2


class ProfileError(UsageError):
    """A profile is refused before anything is sent; the message names key, line and remedy."""


class Refused(UsageError):
    """The guard did not let a call out; nothing was sent.

    ``because`` is the reason in a few words, the same for every call that it keeps back.
    """

    def __init__(self, why: str, *, because: str = "") -> None:
        super().__init__(why)
        self.because = because


class OverBudget(Refused):
    """A call's worst case does not fit what is left of the budget; nothing was sent.

    ``reading_helps``: calls count at their worst only because no inventory read began after them, so reading it may
    make room.
    """

    def __init__(self, why: str, *, because: str = "", reading_helps: bool = False) -> None:
        super().__init__(why, because=because)
        self.reading_helps = reading_helps


class TargetError(KandykitError):
    """The target could not be tested; what was learnt until then is kept."""

    exit_code = 3


class TargetDown(TargetError):
    """The target gives no answer."""


class NoApi(TargetDown):
    """Something answers, but not as an API does: the address is wrong, and nothing can be said of the target."""


class NoToken(TargetError):
    """The token endpoint gave nothing that could be used as a Bearer token."""


class NoTokenEndpoint(NoToken):
    """Something answers at the token URL, but not as a token endpoint does: the address is wrong."""


class KitError(KandykitError):
    """The kit itself failed; what it had recorded is kept."""


class JournalError(KitError):
    """A journal could not be written, or is not one that this kit can read."""
