"""Who chooses identities, what they look like, and how long they are kept."""

import secrets
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from kandykit.mock.accounts import Account, Subscriber
from kandykit.mock.app import Mock
from kandykit.mock.bending import before, bend
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Legals
from kandykit.mock.schemas import malformed

identities = Legals()


@identities.gets("conformant")
def server_chooses_and_refuses_a_wish(mock: Mock) -> None:
    """The server chooses every identity, and refuses a request that names one."""
    bend(
        mock.schemas, "identity", lambda _: lambda _value: malformed("The request body has a member that is not known.")
    )


@identities.gets("conformant")
def server_chooses_and_ignores_a_wish(mock: Mock) -> None:
    """The server chooses every identity, whatever the request names."""

    def around(check: Any) -> Any:
        def ignoring(value: Any) -> None:
            check(value)

        return ignoring

    bend(mock.schemas, "identity", around)


@identities.gets("conformant", readings={"identity": "server"})
def server_chooses_as_declared(mock: Mock) -> None:
    """The server chooses every identity and refuses a wish, as the profile says."""
    server_chooses_and_refuses_a_wish(mock)


@identities.gets("conformant")
def caller_must_choose(mock: Mock) -> None:
    """A request for a subscriber must name the identity."""
    need_identity(mock)


@identities.gets("conformant", readings={"identity": "caller"})
def caller_must_choose_as_declared(mock: Mock) -> None:
    """A request for a subscriber must name the identity, as the profile says."""
    need_identity(mock)


@identities.gets("inconclusive")
def callers_choose_within_their_own_domain(mock: Mock) -> None:
    """A request must name the identity, and its domain must be the account's own, which no answer tells."""
    need_identity(mock)

    def own(account: Account, identity: str | None) -> None:
        if identity is not None and not identity.endswith(f"@{account.client_id}.own.example"):
            malformed("The identity is of another domain than the account's own.")

    before(mock.operations, "check_subscriber", own)


@identities.gets("conformant")
def room_for_one_and_callers_choose(mock: Mock) -> None:
    """The account has room for one more product, which nobody declared, and a request must name the identity."""
    mock.furnish(6, 6)
    mock.first_account.limit = 7
    need_identity(mock)


@identities.gets("conformant")
def deleted_identities_are_not_given_again(mock: Mock) -> None:
    """The identity of a deleted subscriber stays taken for ever."""
    gone: set[tuple[str, str]] = set()

    def forgetting(account: Account, subscriber: Subscriber) -> None:
        gone.add((account.client_id, subscriber.identity))

    def around_free(free: Any) -> Any:
        return lambda account, identity: free(account, identity) and (account.client_id, identity) not in gone

    before(mock.store, "forget", forgetting)
    bend(mock.store, "identity_free", around_free)


@identities.gets("conformant")
def identities_are_unique_across_accounts(mock: Mock) -> None:
    """An identity that a subscriber of any account has is taken for all of them."""
    bend(
        mock.store,
        "identity_free",
        lambda _: lambda _account, identity: all(identity not in one.subscribers for one in mock.accounts.values()),
    )


@identities.gets("conformant")
def identities_in_capitals(mock: Mock) -> None:
    """The server's identities are in capitals."""
    named(mock, lambda: f"USER.{secrets.token_hex(5).upper()}@ACME.WEBRTC.EXAMPLE")


@identities.gets("conformant")
def identities_with_reserved_signs(mock: Mock) -> None:
    """The server's identities hold signs that mean something in a URL: slash, question mark, hash, percent and plus."""
    named(mock, lambda: f"a/b?c#d%2Fe+f&g=h;{secrets.token_hex(4)}@acme.webrtc.example")


@identities.gets("conformant")
def identities_with_spaces_and_quotes(mock: Mock) -> None:
    """The server's identities hold spaces, quotes and brackets."""
    named(mock, lambda: f'O\'Neil "{secrets.token_hex(4)}" (desk) <1>@acme.webrtc.example')


