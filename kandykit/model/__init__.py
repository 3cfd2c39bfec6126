"""The laws as one pure sequential model over a set of possible worlds.

`Account` follows one account's history, event by event, and says which law an event breaks. Whatever an answer leaves
open (no answer, 5xx, a pending order, a lagging read) only means that more than one world is possible; a law is broken
when none is left. Nothing here knows the wire, the network or a clock: times come from the exchanges.

    account.py     one account: joins the three books below and names the law
    stock.py       the possible worlds of (total, used) and the open questions
    orders.py      the order ledger (L8)
    identities.py  who is live, gone or in doubt (L9, L10)
    blame.py       which law explains numbers that no world has
"""

from kandykit.model.account import Account, Event

__all__ = ["Account", "Event"]
