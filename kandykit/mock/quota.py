"""The call quota: fixed windows per account, opened by the first call after the last one ended."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from kandykit.mock.accounts import Account

UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


@dataclass
class Window:
    """One running quota window."""

    ends_at: float
    used: int = 0


class Quota:
    """Counts the calls of each account and says when there were too many."""

    def __init__(self, clock: Callable[[], float], limit: int, seconds: float) -> None:
        self.clock = clock
        self.set(limit, seconds)
        self.windows: WeakKeyDictionary[Account, Window] = WeakKeyDictionary()

    def set(self, limit: int, seconds: float) -> None:
        """Allow so many calls in a window of so many seconds."""
        self.limit = limit
        self.seconds = seconds
        # A window can be shorter than a minute in tests, which these two cannot say; the reset time can.
        self.unit, unit_seconds = next((unit for unit in UNITS if seconds % unit[1] == 0), UNITS[-1])
        self.interval = max(1, math.ceil(seconds / unit_seconds))

    def window(self, account: Account) -> Window:
        """The account's window as it stands now."""
        now = self.clock()
        window = self.windows.get(account)
        if window is None or window.ends_at <= now:
            window = self.windows[account] = Window(now + self.seconds)
        return window

    def spend(self, account: Account) -> bool:
        """Count one call; false when the window has none left."""
        window = self.window(account)
        if window.used >= self.limit:
            return False
        window.used += 1
        return True

    def retry_after(self, account: Account) -> int:
        """Whole seconds after which a call is served again."""
        return max(1, math.ceil(self.window(account).ends_at - self.clock()))

    def headers(self, account: Account) -> dict[str, str]:
        """The five quota headers, true after the call just counted."""
        window = self.window(account)
        return {
            "quota-interval": str(self.interval),
            "quota-limit": str(self.limit),
            "quota-used": str(window.used),
            "quota-reset-UTC": str(math.ceil(window.ends_at * 1000)),
            "quota-time-unit": self.unit,
        }
