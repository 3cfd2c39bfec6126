"""Calibration: a run begins by finding out, with few harmless calls, what the profile leaves open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kandykit.errors import NoApi, TargetDown
from kandykit.exchange import Exchange
from kandykit.explore.steps import Create, Delete, ListOrders, Look, more
from kandykit.explore.walker import Scene, Walker
from kandykit.model.account import Account
from kandykit.model.stock import LONGEST_LAG_S
from kandykit.terms import Terms

PAIRS: Final = 30
"""Write-then-read pairs that have to agree before lag is taken to be none (the contract's number)."""

CROWD: Final = 6
"""Reads that leave together after every third write, so that some pairs are made under load."""


@dataclass(slots=True)
class Calibration:
    """The terms to judge by from now on, the readings that were met, and what could not be found out, and why."""

    terms: Terms
    readings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def calibrate(
    walker: Walker,
    *,
    declared_settle_s: float | None,
    declared_identity: str | None,
    crowd: Callable[[int], None],
    sleep: Callable[[float], None],
) -> Calibration:
    """Find out the readings that the profile leaves open.

    ``crowd`` makes that many reads of the inventory that leave together. Raises `NoApi` when the target answers its
    reads like no API at all.
    """
    found = Calibration(walker.judge.terms)
    accounts = [walker.judge.account(name) for name in walker.names]
    for account in accounts:
        account.tolerant = declared_settle_s is None
    walker.begin()
    scene = Scene()
    for index in range(len(accounts)):
        walker.play(Look(account=index), scene)
        walker.play(ListOrders(account=index), scene)
    _speaks_the_api(walker.performance.exchanges)
    if walker.read_only:
        found.notes.append("read-only: nothing was written, so identity and lag were not tried")
    else:
        _stock(walker, scene, accounts[0], found)
        right = _identity(walker, scene, accounts[0], declared_identity, sleep, found)
        if declared_settle_s is None and right:
            _lag(walker, accounts[0], crowd, sleep, found)
        walker.restore()
    for account in accounts:
        account.tolerant = False
    found.readings["fulfilment_s"] = _fulfilment(walker.performance.exchanges)
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
    if all("html" in (answer.header("content-type") or "") for answer in answers):
        raise NoApi(
            f"{exchanges[0].request.url} answers {answers[0].status} with a page of HTML instead of JSON. "
            "Check base_url: it must name the API itself."
        )
    if all(answer.status in (401, 403, 404, 405) for answer in answers):
        raise NoApi(
            f"Every read is refused ({', '.join(sorted({str(answer.status) for answer in answers}))}) although a token "
            "was given out. Check base_url, and that the credentials are entitled to this API."
        )


def _stock(walker: Walker, scene: Scene, account: Account, found: Calibration) -> None:
    """See to it that two products are available, without buying more than that."""
    if not account.knows:
        found.notes.append("the inventory could not be read")
        return
    missing = 2 - account.stock.availables()[0]
    if missing > 0:
        walker.play(more(missing, label="calibration"), scene)
        walker.play(Look(), scene)
    if account.knows and account.stock.availables()[0] < 1:
        found.notes.append("no product is available and none could be ordered")


def _identity(
    walker: Walker,
    scene: Scene,
    account: Account,
    declared: str | None,
    sleep: Callable[[float], None],
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
        if accepted[form]:
            if form == "server":
                walker.domain_is(scene.subscribers[form].partition("@")[2])
            walker.play(Delete(form), scene)
        right = _comes_right_or_note(walker, account, sleep, found)
    walker.server_chooses = accepted.get("server", declared != "caller")
    walker.caller_chooses = accepted.get("caller", declared != "server")
    if accepted:
        found.readings["identity"] = " or ".join(form for form, taken in accepted.items() if taken) or "none accepted"
    return right


def _lag(
    walker: Walker,
    account: Account,
    crowd: Callable[[int], None],
    sleep: Callable[[float], None],
    found: Calibration,
) -> None:
    """Write and read at once, again and again, some of it under load: how long does a read lag behind?"""
    pairs = 0
    while pairs < PAIRS:
        scene = Scene()
        for step in (Create("lag"), Delete("lag")):
            if not account.knows or account.stock.availables()[0] < (1 if isinstance(step, Create) else 0):
                break
            if isinstance(step, Delete) and not scene.subscribers:
                break
            walker.play(step, scene)
            if pairs % 3 == 2:
                crowd(CROWD)
            if not _comes_right_or_note(walker, account, sleep, found):
                return
            pairs += 1
        else:
            continue
        break
    if pairs < PAIRS:
        found.notes.append(f"only {pairs} pairs of write and read could be made, so a small lag may have been missed")
    lag = account.lag_met
    settle_s = 0.0 if lag == 0 else min(LONGEST_LAG_S, max(1.5 * lag, lag + 0.1))
    found.terms = replace(found.terms, settle_s=settle_s)
    found.readings["settle_s"] = round(settle_s, 3)
    found.readings["lag_pairs"] = pairs


def _comes_right_or_note(walker: Walker, account: Account, sleep: Callable[[float], None], found: Calibration) -> bool:
    if not account.knows or _comes_right(walker, account, sleep):
        return True
    found.notes.append("a read never came right after a write, so lag could not be measured")
    found.readings["settle_s"] = 0.0
    account.forget()
    walker.play(Look(), Scene())
    return False


def _comes_right(walker: Walker, account: Account, sleep: Callable[[float], None]) -> bool:
    waited, pause = 0.0, 0.01
    while True:
        walker.play(Look(), Scene())
        if account.agrees:
            return True
        if waited > LONGEST_LAG_S:
            return False
        sleep(pause)
        waited += pause
        pause = min(pause * 2, 0.25)


def _fulfilment(exchanges: list[Exchange]) -> str:
    """Whether orders are fulfilled at once, as far as calibration placed any."""
    placed = [exchange for exchange in exchanges if exchange.request.method == "POST" and exchange.answered]
    if any(exchange.answer is not None and exchange.answer.status == 202 for exchange in placed):
        return "later (202)"
    return "at once" if placed else "not met"
