"""What the guard lets out and what it holds back, a good and a bad one for each rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

import httpx
import pytest
from client_line import MARK, Clock, MakeLine
from little_target import LittleTarget, Reply

from kandykit.binding import Binding
from kandykit.calls import (
    Call,
    CreateSubscriber,
    InventoryView,
    OrderKind,
    Outcome,
    PlaceOrder,
    ReadInventory,
    SubscriberView,
)
from kandykit.calls import Reply as Meaning
from kandykit.errors import OverBudget, Refused
from kandykit.exchange import Exchange, Intent, Request
from kandykit.guard import Guard, Limits
from kandykit.ledger import Ledger
from kandykit.loopback import leads_here
from kandykit.oauth import ClientSecret, token_request
from kandykit.wire import Outgoing

LIVE = "https://api.example.com/communication/kandy/provisioning"
HERE = "http://127.0.0.1:8000/communication/kandy/provisioning"
TOKEN = "/oauth/client_credential/accesstoken?grant_type=client_credentials"
MORE, FEWER = OrderKind.INCREMENT, OrderKind.DECREMENT
OURS, GONE, THEIRS = "ours@example.com", "gone@example.com", "theirs@example.com"


class Post:
    """A guard at a target, and the binding whose calls it checks."""

    def __init__(self, base: str, **limits: object) -> None:
        origin = base.partition("/communication")[0]
        defaults: dict[str, object] = {
            "writes": True,
            "calls_per_second": inf,
            "unbounded_probes": base == HERE,
            "below_use_probes": base == HERE,
        }
        self.binding = Binding(base, origin + TOKEN)
        self.ledger = Ledger(MARK, trusting=base == HERE)
        self.clock = Clock()
        given = Limits(base, origin + TOKEN, **{**defaults, **limits})  # type: ignore[arg-type]
        self.guard = Guard(given, self.ledger, MARK, clock=self.clock, sleep=self.clock.sleep)
        self.seq = 0

    def check(self, outgoing: Outgoing, *, account: str = "account-1", count: bool = True) -> None:
        # What is checked is what httpx would really send, dot segments resolved.
        outgoing = replace(outgoing, url=str(httpx.URL(outgoing.url)))
        body = (outgoing.body or b"").decode()
        call = self.binding.call_of(outgoing.method, outgoing.url, outgoing.headers, body)
        self.seq += 1
        self.guard.check(outgoing, Intent(account=account), call, seq=self.seq if count else None, body=body)

    def settle(self, call: Call, reply: Meaning, account: str = "account-1", *, body: str = "", seq: int = 0) -> None:
        self.seq += not seq
        moment = self.clock() + 1
        self.clock.now = moment + 1
        request = Request("POST", "u", (), body)
        exchange = Exchange(seq or self.seq, Intent(account=account), request, None, moment, moment + 0.5)
        self.guard.settle(exchange, call, reply)

    def met(self, total: int, used: int = 0) -> Post:
        self.settle(ReadInventory(), Meaning(Outcome.DONE, 200, inventory=InventoryView(total, used, total - used)))
        return self

    def ordered(self, kind: OrderKind, quantity: int) -> Post:
        self.settle(PlaceOrder(kind, quantity), Meaning(Outcome.DONE, 201))
        return self

    def created(self, identity: str, account: str = "account-1") -> Post:
        view = SubscriberView(identity)
        self.settle(CreateSubscriber(), Meaning(Outcome.DONE, 201, subscriber=view), account)
        return self


def get(url: str) -> Outgoing:
    return Outgoing("GET", url)


# -- where to -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (LIVE, LIVE + "/inventory"),
        (LIVE, LIVE + "/order?order_number=1"),
        (LIVE, LIVE),
        (LIVE, LIVE + "/no/such/path"),
        (LIVE, "https://api.example.com" + TOKEN),
        (LIVE, "https://API.example.com:443/communication/kandy/provisioning/inventory"),
        (LIVE, "https://sdk.example.com/rest/version/1/user/u/subscription"),
        (HERE, HERE + "/inventory"),
        (HERE, "http://127.0.0.1:8000/anything"),
        ("http://localhost:1/communication", "http://localhost:1/communication/x"),
    ],
)
def test_calls_to_the_target_leave(base: str, url: str) -> None:
    Post(base, sdk_url="https://sdk.example.com/rest/").check(get(url))


@pytest.mark.parametrize(
    ("base", "url", "why"),
    [
        (LIVE, "https://evil.example.org/inventory", "evil.example.org is no host of this profile"),
        (LIVE, "https://api.example.com.evil.org/", "is no host of this profile"),
        (LIVE, "https://api.example.com@evil.org/communication/kandy/provisioning/", "evil.org is no host"),
        (HERE, "http://127.0.0.1:8000@evil.org/communication/kandy/provisioning/", "evil.org is no host"),
        (LIVE, "http://127.0.0.1/inventory", "127.0.0.1 is no host of this profile"),
        (LIVE, LIVE.replace("https", "http") + "/inventory", "plain http to api.example.com"),
        ("http://api.example.com/communication", "http://api.example.com/communication/x", "plain http"),
        (LIVE, "https://api.example.com/another/api", "outside the base URL"),
        (LIVE, LIVE + "2/inventory", "outside the base URL"),
        (LIVE, LIVE + "/../../../another", "outside the base URL"),
        (LIVE, LIVE + "/%2e%2e/another", "outside the base URL"),
        (LIVE, "ftp://api.example.com/x", "only http and https"),
        (LIVE, "/inventory", "only http and https"),
        (HERE, "http://127.0.0.1:99999/", "this is no URL"),
    ],
)
def test_calls_to_anywhere_else_are_refused(base: str, url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        Post(base).check(get(url))


def test_a_redirect_that_somebody_follows_meets_the_guard_too(make_line: MakeLine) -> None:
    target = LittleTarget()
    target.instead.append(Reply(302, b"", (("location", "https://evil.example.org/"),)))
    line = make_line(target)
    follower = httpx.Client(transport=line.client.door, follow_redirects=True)
    with pytest.raises(Refused, match=r"evil\.example\.org is no host"):
        follower.get(line.binding.read_inventory().url)
    assert len(target.seen) == 1


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost/", True),
        ("http://mock.localhost:1/", True),
        ("http://127.9.8.7/", True),
        ("http://[::1]:80/", True),
        ("http://192.168.0.1/", False),
        ("http://localhost.example.com/", False),
        ("http://0.0.0.0/", False),
    ],
)
def test_what_counts_as_this_machine(url: str, here: bool) -> None:
    assert leads_here(url) is here


# -- changing anything --------------------------------------------------------------------------------------------


def creates(post: Post) -> Outgoing:
    return post.binding.create_subscriber(f"{MARK}-1@example.com")


def test_writes_to_a_live_target_need_consent() -> None:
    for consented in (True, False):
        post = Post(LIVE, writes=consented)
        post.check(post.binding.read_inventory())
        post.check(token_request("https://api.example.com" + TOKEN, ClientSecret("a", "b")))
        if consented:
            post.check(creates(post))
        else:
            with pytest.raises(Refused, match="say --yes"):
                post.check(creates(post))


def test_writes_to_this_machine_need_none() -> None:
    post = Post(HERE, writes=False)
    post.check(creates(post))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "KANDY"])
def test_a_run_that_only_reads_changes_nothing(method: str) -> None:
    post = Post(HERE, read_only=True)
    post.check(token_request("http://127.0.0.1:8000" + TOKEN, ClientSecret("a", "b")))
    for read in ("GET", "HEAD", "OPTIONS"):
        post.check(Outgoing(read, HERE + "/order"))
    with pytest.raises(Refused, match="this run only reads"):
        post.check(Outgoing(method, HERE + "/order"))


# -- how many calls -----------------------------------------------------------------------------------------------


def test_no_call_leaves_beyond_the_budget() -> None:
    post = Post(LIVE, calls=3)
    for _ in range(3):
        post.check(post.binding.read_inventory())
    with pytest.raises(OverBudget, match="the budget of 3 calls is used up"):
        post.check(post.binding.read_inventory())


def test_a_call_that_turned_back_does_not_count() -> None:
    post = Post(LIVE, calls=1)
    post.check(post.binding.read_inventory())
    post.guard.turn_back(1, "account-1")
    post.check(post.binding.read_inventory())


def test_asking_alone_does_not_count() -> None:
    post = Post(LIVE, calls=1)
    for _ in range(3):
        post.check(post.binding.read_inventory(), count=False)


def test_calls_are_kept_back_for_cleaning_up() -> None:
    post = Post(LIVE, calls=40)
    for number in range(10):
        post.created(f"s{number}@example.com")
    for _ in range(24):
        post.check(post.binding.read_inventory())
    with pytest.raises(OverBudget, match="16 of which are kept back for cleaning up"):
        post.check(post.binding.read_inventory())
    with post.guard.cleaning():
        for number in range(10):
            post.check(post.binding.delete_subscriber(f"s{number}@example.com"))
    with pytest.raises(OverBudget):
        post.check(post.binding.read_inventory())


def test_calls_leave_at_the_agreed_rate_after_a_burst() -> None:
    post = Post(LIVE, calls_per_second=10.0)
    for _ in range(32):
        post.guard.pace()
    assert post.clock.slept == []
    for _ in range(20):
        post.guard.pace()
    assert sum(post.clock.slept) == pytest.approx(2.0, abs=0.05)
    post.clock.now += 100
    post.clock.slept.clear()
    post.guard.pace(32)
    assert post.clock.slept == []
    post.guard.pace(10)
    assert sum(post.clock.slept) == pytest.approx(1.0, abs=0.05)


def test_without_a_rate_nothing_waits() -> None:
    post = Post(HERE)
    for _ in range(1000):
        post.guard.pace()
    assert post.clock.slept == []


# -- how many products --------------------------------------------------------------------------------------------

Build = Callable[[Binding], Outgoing]


def order(kind: OrderKind, quantity: object) -> Build:
    return lambda binding: binding.post("order", binding.order_body(kind, quantity))


def raw(text: str) -> Build:
    return lambda binding: binding.post("order", text.encode())


@pytest.mark.parametrize(
    "build",
    [
        order(MORE, 25),
        order(MORE, 0),
        order(MORE, 24.5),
        order(MORE, "25"),
        lambda binding: Outgoing("PUT", binding.base_url + "/order", (), b'{"quantity": 25}'),
    ],
)
def test_an_order_whose_worst_case_fits_leaves(build: Build) -> None:
    # The run has 25 products of its own, so that by mistake nobody else's would go; one more is kept back.
    post = Post(LIVE, peak_products=51).met(10).ordered(MORE, 25)
    post.check(build(post.binding))


@pytest.mark.parametrize(
    "build",
    [
        order(MORE, 26),
        order(MORE, "26"),
        order(MORE, "0x1a"),
        order(MORE, 25.5),
        order(MORE, -26),
        order(MORE, [20, 6]),
        order(MORE, None),
        order(MORE, "many"),
        order(MORE, 2**31 + 1),
        order(MORE, 10**400),
        raw(""),
        raw("{}"),
        raw('{"quantity": 26'),
        raw('{"quantity": 1, "quantity": 26}'),
        lambda binding: Outgoing("PUT", binding.base_url + "/order", (), b'{"quantity": 26}'),
    ],
)
def test_an_order_whose_worst_case_does_not_fit_is_held_back(build: Build) -> None:
    post = Post(LIVE, peak_products=50).met(10).ordered(MORE, 25)
    with pytest.raises(OverBudget):
        post.check(build(post.binding))


@pytest.mark.parametrize("build", [order(MORE, None), order(MORE, 2**53), raw(""), raw("{}")])
def test_unbounded_probes_leave_only_where_they_are_allowed(build: Build) -> None:
    here = Post(HERE).met(0)
    here.check(build(here.binding))
    live = Post(LIVE, unbounded_probes=True).met(0)
    live.check(build(live.binding))
    live = Post(LIVE).met(0)
    with pytest.raises(OverBudget, match=r"set budget\.unbounded_probes"):
        live.check(build(live.binding))


def test_the_budget_is_met_exactly_and_never_passed() -> None:
    post = Post(LIVE, peak_products=6).met(10)
    for _ in range(5):
        post.check(post.binding.place_order(MORE, 1))
    kept = r"total may have risen by 5 already, and budget\.peak_products is 6, 1 of which is kept for giving back"
    with pytest.raises(OverBudget, match=kept):
        post.check(post.binding.place_order(MORE, 1))
    assert post.guard.room() == 0
    # Another account is billed as well.
    with pytest.raises(OverBudget, match=kept):
        post.check(post.binding.place_order(MORE, 1), account="account-2")


def test_what_should_not_touch_total_counts_until_a_read_shows_that_it_did_not() -> None:
    post = Post(LIVE, peak_products=4).met(10).ordered(MORE, 2).met(12)
    post.created("a@example.com").created("b@example.com")
    with pytest.raises(OverBudget, match="total may have risen by 4 already") as refusal:
        post.check(post.binding.create_subscriber())
    assert refusal.value.reading_helps
    post.met(12, used=2).check(post.binding.create_subscriber())
    with pytest.raises(OverBudget) as refusal:
        post.met(12).check(post.binding.place_order(MORE, 3))
    assert not refusal.value.reading_helps


def test_a_refused_order_counts_until_a_read_shows_that_nothing_came_of_it() -> None:
    post = Post(LIVE, peak_products=6).met(10)
    post.settle(PlaceOrder(MORE, 3), Meaning(Outcome.REFUSED, 412))
    with pytest.raises(OverBudget, match="total may have risen by 3 already"):
        post.check(post.binding.place_order(MORE, 3))
    post.met(10).check(post.binding.place_order(MORE, 3))


def test_a_decrement_that_could_add_leaves_in_parts_that_fit() -> None:
    post = Post(LIVE, peak_products=6).met(10).ordered(MORE, 5).met(15)
    assert post.guard.may_give_back("account-1") == 1
    with pytest.raises(OverBudget):
        post.check(post.binding.place_order(FEWER, 2))
    post.check(post.binding.place_order(FEWER, 1))
    here = Post(HERE, peak_products=6).met(10).ordered(MORE, 5).met(15)
    here.check(here.binding.place_order(FEWER, 5))


def test_a_target_that_did_the_opposite_once_is_given_back_to_in_parts_that_fit() -> None:
    post = Post(HERE, peak_products=25).met(0).ordered(MORE, 15).met(15).ordered(FEWER, 2).met(17)
    assert post.ledger.removable("account-1") > post.guard.may_give_back("account-1") == 8
    with pytest.raises(OverBudget):
        post.check(post.binding.place_order(FEWER, 9))
    post.check(post.binding.place_order(FEWER, 8))


def test_products_that_were_given_back_can_be_ordered_again() -> None:
    post = Post(HERE, peak_products=5).met(10).ordered(MORE, 5).ordered(FEWER, 5)
    post.check(post.binding.place_order(MORE, 5))


# -- giving back --------------------------------------------------------------------------------------------------


def test_no_more_is_given_back_than_was_ordered() -> None:
    for base in (LIVE, HERE):
        post = Post(base).met(10).ordered(MORE, 3)
        post.met(13)
        with pytest.raises(Refused, match="could take 4 products away, but only 3 are proved to be ours"):
            post.check(post.binding.place_order(FEWER, 4))
        post.check(post.binding.place_order(FEWER, 2))
        with pytest.raises(Refused, match="only 1 are proved"):
            post.check(post.binding.place_order(FEWER, 2))


def test_a_probe_below_what_is_in_use_leaves_only_where_nobody_can_lose() -> None:
    here, live = Post(HERE).met(10, used=4), Post(LIVE).met(10, used=4)
    here.check(here.binding.place_order(FEWER, 7))
    for guarded, quantity in ((live, 7), (here, 6)):
        with pytest.raises(Refused, match="could take"):
            guarded.check(guarded.binding.place_order(FEWER, quantity))


def test_below_use_probes_need_their_own_consent_off_this_machine() -> None:
    for consented in (True, False):
        post = Post(LIVE, unbounded_probes=True, below_use_probes=consented).met(10, used=10)
        if consented:
            post.check(post.binding.place_order(FEWER, 1))
            continue
        with pytest.raises(Refused, match=r"set budget\.below_use_probes"):
            post.check(post.binding.place_order(FEWER, 1))


def test_where_the_account_began_empty_nobody_else_can_lose() -> None:
    post = Post(LIVE).met(0)
    post.check(post.binding.place_order(FEWER, 1))


def test_a_malformed_order_could_also_take_products_away() -> None:
    live = Post(LIVE).met(10)
    with pytest.raises(Refused, match="could take 1 products away"):
        live.check(order(MORE, -1)(live.binding))
    live.ordered(MORE, 1).check(order(MORE, -1)(live.binding))


# -- deleting -----------------------------------------------------------------------------------------------------


def deletes(identity: str) -> Build:
    return lambda binding: binding.delete_subscriber(identity)


def deletes_at(tail: str) -> Build:
    return lambda binding: Outgoing("DELETE", binding.base_url + tail)


EVERYWHERE = [
    deletes(OURS),
    deletes(GONE),
    deletes("second@example.com"),
    deletes(f"kk-{MARK}-9@example.com"),
    deletes_at(f"/subscriber/kk-{MARK}-9%40example.com%00"),
    deletes_at(f"/subscriber/kk-{MARK}-9/more"),
]
ONLY_HERE = [
    deletes_at("/subscriber/*"),
    deletes_at("/subscriber/%25"),
    deletes_at("/subscriber/%40"),
    deletes_at("/subscriber/"),
    deletes_at("/subscriber"),
    deletes_at("/subscriber/.."),
    deletes_at("/subscriber/a/b"),
    deletes_at("/order"),
    deletes_at("/inventory"),
    deletes(f"kk-{MARK}-*"),
    deletes(f"kk-{MARK}-9@example.com,theirs@example.com"),
    deletes("ours@example.c"),
]
NOWHERE = [deletes(THEIRS), deletes("OURS@example.com"), deletes("our"), deletes("ours"), deletes_at("/subscriber/0")]


def with_subscribers(base: str) -> Post:
    post = Post(base).created(OURS).created(GONE).created("second@example.com", "account-2")
    post.ledger.account("account-1").subscribers.live.discard(GONE)
    post.ledger.account("account-1").subscribers.deleted.add(GONE)
    return post


@pytest.mark.parametrize("base", [LIVE, HERE])
@pytest.mark.parametrize("build", EVERYWHERE)
def test_own_subscribers_and_invented_ones_may_be_deleted(base: str, build: Build) -> None:
    post = with_subscribers(base)
    post.check(build(post.binding))


@pytest.mark.parametrize("build", ONLY_HERE)
def test_deletes_that_could_hit_many_go_to_this_machine_only(build: Build) -> None:
    here, live = with_subscribers(HERE), with_subscribers(LIVE)
    here.check(build(here.binding))
    with pytest.raises(Refused):
        live.check(build(live.binding))


@pytest.mark.parametrize("base", [LIVE, HERE])
@pytest.mark.parametrize("build", NOWHERE)
def test_nobody_elses_subscriber_is_ever_deleted(base: str, build: Build) -> None:
    post = with_subscribers(base)
    with pytest.raises(Refused, match="did not create"):
        post.check(build(post.binding))


@pytest.mark.parametrize("place", ["query:id", "body:/who/id", "header:x-identity"])
def test_the_rule_holds_wherever_the_identity_stands(place: str) -> None:
    for identity, allowed in ((OURS, True), (THEIRS, False)):
        post = with_subscribers(LIVE)
        post.binding = Binding(LIVE, "https://api.example.com" + TOKEN, {"subscriber.delete": place})
        outgoing = post.binding.delete_subscriber(identity)
        if allowed:
            post.check(outgoing)
        else:
            with pytest.raises(Refused, match="did not create"):
                post.check(outgoing)
        with pytest.raises(Refused, match="names no subscriber of ours"):
            post.check(Outgoing("DELETE", LIVE + "/subscriber"))


def test_a_mark_is_needed_to_tell_our_own_identities() -> None:
    with pytest.raises(ValueError, match="without a mark"):
        Guard(Limits(LIVE, LIVE), Ledger(), "")


def test_what_is_refused_never_reaches_the_target(make_line: MakeLine) -> None:
    line = make_line(read_only=True)
    with pytest.raises(Refused):
        line.send(line.binding.create_subscriber())
    # Only the token call had left.
    assert [method for method, path, _, _ in line.target.seen if "accesstoken" not in path] == []
    assert [exchange.request.method for exchange, _, _ in line.seen] == ["POST"] * len(line.target.seen)


def test_what_a_target_took_from_others_can_be_ordered_again_within_the_smallest_budget() -> None:
    post = Post(LIVE, peak_products=1, below_use_probes=True).met(10, used=10).ordered(FEWER, 3).met(7)
    post.check(post.binding.place_order(MORE, 3))
    with pytest.raises(OverBudget):
        post.check(post.binding.place_order(MORE, 1))
