"""The visit: a token for each account, a few reads, and what they say of the profile."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from kandykit import __version__
from kandykit.binding import Binding
from kandykit.calls import Call, FetchToken, ReadInventory, ReadOrders, Reply
from kandykit.client import Client
from kandykit.doctor.bodies import inventory_remarks, orders_remarks
from kandykit.doctor.declared import document_remarks
from kandykit.doctor.network import trouble_with
from kandykit.doctor.remark import Remark, fine, odd, out_of_reach, unseen, wrong
from kandykit.errors import NoToken, Refused, TargetDown
from kandykit.exchange import Answer, Exchange, Intent
from kandykit.guard import Guard
from kandykit.guess.outline import outline
from kandykit.journal import Journal
from kandykit.ledger import Ledger
from kandykit.profile import Profile
from kandykit.redaction import Redactor
from kandykit.wire import Outgoing

SHORT_LIFE_S: Final = 60.0
"""A token that lives shorter than this, in seconds, makes a run spend much of its time on tokens."""

CLOCK_OFF_S: Final = 60.0
"""Clocks that differ by more than this, in seconds, make dates of answers hard to read."""


A_DEEP_RUN: Final = 20_000
"""So many calls are enough for any run; a quota that leaves more need not be spoken of."""


class Visit:
    """One visit to a target; its calls stand in a journal below ``out``, like those of a run."""

    def __init__(self, profile: Profile, out: Path) -> None:
        self.profile = profile
        self.binding = Binding(profile.target.base_url, profile.target.token_url, profile.binding)
        self.folder = out / f"doctor-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self._tokens: list[Exchange] = []

    def remarks(self) -> Iterator[Remark]:
        """Everything there is to say, in the order in which it was found; raises `UsageError` for a broken document."""
        if self.profile.target.openapi is not None:
            laid_out = outline(self.profile.target.openapi)
            yield fine("target.openapi", f"{laid_out.path.name} can be read, version {laid_out.version}")
            yield from document_remarks(self.binding, laid_out)
        client = self._open()
        try:
            for number, _ in enumerate(self.profile.accounts):
                reached = yield from self._account(client, number)
                if number == 0 and not reached:
                    return
        finally:
            client.close()

    def _open(self) -> Client:
        profile, binding = self.profile, self.binding
        self.folder.mkdir(parents=True, exist_ok=True)
        redactor = Redactor(
            members=[binding.leaf("subscriber.password")], plain=binding.plain_members, public=binding.public_words
        )
        journal = Journal(self.folder / "journal.jsonl")
        mark = secrets.token_hex(4)
        journal.run(
            kit=__version__,
            run=self.folder.name,
            mark=mark,
            profile=profile.redacted(),
            binding=binding.spelled_otherwise,
            accounts=[f"account-{number}" for number, _ in enumerate(profile.accounts, 1)],
            seed=0,
            depth="quick",
            read_only=True,
            started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
        guard = Guard.of(profile, Ledger(mark), mark, read_only=True)
        return Client(profile, binding, guard, journal, redactor, see=self._see)

    def _see(self, exchange: Exchange, call: Call, _reply: Reply) -> None:
        if isinstance(call, FetchToken):
            self._tokens.append(exchange)

    # -- one account --------------------------------------------------------------------------------------------

    def _account(self, client: Client, number: int) -> Generator[Remark, None, bool]:
        """What there is to say of one account; whether its inventory could be read."""
        name = f"account-{number + 1}"
        about = f"accounts[{number}]"
        try:
            exchange = self._read(client, self.binding.read_inventory(), name)
        except Refused as refusal:
            yield wrong("target.base_url", str(refusal), "correct the URL")
            return False
        except NoToken as error:
            yield self._no_token(about, str(error))
            return False
        except TargetDown as error:
            yield self._unreached("target.base_url", self.profile.target.base_url, str(error))
            return False
        yield fine(about, "a token was given out")
        if number == 0:
            yield from self._token_life(client, name)
        answer = exchange.answer
        if answer is None or exchange.failure:
            yield self._unreached("target.base_url", exchange.request.url, exchange.failure)
            return False
        trouble = self._refused(answer, exchange.request.url, about)
        if trouble is not None:
            yield trouble
            return False
        body = _json(answer)
        if body is _NO_JSON:
            kind = answer.header("content-type") or "no content type"
            yield wrong(
                "inventory.path", f"the answer is no JSON but {kind}", "see that base_url and the path are right"
            )
            return False
        yield fine("inventory.path", f"{exchange.request.url} is answered {answer.status}")
        if number == 0:
            yield from inventory_remarks(self.binding, body)
            yield from self._limit(exchange)
            yield from self._headers(answer)
            yield from self._orders(client, name)
            yield unseen(
                "subscriber", "no read shows subscribers", "a run's calibration tries them first, with one product"
            )
        return True

    def _read(self, client: Client, outgoing: Outgoing, account: str) -> Exchange:
        return client.send(outgoing, Intent("doctor", "doctor", account))[0]

    def _orders(self, client: Client, name: str) -> Iterator[Remark]:
        exchange = self._read(client, self.binding.read_orders(), name)
        answer = exchange.answer
        if answer is None or exchange.failure:
            yield self._unreached("order.path", exchange.request.url, exchange.failure)
            return
        if answer.status in (400, 404, 405):
            yield odd(
                "order.list_path",
                f"{exchange.request.url} is answered {answer.status}",
                "see that the path is right; a target that lists no orders is legal, and less of it can be tested",
            )
            return
        trouble = self._refused(answer, exchange.request.url, "order.list_path")
        if trouble is not None:
            yield trouble
            return
        body = _json(answer)
        if body is _NO_JSON:
            yield wrong("order.list_path", "the answer is no JSON", "see that the path is right")
            return
        yield from orders_remarks(self.binding, body)
        orders = self.binding.reply_of(ReadOrders(), answer, "").orders or ()
        number = next((order.number for order in orders if order.number), None)
        if number is None or not self.binding.reads_single_orders:
            return
        exchange = self._read(client, self.binding.read_orders(number), name)
        answer = exchange.answer
        if answer is None or exchange.failure:
            return
        found = self.binding.reply_of(ReadOrders(number), answer, "").orders or ()
        if answer.status == 200 and [order.number for order in found] == [number]:
            yield fine("order.read", f"order {number} can be read by itself")
        elif answer.status == 200 and len(found) == len(orders) > 1:
            yield wrong(
                "order.read", "asked for one order, it shows all of them", 'name another place, or write "list"'
            )
        else:
            said = f"order {number}, which stands in the list, is answered {answer.status}"
            shown = f"{said} without it" if answer.status == 200 else said
            yield wrong("order.read", shown, "correct order.read, or order.one if it is there in another place")

    # -- what can be wrong --------------------------------------------------------------------------------------

    def _unreached(self, about: str, url: str, failure: str) -> Remark:
        said, remedy = trouble_with(url)
        if said:
            return out_of_reach(about, said, remedy)
        how = {"timeout": "no answer came in time", "cut": "the answer broke off", "garbled": "the answer is no HTTP"}
        return out_of_reach(about, how.get(failure, failure), "see that the target runs, and that this is its port")

    def _no_token(self, about: str, said: str) -> Remark:
        last = self._tokens[-1] if self._tokens else None
        answer = last.answer if last is not None and not last.failure else None
        if answer is None:
            return self._unreached("target.token_url", self.profile.target.token_url, last.failure if last else said)
        if answer.status in (400, 401, 403) and _json(answer) is not _NO_JSON:
            return wrong(
                about,
                f"the token endpoint refuses it with {answer.status}",
                "check client_id and client_secret, and that token_url is of the same environment",
            )
        if answer.status >= 500 or answer.status == 429:
            return out_of_reach("target.token_url", f"it answers {answer.status}", "come again later")
        location = answer.header("location")
        if answer.status in (301, 302, 307, 308) and location:
            return wrong("target.token_url", f"it redirects to {location}", "write that URL")
        return wrong("target.token_url", said, "write the URL of the token endpoint")

    def _refused(self, answer: Answer, url: str, about: str) -> Remark | None:
        """What a status other than success says of the profile; None for a success."""
        status = answer.status
        if 200 <= status < 300:
            return None
        if 300 <= status < 400 and (location := answer.header("location")):
            there = urljoin(url, location)
            below = url.removeprefix(self.binding.base_url)
            base = there.removesuffix(below) if below and there.endswith(below) else there
            return wrong("target.base_url", f"it redirects to {there}", f'write base_url = "{base}"')
        if status == 401:
            return wrong(
                about, "the API takes no token of this token endpoint", "see that both URLs are of one environment"
            )
        if status == 403:
            return wrong(about, "the API refuses this account with 403", "see that it is entitled to this API")
        if status in (404, 405):
            page = "html" in (answer.header("content-type") or "")
            remedy = "correct base_url" if page else "correct base_url, or the path in the binding"
            return wrong("target.base_url", f"{url} is answered {status}", remedy)
        if status == 429:
            return out_of_reach(about, "the quota is used up (429)", "come again when it is renewed")
        return out_of_reach("target.base_url", f"{url} is answered {status}", "see that the target is well")

    # -- what is good to know -----------------------------------------------------------------------------------

    def _token_life(self, client: Client, name: str) -> Iterator[Remark]:
        life = client.token_life(name)
        if life is None:
            yield odd(
                "target.token_url", "tokens do not say how long they live", "a run renews one after the first 401"
            )
        elif life < SHORT_LIFE_S:
            yield odd(
                "target.token_url",
                f"tokens live {life:.0f} s only",
                "a run fetches a new one each time, which costs calls",
            )
        else:
            yield fine("target.token_url", f"tokens live {life:.0f} s")

    def _limit(self, exchange: Exchange) -> Iterator[Remark]:
        limit = self.profile.readings.limit
        view = self.binding.reply_of(ReadInventory(), exchange.answer, "").inventory
        if limit is None or view is None or view.total is None:
            return
        if view.total > limit:
            yield wrong(
                "readings.limit", f"{limit}, and the account has {view.total} products", "write the agreed limit"
            )
        elif limit - view.total < 2:
            yield odd(
                "readings.limit",
                f"the account has {view.total} of {limit} products",
                "a run that may add fewer than two cannot try much; give some back first",
            )
        else:
            yield fine("readings.limit", f"{limit}, {limit - view.total} above what the account has")

    def _headers(self, answer: Answer) -> Iterator[Remark]:
        used, most = _whole(answer.header("quota-used")), _whole(answer.header("quota-limit"))
        calls = self.profile.budget.calls
        if used is not None and most is not None:
            left = max(most - used, 0)
            if left < min(calls, A_DEEP_RUN):
                reset = _readable(answer.header("quota-reset-utc") or "")
                yield odd(
                    "budget.calls",
                    f"{left} calls are left until {reset}, and the budget allows {calls}",
                    f"write budget.calls = {left * 9 // 10}, or a run may end at the quota",
                )
            else:
                yield fine("budget.calls", f"{left} calls are left of the quota")
        try:
            there = parsedate_to_datetime(answer.header("date") or "")
        except (ValueError, TypeError):
            return
        off = (there if there.tzinfo else there.replace(tzinfo=UTC)).timestamp() - time.time()
        if abs(off) > CLOCK_OFF_S:
            way = "ahead of" if off > 0 else "behind"
            yield odd(
                "clock", f"the target's clock is {abs(off):.0f} s {way} this machine's", "set the one that is wrong"
            )
        else:
            yield fine("clock", "the target's clock and this machine's agree")


_NO_JSON: Final = object()


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return _NO_JSON


def _readable(moment: str) -> str:
    """A moment for people: counts of seconds or milliseconds as a date."""
    count = _whole(moment)
    if count is None:
        return moment or "its reset"
    seconds = count / 1000 if count > 10**11 else count
    return datetime.fromtimestamp(min(seconds, 4e9), UTC).isoformat(sep=" ", timespec="minutes")


def _whole(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
