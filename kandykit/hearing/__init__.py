"""The hearing of a run: exchanges and marks in order, live or from a journal, and what they prove.

`hearing` takes them, `performance` is one play, `rulings` weighs plays of the same calls, `races` weighs those of calls
that leave together, and `summing_up` makes a judgement of it all.
"""

from __future__ import annotations

from kandykit.hearing.hearing import Hearing
from kandykit.hearing.performance import Performance, evidence

__all__ = ["Hearing", "Performance", "evidence"]
