"""The fault catalogue, a module for each kind.

A fault bends one seam of the correct mock. It must be visible to a client of the public API, and no reading that the
contract leaves open may make it legal.
"""

from kandykit.mock.catalogue import Fault
from kandykit.mock.faults.authentication import authentication
from kandykit.mock.faults.business import business
from kandykit.mock.faults.disclosure import disclosure
from kandykit.mock.faults.headers import headers
from kandykit.mock.faults.isolation import isolation
from kandykit.mock.faults.quota import quota
from kandykit.mock.faults.races import races
from kandykit.mock.faults.robustness import robustness
from kandykit.mock.faults.sequence import sequence
from kandykit.mock.faults.status import status
from kandykit.mock.faults.validation import validation

KINDS = (
    business,
    sequence,
    validation,
    status,
    headers,
    authentication,
    isolation,
    disclosure,
    quota,
    robustness,
    races,
)
FAULTS: tuple[Fault, ...] = tuple(fault for kind in KINDS for fault in kind.entries)
