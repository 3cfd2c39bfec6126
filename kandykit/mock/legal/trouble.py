"""Servers that are slow, busy, broken for a moment, behind the times, or used by somebody else."""

from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from itertools import count
from typing import Any

from starlette.types import Scope

from kandykit.mock.accounts import INCREMENT, Account, Order
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import after, alter_delivery, before, bend, cut
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Legals
from kandykit.mock.settings import BASE_PATH

trouble = Legals()

WRITES = ("POST", "DELETE")

# Quota.


@trouble.gets("conformant")
def small_quota(mock: Mock) -> None:
    """The account may make two hundred calls in two seconds, and is told when it may go on."""
    mock.ration(200, 2.0)


@trouble.gets("conformant")
def spike_arrest(mock: Mock) -> None:
    """Every eightieth call comes too fast: 429, come back in a second, and by the quota headers calls are left."""
    too_fast(mock, lambda: "1")


@trouble.gets("conformant")
def spike_arrest_until_a_date(mock: Mock) -> None:
    """Every eightieth call comes too fast: 429, come back at a time that is given as a date."""
    too_fast(mock, lambda: formatdate(mock.clock() + 1, usegmt=True))


@trouble.gets("conformant")
def spike_arrest_for_a_moment(mock: Mock) -> None:
    """Twenty calls at once are served and 150 a second, and who is too fast is told to come back in 0 seconds."""
    room, last = 20.0, mock.clock()

    def checking(account: Account, call: Call) -> None:
        nonlocal room, last
        now = mock.clock()
        room, last = min(20.0, room + (now - last) * 150), now
        if room < 1:
            raise Refused(Cause.QUOTA, "The calls come too fast.", {"retry-after": "0"})
        room -= 1

    after(mock.gateway, "within_quota", checking)


# Failures.


@trouble.gets("conformant")
def unavailable_before_acting(mock: Mock) -> None:
    """Every fiftieth call gets 503 and is not carried out."""
    turns = count(1)

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            if next(turns) % 50 == 0:
                return mock.answers.error(503, "The service is not available.")
            answer: Answer = await operate(account, call)
            return answer

        return operating

    bend(mock.gateway, "operate", around)


@trouble.gets("conformant")
def unavailable_after_acting(mock: Mock) -> None:
    """Every fiftieth call that writes is carried out and gets 503."""
    unavailable_after(mock, 503)


@trouble.gets("conformant")
def unavailable_and_pending(mock: Mock) -> None:
    """Orders take a moment, and every fifth one is accepted and gets 503, so that only the list shows it pending."""
    mock.take_time(0.06)
    turns = count(1)

    def around(place: Any) -> Any:
        async def placing(account: Account, call: Call) -> Answer:
            answer: Answer = await place(account, call)
            if answer.status < 300 and next(turns) % 5 == 0:
                return mock.answers.error(503, "Service Unavailable")
            return answer

        return placing

    bend(mock.operations, "place_order", around)


@trouble.gets("conformant")
def bad_gateway_in_html_after_acting(mock: Mock) -> None:
    """Every fiftieth call that writes is carried out and gets 502 with a page of HTML."""
    unavailable_after(mock, 502, b"<html><body><h1>502 Bad Gateway</h1></body></html>")


@trouble.gets("conformant")
def connection_cut_before_acting(mock: Mock) -> None:
    """Every fiftieth call that writes is not carried out, and its connection breaks off."""
    turns = count(1)
    doomed: set[int] = set()

    def is_doomed(call: Call) -> bool:
        found = id(call) in doomed
        doomed.discard(id(call))
        return found

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            if call.method in WRITES and next(turns) % 50 == 0:
                doomed.add(id(call))
                return mock.answers.error(503, "This is never seen.")
            answer: Answer = await operate(account, call)
            return answer

        return operating

    bend(mock.gateway, "operate", around)
    cutting(mock, is_doomed)


@trouble.gets("conformant")
def connection_cut_after_acting(mock: Mock) -> None:
    """Every fiftieth call that writes is carried out, and its connection breaks off before the answer."""
    turns = count(1)
    cutting(mock, lambda call: writing(call) and next(turns) % 50 == 0)


