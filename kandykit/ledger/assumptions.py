"""What the books may assume of a target and of others, for good or until it is known better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True, eq=False)
class Assumptions:
    """How far answers and reads are believed.

    ``shared``: others use the accounts meanwhile, so what the inventory shows beyond our own orders is not ours.
    ``settle_s``: how long a read may lag behind. ``late_s``: how long a call that was not answered may still act.
    ``trusting``: count each call as it is meant, and believe a decrement as soon as the target says it is done;
    otherwise everything counts at its worst until a later inventory read proves it.
    ``aged``: the calls are another process's and long over, so others may have acted since: what our own orders do not
    explain is theirs.
    ``lag_known``: whether ``settle_s`` was declared or measured; until then nothing is concluded from what a read does
    not show yet.
    """

    shared: bool = False
    settle_s: float = 0.0
    late_s: float = 30.0
    trusting: bool = True
    lag_known: bool = True
    aged: bool = False
