"""The binding: the only place that knows how a target spells the contract on the wire.

The default is the spelling of the shipped OpenAPI document. A profile's ``[binding]`` table replaces single keys of it
(see `keys`); values are JSON pointers, places, paths, or words. `requests` writes and reads requests, `replies` reads
answers, `pointer` finds members.
"""

from __future__ import annotations

from typing import Final

from kandykit.binding.keys import DEFAULTS
from kandykit.binding.replies import Replies
from kandykit.binding.requests import IDENTITY, LARGEST_QUANTITY, MINTED, Requests

__all__: Final = ["DEFAULTS", "IDENTITY", "LARGEST_QUANTITY", "MINTED", "Binding"]


class Binding(Requests, Replies):
    """Wire <-> contract for one target.

    ``base_url`` and ``token_url`` are absolute; ``spelling`` replaces single keys of `DEFAULTS` and raises
    `ProfileError` for a key that is none of them, or a value that it cannot have.
    """
