"""Single calls of an account: made again where that is safe, waited with where reads lag or a quota is used up.

A read may be made again, for it changes nothing; a write whose answer is unclear is looked into first.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from kandykit.binding import Binding
from kandykit.calls import Outcome, Reply
from kandykit.errors import OverBudget, TargetDown
from kandykit.exchange import Credential, Exchange, Intent
from kandykit.hearing import Hearing, Performance
from kandykit.model.account import Account
from kandykit.wire import Outgoing

LONGEST_PAUSE_S = 90.0
"""A target that asks for a longer pause than this, in seconds, cannot be tested now."""

TRIES = 3
"""How often a well-formed call that gets no clear answer is made in the same state, once reading has settled that."""

LEAST_PAUSE_S = 0.05
"""Who is turned away waits for so long at least, in seconds, and twice as long each time that it was in vain."""

IN_VAIN = 5
"""Who waits so often in a row for as long as the target says, and is turned away each time, is locked out."""


class Calling:
    """Makes calls through ``send`` (the client's) for the accounts of ``names``, and records them in ``performance``.

    ``intent`` says what for. ``lags`` are how long reads of each kind may lag, in seconds. ``pause`` tells how long a
    target that turned a call away with 429 asks to wait.
    """

    def __init__(
        self,
        binding: Binding,
        hearing: Hearing,
        send: Callable[[Outgoing, Intent], tuple[Exchange, Reply]],
        names: list[str],
        *,
        pause: Callable[[Exchange], float],
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self.binding = binding
        self.hearing = hearing
        self.judge = hearing.judge
        self.names = names
        self.intent = Intent()
        self.performance = Performance()
        self.lags = {"inventory": inf, "orders": inf}
        self.loses_answers = False
        self.listed_octets = 0
        self._send = send
        self._pause = pause
        self._sleep = sleep
        self._clock = clock
        self._wrote_at: dict[int, float] = {}
        self._in_vain: dict[str, int] = {}

    def intent_of(self, index: int, *, credential: Credential = Credential.LIVE, probe: str = "") -> Intent:
        """What a call of this account is for; ``probe`` says what is unusual about it."""
        base = self.intent
        return Intent(base.suite, base.test, self.names[index], credential, probe)

    def look(self, index: int) -> Reply:
        """Read the inventory, and where reads lag again and again until the latest write must show, or has shown."""
        lag_s = self.lags["inventory"]
        return self._settled(self.binding.read_inventory(), index, lag_s, lambda: self._account(index).up_to_date)

    def listed(self, number: str | None, index: int) -> Reply:
        """Read all orders, or one, in the same way."""
        reply = self._settled(self.binding.read_orders(number), index, self.lags["orders"], lambda: False)
        answer = self.performance.exchanges[-1].answer if self.performance.exchanges else None
        self.listed_octets += answer.length if answer else 0
        return reply

    def read(self, outgoing: Outgoing, index: int) -> Reply:
        """A read may be made again: it changes nothing."""
        reply = self._attempt(outgoing, self.intent_of(index))
        for _ in range(TRIES - 1):
            if reply.outcome is not Outcome.UNCLEAR:
                break
            reply = self._attempt(outgoing, self.intent_of(index))
        return reply

    def write(self, outgoing: Outgoing, index: int) -> Reply:
        """A write whose answer is unclear is looked into first; only what certainly did not happen is made again."""
        intent = self.intent_of(index)
        reply = self._attempt(outgoing, intent)
        for _ in range(TRIES - 1):
            if reply.outcome is not Outcome.UNCLEAR:
                return reply
            # A create whose answer is lost can be undone only where we chose the identity: from here on we do.
            self.loses_answers = True
            key = self.performance.exchanges[-1].seq
            self.look(index)
            stock = self._account(index).stock
            # A delete of nobody cannot have happened either.
            nobody = outgoing.method == "DELETE" and key not in stock.questions and key not in stock.answers
            if stock.answers.get(key) is not False and not nobody:
                return reply
            reply = self._attempt(outgoing, intent)
        return reply

    def probe(self, outgoing: Outgoing, index: int, what: str, credential: Credential = Credential.LIVE) -> Reply:
        """A call that is made to see what is said to it, once whatever that is."""
        return self._attempt(outgoing, self.intent_of(index, credential=credential, probe=what))

    def _attempt(self, outgoing: Outgoing, intent: Intent) -> Reply:
        try:
            exchange, reply = self._send(outgoing, intent)
        except OverBudget as refusal:
            if not refusal.reading_helps:
                raise
            # What was written since the last read counts at its worst; reading shows what became of it.
            self.look(self.names.index(intent.account))
            exchange, reply = self._send(outgoing, intent)
        self.performance.exchanges.append(exchange)
        self._note_write(outgoing, exchange)
        if reply.outcome is Outcome.THROTTLED and intent.probe == "":
            wait_s = self._pause(exchange)
            if wait_s > LONGEST_PAUSE_S:
                raise TargetDown(
                    f"the quota is used up: the target asks to come again in {wait_s:.0f} s, which is longer than the "
                    f"{LONGEST_PAUSE_S:.0f} s that a run waits. Run again after that, or with a larger quota."
                )
            # A pause in whole seconds may be rounded down to none at all.
            self._sleep(max(wait_s, LEAST_PAUSE_S * 2 ** self._in_vain.get(intent.account, 0)))
            before, (exchange, reply) = exchange, self._send(outgoing, intent)
            self.performance.exchanges.append(exchange)
            self._note_write(outgoing, exchange)
            if reply.outcome is Outcome.THROTTLED:
                self._waited_in_vain(before, exchange)
                return reply
        self._in_vain[intent.account] = 0
        return reply

    def _settled(self, outgoing: Outgoing, index: int, lag_s: float, shown: Callable[[], bool]) -> Reply:
        """Make a read of one account's state once the latest write there has settled, with growing pauses."""
        due = self._wrote_at.get(index, -inf) + min(lag_s, self.judge.terms.settle_s)
        pause = 0.02
        while (left := due - self._clock()) > 0:
            reply = self.read(outgoing, index)
            if reply.outcome is Outcome.DONE and shown():
                return reply
            self._sleep(min(pause, max(left, 0.0)))
            pause = min(pause * 2, 0.25)
        return self.read(outgoing, index)

    def _waited_in_vain(self, turned_away: Exchange, again: Exchange) -> None:
        """Raises `TargetDown` where an account is locked out: nothing more can be learnt of it."""
        account = again.intent.account
        self._in_vain[account] = self._in_vain.get(account, 0) + 1
        if self._in_vain[account] < IN_VAIN:
            return
        answer = turned_away.answer
        told = answer is not None and any(answer.header(name) for name in ("retry-after", "quota-reset-utc"))
        if told and not self.judge.terms.shared:
            self.hearing.note("served again", turned_away=[turned_away.seq], later=[], again=[again.seq])
        raise TargetDown(
            f"calls of {account} were turned away with 429 {IN_VAIN} times in a row, each after waiting as long as the"
            " answer before had asked for. Run again when the quota allows it, or with a larger one."
        )

    def _note_write(self, outgoing: Outgoing, exchange: Exchange) -> None:
        """Reads that lag have to wait for what may have changed an account; a token call changes none."""
        if outgoing.method not in ("GET", "HEAD", "OPTIONS") and outgoing.url.startswith(self.binding.base_url):
            self._wrote_at[self.names.index(exchange.intent.account)] = exchange.ended

    def _account(self, index: int) -> Account:
        return self.judge.account(self.names[index])
