"""The ledger: what this run may have done to each account, as far as its own calls prove it.

It answers what the guard and the cleaning up must know: which subscribers are ours, by how much ``total`` may have
risen at worst, and how many products may be given back without touching anybody else's. It is fed with exchanges,
asks nobody, and never guesses in the run's favour.

How it counts: an order that the target says it did is *done*, one that it accepted is *open*, one without a clear
answer is *doubtful*; what it refused, and what should not touch ``total``, did nothing, if that is true. An inventory
read that began after a call had ended tells what became of it; what is newer than the read counts at its worst.
"""

from kandykit.ledger.account import Account
from kandykit.ledger.ledger import Ledger

__all__ = ["Account", "Ledger"]
