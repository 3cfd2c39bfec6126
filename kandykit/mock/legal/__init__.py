"""The legal catalogue."""

from kandykit.mock.catalogue import Legal

LEGALS: tuple[Legal, ...] = ()
