"""Steps: the words that programmes are written in; what they mean is decided when they are played.

A programme is a list of steps. Steps speak of amounts relative to what is there (``available + 1``) and of
subscribers and orders by label, so that the same programme can be played on any account, again and again, with steps
left out. Every step is a plain value that JSON can hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, get_args

from kandykit.calls import OrderKind
from kandykit.exchange import Credential, Headers


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity: ``plus`` more than ``of``: ``nothing``, ``total``, ``used``, ``available``, ``room`` or ``ours``.

    ``room`` is what fits up to the limit, ``ours`` what our orders came to.

    Of ``missing`` it is what a total of ``plus`` is more than the present one.
    """

    plus: int
    of: str = "nothing"


@dataclass(frozen=True, slots=True)
class Order:
    """Place an order and wait until it is fulfilled or rejected; ``label`` names it for later steps."""

    kind: OrderKind
    amount: Amount
    label: str = ""
    account: int = 0
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Create:
    """Create a subscriber; ``form`` says who chooses the identity.

    ``again`` names a subscriber whose identity is used again, with ``recased`` in other letter case, ``spelt`` with
    another spelling as in `Delete`, or the one that is ``counted_on`` so far from it; ``signs`` stand in the user part
    of an identity of the caller's choice.
    """

    label: str
    form: str = "caller"
    again: str = ""
    recased: bool = False
    spelt: str = "as given"
    counted_on: int = 0
    signs: str = ""
    account: int = 0


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a subscriber of this programme, be it live or not; ``spelt`` changes the identity's spelling."""

    label: str
    account: int = 0
    spelt: str = "as given"


@dataclass(frozen=True, slots=True)
class DeleteNobody:
    """Delete a subscriber that never existed."""

    account: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """Read the inventory; in a burst ``then`` makes it as soon as the step before it is answered."""

    account: int = 0
    then: bool = False


@dataclass(frozen=True, slots=True)
class ListOrders:
    """Read all orders; ``then`` as in `Look`."""

    account: int = 0
    then: bool = False


@dataclass(frozen=True, slots=True)
class LookUp:
    """Read one order by its number; without a label, one that never existed.

    ``located``: read it where the answer that accepted it said that it can be read, if it said so. ``spelt`` changes
    the number's spelling.
    """

    label: str = ""
    account: int = 0
    located: bool = False
    spelt: str = "as given"


@dataclass(frozen=True, slots=True)
class LookBack:
    """Read orders of this run by their numbers, one by one: ``most`` of them, from the oldest to the youngest.

    ``owner`` is the account that placed them, ``account`` the one that reads.
    """

    most: int
    account: int = 0
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Send:
    """Send one of the catalogue's unusual requests (`kandykit.explore.unusual`) by its name."""

    name: str
    account: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so many seconds: what is remembered for a while only is forgotten by then."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until no order of ours is pending on an account, as long as orders may take."""

    account: int = 0


@dataclass(frozen=True, slots=True)
class Renew:
    """From here on an account's calls use a new token, the one before lives on; or that one again, if ``back``."""

    account: int = 0
    back: bool = False


@dataclass(frozen=True, slots=True)
class UseUp:
    """Read the inventory until a call is turned away because the quota is used up, or ``most`` times."""

    most: int
    account: int = 0


@dataclass(frozen=True, slots=True)
class Intrude:
    """Make a well-formed call with a credential that must not be accepted."""

    credential: Credential
    what: str
    variant: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Fill:
    """Create subscribers until only ``leave`` products are available, as far as the budget allows.

    They get the labels `filler` 0, 1 and so on, as far as those are not in use yet.
    """

    leave: int
    most: int = 12
    account: int = 0


@dataclass(frozen=True, slots=True)
class Raw:
    """Send one request as it was generated; ``path`` is what follows the base URL, query included.

    In ``path`` and in a text ``body``, ``{{fresh}}`` stands for a new identity of ours, ``{{subscriber:LABEL}}`` for
    the identity of a subscriber of this programme and ``{{order:LABEL}}`` for the number of one of its orders; without
    that one the step is left out. A ``body`` that is no text is kept in base 64, which ``octets`` says. ``label`` names
    the subscriber or the order that the request makes. ``probe`` says what is unusual about the request; a request
    without it is a well-formed call.
    """

    method: str
    path: str
    headers: Headers = ()
    body: str | None = None
    octets: bool = False
    label: str = ""
    probe: str = ""
    account: int = 0


Step = (
    Order
    | Create
    | Delete
    | DeleteNobody
    | Look
    | ListOrders
    | LookUp
    | LookBack
    | Send
    | Pause
    | Await
    | Renew
    | UseUp
    | Intrude
    | Fill
    | Raw
)
Programme = Sequence[Step]

_KINDS: Final[Mapping[str, type[Any]]] = {kind.__name__: kind for kind in get_args(Step)}
_PLAIN: Final[Mapping[str, tuple[type, ...]]] = {"int": (int,), "str": (str,), "bool": (bool,), "float": (int, float)}


def filler(number: int) -> str:
    """The label of a subscriber that is there to use a product up."""
    return f"filler {number}"


def to_json(programme: Programme) -> list[dict[str, Any]]:
    """A programme as JSON values."""
    return [{"step": type(step).__name__, **asdict(step)} for step in programme]


def from_json(values: Sequence[Mapping[str, Any]]) -> list[Step]:
    """A programme from JSON values; raises `ValueError` naming the first step that is none."""
    steps: list[Step] = []
    for index, value in enumerate(values):
        kind = _KINDS.get(str(value.get("step")))
        if kind is None:
            raise ValueError(f"step {index} is {value.get('step')!r}, which is no step; known: {', '.join(_KINDS)}")
        known = {field.name for field in fields(kind)}
        arguments = {name: item for name, item in value.items() if name != "step"}
        if unknown := sorted(set(arguments) - known):
            raise ValueError(f"step {index} ({kind.__name__}) has no {unknown[0]}")
        if "amount" in arguments:
            arguments["amount"] = Amount(**_plain(Amount, index, arguments["amount"]))
        if "kind" in arguments:
            arguments["kind"] = OrderKind(arguments["kind"])
        if "credential" in arguments:
            arguments["credential"] = Credential(arguments["credential"])
        if "headers" in arguments:
            arguments["headers"] = tuple((name, content) for name, content in arguments["headers"])
        steps.append(kind(**_plain(kind, index, arguments)))
    return steps


def _plain(kind: type[Any], index: int, arguments: dict[str, Any]) -> dict[str, Any]:
    """The same arguments, if each that must be a number, a text or a flag is one."""
    for each in fields(kind):
        if each.name in arguments:
            wanted, given = _PLAIN.get(str(each.type)), arguments[each.name]
            if wanted is not None and type(given) not in wanted:
                raise ValueError(f"step {index} ({kind.__name__}) has a wrong {each.name}: {given!r}")
    return arguments


def more(plus: int, of: str = "nothing", label: str = "", account: int = 0) -> Order:
    """An increment order."""
    return Order(OrderKind.INCREMENT, Amount(plus, of), label, account)


def fewer(plus: int, of: str = "nothing", label: str = "", account: int = 0) -> Order:
    """A decrement order."""
    return Order(OrderKind.DECREMENT, Amount(plus, of), label, account)
