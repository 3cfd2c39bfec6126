"""Strangers: the same server behind other wires. What is spelled differently is in `strangers`, how in the rest.

    stranger's call ──> hearing ──> the mock, bent or not ──> saying ──> stranger's answer

A dialect stands before the whole mock and translates both ways, so that every fault and every legal oddity can be met
in each of them. What a caller gets wrong in a dialect is wrong in the same way after the translation.
"""

from kandykit.mock.dialects.dialect import Dialect
from kandykit.mock.dialects.strangers import STRANGERS

__all__ = ["STRANGERS", "Dialect"]
