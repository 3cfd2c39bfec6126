"""Calibration: a run begins by finding out, with few harmless calls, what the profile leaves open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kandykit.calls import OrderKind
from kandykit.errors import NoApi, TargetDown
from kandykit.exchange import Exchange
from kandykit.explore.steps import Amount, Create, Delete, ListOrders, Look, Order, Step, more, to_json
from kandykit.explore.walker import Scene, Walker
from kandykit.hearing.performance import Performance
from kandykit.model.account import Account
from kandykit.model.stock import LONGEST_LAG_S
from kandykit.terms import Terms

PAIRS: Final = 30
"""Write-then-read pairs that have to agree before lag is taken to be none (the contract's number)."""

CROWD: Final = 6
"""Reads that leave together after every third write, so that some pairs are made under load."""

PAIRS_THAT_LAG: Final = 6
LONGEST_S: Final = 12.0
"""After so many seconds calibration has seen enough once so many pairs of a target that lags, or is slow, are made."""


@dataclass(slots=True)
class Calibration:
    """The terms to judge by from now on, the readings that were met, and what could not be found out, and why."""

    terms: Terms
    readings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    performance: Performance = field(default_factory=Performance)
    """What was played, and what came of it: an account that is damaged for good shows it here, and never again."""


def calibrate(
    walker: Walker,
    *,
    declared_settle_s: float | None,
    declared_identity: str | None,
    crowd: Callable[[int], None],
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    room: Callable[[], int] = lambda: 2,
) -> Calibration:
    """Find out the readings that the profile leaves open.

    ``crowd`` makes that many reads that leave together; ``room`` is how many products the budget lets it order.
    Raises `NoApi` when the target answers its reads like no API at all.
    """
    found = Calibration(walker.judge.terms)
    patience = _Patience(walker, sleep, clock)
    accounts = [walker.judge.account(name) for name in walker.names]
    walker.hearing.note("tolerant", on=declared_settle_s is None)
    walker.begin(about="calibration")
    scene = Scene()
    for index in range(len(accounts)):
        walker.play(Look(account=index), scene)
        walker.play(ListOrders(account=index), scene)
    _speaks_the_api(walker.performance.exchanges)
    if walker.read_only:
        found.notes.append("read-only: nothing was written, so identity and lag were not tried")
    else:
        _stock(walker, scene, accounts[0], found, room)
        right = _identity(walker, scene, accounts[0], declared_identity, patience, found)
        if declared_settle_s is None and right:
            _lag(walker, accounts[0], crowd, patience, found)
        walker.restore()
    walker.hearing.note("tolerant", on=False)
    found.readings["fulfilment_s"] = _fulfilment(walker.performance.exchanges)
    found.steps = list(walker.steps)
    found.performance = walker.end(to_json(found.steps))
    return found


def _speaks_the_api(exchanges: list[Exchange]) -> None:
    """A target whose every read fails or comes as a page for people is no API: say so before judging it."""
    answers = [exchange.answer for exchange in exchanges if exchange.answer is not None and exchange.answered]
    if not answers:
        first = exchanges[0]
        raise TargetDown(
            f"{first.request.method} {first.request.url} gets no answer ({first.failure or 'nothing came'}). "
            "Check base_url, and that the target runs."
        )
    # JSON that is called HTML is a wrong header, and no page.
    pages = ["html" in (answer.header("content-type") or "") and answer.body.lstrip()[:1] != "{" for answer in answers]
    if all(pages):
        raise NoApi(
            f"{exchanges[0].request.url} answers {answers[0].status} with a page of HTML instead of JSON. "
            "Check base_url: it must name the API itself."
        )
    if all(answer.status in (401, 403, 404, 405) for answer in answers):
        raise NoApi(
            f"Every read is refused ({', '.join(sorted({str(answer.status) for answer in answers}))}) although a token "
            "was given out. Check base_url, and that the credentials are entitled to this API."
        )


def _stock(walker: Walker, scene: Scene, account: Account, found: Calibration, room: Callable[[], int]) -> None:
    """See to it that two products are available, or what the budget has room for, without buying more than that."""
    if not account.knows:
        found.notes.append("the inventory could not be read")
        return
    there = 0 if walker.judge.terms.shared else account.stock.availables()[0]  # the others' are not for us to use
    missing = min(2 - there, room())
    # A nearly full account may have room for one product where it has none for two.
    for products in range(max(missing, 0), 0, -1):
        walker.play(more(products, label="calibration"), scene)
        walker.play(Look(), scene)
        if not account.knows or account.stock.availables()[0] > there:
            break
    if account.knows and account.stock.availables()[0] < 1:
        found.notes.append("no product is available and none could be ordered")


def _identity(
    walker: Walker,
    scene: Scene,
    account: Account,
    declared: str | None,
    patience: _Patience,
    found: Calibration,
) -> bool:
    """Who chooses an identity: the target is tried first, then the kit with the domain that the target uses.

    False where a read did not come right after what was tried, so that nothing more can be learnt by writing.
    """
    accepted: dict[str, bool] = {}
    right = True
    for form in ("server", "caller"):
        if (declared is not None and form != declared) or not right:
            continue
        if not account.knows or account.stock.availables()[0] < 1:
            break
        walker.caller_chooses, walker.server_chooses = form == "caller", form == "server"
        walker.play(Create(form, form=form), scene)
        accepted[form] = form in scene.subscribers and account.identities.of(scene.subscribers[form]) is not None
        # What a create does wrong must not look like the deed of the delete that follows.
        right = _comes_right_or_note(walker, account, patience, found)
        if (
            form == "caller"
            and accepted[form]
            and scene.subscribers[form].casefold() != (walker.wished or "").casefold()
        ):
            walker.play(Delete(form), scene)
            accepted[form] = False  # the target took the call and chose the identity itself
        if accepted[form]:
            if form == "server":
                walker.domain_is(scene.subscribers[form].partition("@")[2])
            walker.play(Delete(form), scene)
        right = right and _comes_right_or_note(walker, account, patience, found)
    walker.server_chooses = accepted.get("server", declared != "caller")
    walker.caller_chooses = accepted.get("caller", declared != "server")
    found.terms = replace(found.terms, caller_chooses=walker.caller_chooses)
    if accepted:
        found.readings["identity"] = " or ".join(form for form, taken in accepted.items() if taken) or "none accepted"
    return right


def _lag(
    walker: Walker, account: Account, crowd: Callable[[int], None], patience: _Patience, found: Calibration
) -> None:
    """Write and read at once, again and again, some of it under load: how long does a read lag behind?"""
    pairs, scene = 0, Scene()
    until = patience.clock() + LONGEST_S
    while pairs < PAIRS:
        before = pairs
        for step in _pairs(walker, account):
            if patience.clock() > until and (pairs >= PAIRS_THAT_LAG or not account.lag_met):
                break
            if isinstance(step, Create) and (not account.knows or account.stock.availables()[0] < 1):
                continue
            if isinstance(step, Delete) and not scene.subscribers:
                continue
            calls = len(walker.performance.exchanges)
            walker.play(step, scene)
            if len(walker.performance.exchanges) == calls:
                continue  # the guard held it back
            if pairs % 3 == 2:
                crowd(CROWD)
            if not _comes_right_or_note(walker, account, patience, found, orders=isinstance(step, Order)):
                return
            pairs += 1
        if pairs == before:
            break
    lag = account.lag_met
    if pairs < PAIRS and not lag:
        found.notes.append(f"only {pairs} pairs of write and read could be made, so a small lag may have been missed")
    settle_s = _settles_in(lag)
    found.terms = replace(found.terms, settle_s=settle_s)
    walker.calling.lags = {kind: _settles_in(met) for kind, met in account.lags_met.items()}
    found.readings["settle_s"] = round(settle_s, 3)
    if lag:
        found.readings["lag_met_s"] = {kind: round(met, 3) for kind, met in account.lags_met.items()}
    found.readings["lag_pairs"] = pairs


def _settles_in(lag_s: float) -> float:
    """How long reads that were met to lag so much are given from then on: the longest lag was hardly met at once."""
    return 0.0 if lag_s == 0 else min(LONGEST_LAG_S, max(1.5 * lag_s, lag_s + 0.2))


def _pairs(walker: Walker, account: Account) -> list[Step]:
    """Writes that undo each other, none of which needs more products than there are or will be given back."""
    down, up = (Order(kind, Amount(1), wait=False) for kind in (OrderKind.DECREMENT, OrderKind.INCREMENT))
    ours = account.knows and account.orders.net() > 0 and account.stock.availables()[0] > 1
    orders = [down, up] if ours else [up, down]
    if account.orders.open_numbers():
        walker.settle()
    return [Create("lag"), Delete("lag"), Create("lag"), Delete("lag"), *orders]


def _comes_right_or_note(
    walker: Walker, account: Account, patience: _Patience, found: Calibration, *, orders: bool = False
) -> bool:
    if not account.knows or patience.comes_right(account, orders=orders):
        return True
    found.notes.append("a read never came right after a write, so lag could not be measured")
    found.readings["settle_s"] = 0.0
    walker.hearing.note("forget", accounts=[account.name])
    walker.play(Look(), Scene())
    return False


@dataclass(frozen=True, slots=True)
class _Patience:
    """Reads after a write until all shows as it must."""

    walker: Walker
    sleep: Callable[[float], None]
    clock: Callable[[], float]

    def comes_right(self, account: Account, *, orders: bool) -> bool:
        """Whether the inventory, and the list of ``orders``, come to show the latest write within the longest lag.

        Where reads have lagged before, one that is right may be followed by one that is not: other copies answer.
        """
        began, pause = self.clock(), 0.01
        while True:
            # Before the reads: the last of them has to leave when no lag can excuse it any more.
            waited = self.clock() - began
            self.walker.play(Look(), Scene())
            if orders:
                self.walker.play(ListOrders(), Scene())
            right = account.agrees and (account.orders_agree or not orders)
            if right and waited >= min(1.5 * account.lag_met, LONGEST_LAG_S):
                return True
            if waited > LONGEST_LAG_S:
                return right
            self.sleep(pause)
            pause = min(pause * 2, 0.1)


def _fulfilment(exchanges: list[Exchange]) -> str:
    """Whether orders are fulfilled at once, as far as calibration placed any."""
    placed = [exchange for exchange in exchanges if exchange.request.method == "POST" and exchange.answered]
    if any(exchange.answer is not None and exchange.answer.status == 202 for exchange in placed):
        return "later (202)"
    return "at once" if placed else "not met"