@trouble.gets("conformant")
def writes_fail_twice_in_a_row(mock: Mock) -> None:
    """Every fiftieth call that writes is carried out and then cut off; the one before it got 503 and did nothing."""
    turns = count(1)
    doomed: set[int] = set()

    def is_doomed(call: Call) -> bool:
        found = id(call) in doomed
        doomed.discard(id(call))
        return found

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            turn = next(turns) % 50 if call.method in WRITES else 1
            if turn == 49:
                return mock.answers.error(503, "The service is not available.")
            if turn == 0:
                doomed.add(id(call))
            answer: Answer = await operate(account, call)
            return answer

        return operating

    bend(mock.gateway, "operate", around)
    cutting(mock, is_doomed)


@trouble.gets("conformant")
def connection_cut_on_reads(mock: Mock) -> None:
    """Every fiftieth read gets no answer: its connection breaks off."""
    turns = count(1)
    cutting(mock, lambda call: call.method == "GET" and next(turns) % 50 == 0)


@trouble.gets("conformant")
def away_for_two_seconds(mock: Mock) -> None:
    """Three seconds after the first call every call gets 503 for two seconds, those for tokens too."""
    first: list[float] = []

    def around(answer: Any) -> Any:
        async def answering(call: Call) -> Answer:
            if not first:
                first.append(mock.clock())
            if 3.0 <= mock.clock() - first[0] < 5.0:
                return Answer(503, None, {"content-type": "text/html"}, b"<html><h1>Maintenance</h1></html>")
            made: Answer = await answer(call)
            return made

        return answering

    bend(mock.gateway, "answer", around)


# Time.


@trouble.gets("conformant")
def slow_answers(mock: Mock) -> None:
    """Every answer takes between ten and forty milliseconds, after the call was carried out."""
    turns = count(1)
    waiting(mock, lambda: 0.01 * (1 + next(turns) % 4))


@trouble.gets("conformant")
def now_and_then_very_slow(mock: Mock) -> None:
    """Every fortieth answer takes a second and a half."""
    turns = count(1)
    waiting(mock, lambda: 1.5 if next(turns) % 40 == 0 else 0.0)


@trouble.gets("conformant")
def inventory_lags(mock: Mock) -> None:
    """The inventory shows what was true a fifth of a second ago."""
    lag(mock, 0.2)


