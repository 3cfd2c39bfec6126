"""The fault catalogue, a module for each kind."""

from kandykit.mock.catalogue import Fault

FAULTS: tuple[Fault, ...] = ()
