"""The laws as one pure sequential model over a set of possible worlds.

`Account` follows one account's history, event by event, and says which law an event breaks. Whatever an answer leaves
open (no answer, 5xx, a pending order, a lagging read) only means that more than one world is possible; a law is broken
when none is left. Nothing here knows the wire, the network or a clock: times come from the exchanges.

    account.py         one account: hands every event to the law that it concerns
    inventory_law.py   reads of the inventory: bounds, and whether the calls before them explain the numbers
    order_law.py       orders: what becomes of each, and the ledger ever after
    fitting_law.py     whether an order fits: fulfilled or refused rightly
    subscriber_law.py  creates and deletes: stock, identities, passwords
    refusals.py        the codes that refusals have
    state.py           what these share
    stock.py           the possible worlds of (total, used) and the open questions
    orders.py          the order ledger
    lateness.py        reads that lag: what waits before it accuses anybody
    identities.py      who is live, gone or in doubt
    window.py          the calls that the next read must explain
    blame.py           which law explains numbers that no world has
    walk.py            the documented walk from end to end
    event.py           an exchange together with its meaning
"""

from kandykit.model.account import Account
from kandykit.model.event import Event

__all__ = ["Account", "Event"]