@trouble.gets("conformant")
def inventory_is_refreshed_now_and_then(mock: Mock) -> None:
    """Orders take a moment, and the inventory shows what was true when three tenths of a second last were full."""
    mock.take_time(0.03)
    behind(mock, lambda now: now // 0.3 * 0.3)


@trouble.gets("conformant", readings={"settle_s": 1.0})
def inventory_lags_as_declared(mock: Mock) -> None:
    """The inventory shows what was true half a second ago, and the profile allows a second."""
    lag(mock, 0.5)


@trouble.gets("conformant")
def order_list_lags(mock: Mock) -> None:
    """An order is listed and found by its number a fifth of a second after it was placed."""
    placed: dict[str, float] = {}

    def noted(_account: Account, order: Order) -> None:
        placed[order.number] = mock.clock()

    def late(number: str) -> bool:
        return mock.clock() < placed.get(number, 0.0) + 0.2

    def around(read: Any) -> Any:
        async def reading(account: Account, call: Call) -> Answer:
            answer: Answer = await read(account, call)
            answer.content["orders"] = [row for row in answer.content["orders"] if not late(row["order_number"])]
            if not answer.content["orders"] and mock.operations.wanted_number(call) is not None:
                raise Refused(Cause.UNKNOWN_ORDER, "There is no such order.")
            return answer

        return reading

    after(mock.store, "record", noted)
    bend(mock.operations, "read_orders", around)


@trouble.gets("inconclusive")
def rarely_a_stale_inventory(mock: Mock) -> None:
    """Long after the start, now and then one read of the inventory shows the numbers from before the latest change."""
    before: dict[str, tuple[int, int]] = {}
    reads: Counter[str] = Counter()
    remembering(mock, lambda account: before.update({account.client_id: (account.total, account.used)}))

    def stale(account: Account) -> tuple[int, int]:
        reads[account.client_id] += 1
        now = account.total, account.used
        return before.get(account.client_id, now) if reads[account.client_id] % 97 == 0 else now

    shown(mock, stale)


@trouble.gets("inconclusive")
def somebody_else_is_active(mock: Mock) -> None:
    """Every two seconds somebody else orders a product for the account and creates a subscriber with it."""
    active(mock, mock.first_account)


@trouble.gets("conformant", readings={"shared_account": True})
def somebody_else_is_active_as_declared(mock: Mock) -> None:
    """Every two seconds somebody else orders a product and uses it, and the profile says that the account is shared."""
    active(mock, mock.first_account)


@trouble.gets("inconclusive")
def somebody_else_uses_the_second_account(mock: Mock) -> None:
    """Every two seconds somebody else orders a product for the second account and creates a subscriber with it."""
    active(mock, list(mock.accounts.values())[1])


@trouble.gets("inconclusive")
def somebody_else_is_busy_on_the_second_account(mock: Mock) -> None:
    """The same five times a second."""
    active(mock, list(mock.accounts.values())[1], every_s=0.2)


def too_fast(mock: Mock, retry_after: Callable[[], str]) -> None:
    """Turn every eightieth call away for its speed."""
    turns = count(1)

    def checking(account: Account, call: Call) -> None:
        if next(turns) % 80 == 0:
            raise Refused(Cause.QUOTA, "The calls come too fast.", {"retry-after": retry_after()})

    after(mock.gateway, "within_quota", checking)


def writing(call: Call) -> bool:
    """Whether a call may change something."""
    return call.method in WRITES and call.path.startswith(BASE_PATH)


def unavailable_after(mock: Mock, code: int, page: bytes | None = None) -> None:
    """Carry every fiftieth write out and hide it behind a server error."""
    turns = count(1)

    def around(operate: Any) -> Any:
        async def operating(account: Account, call: Call) -> Answer:
            answer: Answer = await operate(account, call)
            if call.method in WRITES and next(turns) % 50 == 0:
                answer = mock.answers.error(code, "The service is not available.")
                if page is not None:
                    answer.raw, answer.headers["content-type"] = page, "text/html"
            return answer

        return operating

    bend(mock.gateway, "operate", around)


def cutting(mock: Mock, when: Callable[[Call], bool]) -> None:
    """Break the connection off instead of answering."""

    async def deliver(_answer: Answer, scope: Scope) -> bool:
        cut(scope)
        return True

    alter_delivery(mock, lambda call, _answer: when(call), deliver)


def waiting(mock: Mock, seconds: Callable[[], float]) -> None:
    """Let answers wait."""

    async def deliver(_answer: Answer, _scope: Scope) -> bool:
        await mock.sleep(seconds())
        return False

    alter_delivery(mock, lambda _call, _answer: True, deliver)


def remembering(mock: Mock, note: Callable[[Account], Any]) -> None:
    """Note something about an account before each of its changes."""

    def changing(account: Account, *rest: Any) -> None:
        note(account)

    for seam in ("change_total", "consume", "give_back"):
        before(mock.store, seam, changing)


def shown(mock: Mock, counters: Callable[[Account], tuple[int, int]]) -> None:
    """Let the inventory show these two counters, total and used."""

    def around(show_stock: Any) -> Any:
        async def showing(account: Account) -> dict[str, Any]:
            total, used = counters(account)
            row: dict[str, Any] = await show_stock(account)
            return row | {"total": total, "used": used, "available": total - used}

        return showing

    bend(mock.operations, "show_stock", around)


def lag(mock: Mock, seconds: float) -> None:
    """Let the inventory show what was true so many seconds ago."""
    behind(mock, lambda now: now - seconds)


def behind(mock: Mock, moment_of: Callable[[float], float]) -> None:
    """Let the inventory show what was true at an earlier moment than now."""
    past: dict[str, list[tuple[float, int, int]]] = {client: [] for client in mock.accounts}
    remembering(mock, lambda account: past[account.client_id].append((mock.clock(), account.total, account.used)))

    def then(account: Account) -> tuple[int, int]:
        moment = moment_of(mock.clock())
        changes = past[account.client_id]
        while changes and changes[0][0] <= moment:
            changes.pop(0)
        return changes[0][1:] if changes else (account.total, account.used)

    shown(mock, then)


def active(mock: Mock, account: Account, *, every_s: float = 2.0) -> None:
    """Let somebody else use an account from time to time."""
    due = [mock.clock() + every_s]

    def around(settle: Any) -> Any:
        def settling(one: Account) -> None:
            while due[0] <= mock.clock():
                due[0] += every_s
                if mock.store.increment_fits(account, 1):
                    mock.store.place(account, INCREMENT, 1)
                    mock.store.enrol(account, mock.store.new_identity(account))
            settle(one)

        return settling

    bend(mock.store, "settle", around)
