"""The legal catalogue: what is unusual, and right all the same.

Each entry stands on a reading that the contract leaves open, or on one that a profile declares. None of them may be
accused.
"""

from kandykit.mock.catalogue import Legal
from kandykit.mock.legal.forms import forms
from kandykit.mock.legal.identities import identities
from kandykit.mock.legal.orders import orders
from kandykit.mock.legal.refusals import refusals
from kandykit.mock.legal.trouble import trouble

SHELVES = (orders, refusals, identities, forms, trouble)
LEGALS: tuple[Legal, ...] = tuple(legal for shelf in SHELVES for legal in shelf.entries)