@identities.gets("conformant")
def identities_beyond_ascii(mock: Mock) -> None:
    """The server's identities hold letters of other alphabets and a sign beyond the first plane."""
    named(mock, lambda: f"zoë.名前.\U0001f600{secrets.token_hex(4)}@acme.webrtc.example")


@identities.gets("conformant")
def identities_of_two_hundred_characters(mock: Mock) -> None:
    """The server's identities are two hundred characters long."""
    named(mock, lambda: f"{secrets.token_hex(90)}@acme.webrtc.example")


@identities.gets("conformant")
def identities_are_telephone_numbers(mock: Mock) -> None:
    """The server's identities are telephone numbers with a plus in front."""
    named(mock, lambda: f"+31{secrets.randbelow(10**9):09d}@acme.webrtc.example")


@identities.gets("conformant")
def identities_count_upward(mock: Mock) -> None:
    """The server's identities count upward past those that a caller took; short ones, one beginning like the next."""
    made: Counter[str] = Counter()

    def next_one(account: Account) -> str:
        while True:
            made["all"] += 1
            if mock.store.identity_free(account, identity := f"{made['all']}@a.bc"):
                return identity

    bend(mock.store, "new_identity", lambda _: next_one)


@identities.gets("conformant")
def deleted_identity_is_the_next_one_given(mock: Mock) -> None:
    """The server gives the identity of the subscriber deleted last to the next new one."""
    free: list[tuple[str, str]] = []

    def forgetting(account: Account, subscriber: Subscriber) -> None:
        free.append((account.client_id, subscriber.identity))

    def around_new(new_identity: Any) -> Any:
        def given(account: Account) -> str:
            for client, identity in reversed(free):
                if client == account.client_id and identity not in account.subscribers:
                    free.remove((client, identity))
                    return identity
            fresh: str = new_identity(account)
            return fresh

        return given

    before(mock.store, "forget", forgetting)
    bend(mock.store, "new_identity", around_new)


@identities.gets("conformant")
def identities_have_forty_signs_at_most(mock: Mock) -> None:
    """A request may name an identity of up to forty characters, domain and all."""
    allow(mock, lambda identity: len(identity) <= 40)


@identities.gets("conformant")
def identities_begin_with_a_letter(mock: Mock) -> None:
    """A request may name an identity that begins with a letter."""
    allow(mock, lambda identity: identity[:1].isalpha())


@identities.gets("conformant")
def passwords_are_pins(mock: Mock) -> None:
    """Passwords are four digits, which many a number of an answer is as well."""
    pins = count(1000)
    bend(mock.store, "new_password", lambda _: lambda: str(next(pins)))


@identities.gets("conformant")
def pins_that_order_numbers_hold_as_well(mock: Mock) -> None:
    """Passwords are six digits, and sooner or later an order has them in its number."""
    pins, orders = count(1), count(1)
    bend(mock.store, "new_password", lambda _: lambda: f"{next(pins):06}")
    bend(mock.store, "new_number", lambda _: lambda _account: f"ORD-{next(orders):06}")


def named(mock: Mock, name: Any) -> None:
    """Let the server choose its identities in this way."""
    bend(mock.store, "new_identity", lambda _: lambda _account: name())


def allow(mock: Mock, right: Callable[[str], bool]) -> None:
    """Refuse a request that names an identity which is not right."""

    def around(check: Any) -> Any:
        def checking(value: Any) -> str:
            identity: str = check(value)
            return identity if right(identity) else malformed("The identity has a form that is not allowed.")

        return checking

    bend(mock.schemas, "identity", around)


def need_identity(mock: Mock) -> None:
    """Refuse a subscriber without an identity."""

    def around(read: Any) -> Any:
        def reading(call: Call) -> str:
            identity: str | None = read(call)
            return malformed("The member identity is missing.") if identity is None else identity

        return reading

    bend(mock.schemas, "subscriber", around)
