"""What one dialect is: names, words and places, beside those of the mock itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kandykit.mock.settings import BASE_PATH, PRODUCT, TOKEN_PATH

Words = Mapping[str, str]
"""The mock's own name or word -> the stranger's."""


@dataclass(frozen=True)
class Dialect:
    """One stranger's wire."""

    name: str
    story: str
    base: str = BASE_PATH
    token: str = TOKEN_PATH
    order: str = "/order"
    inventory: str = "/inventory"
    subscriber: str = "/subscriber"
    product: str = PRODUCT
    asked: Words = field(default_factory=dict)
    """Members of requests."""
    shown: Words = field(default_factory=dict)
    """Members of answers."""
    kinds: Words = field(default_factory=dict)
    """``increment`` and ``decrement``."""
    states: Words = field(default_factory=dict)
    """``pending``, ``fulfilled`` and ``rejected``."""
    quantity: str = "beside its type"
    """Or ``signed``, or ``two lines``: one member for more, another for fewer."""
    lines: tuple[str, str] = ("", "")
    """Those two members."""
    wrap: str = ""
    """The member that a request's members stand in."""
    delete: tuple[str, str] = ("path", "")
    """Where the identity of a deletion stands: path, query, body or header, and under which name."""
    read: tuple[str, str] = ("query", "order_number")
    """How one order is read: query, path, or list (not at all)."""
    placed: tuple[str, ...] = ()
    """The members that an order stands in, in the answer to its POST, outermost first."""
    one: tuple[str, ...] | None = None
    """The same where it is read by itself; none for a list of one."""
    listed: tuple[str, ...] = ("orders",)
    """The members that the list of orders stands in."""
    item: tuple[str, ...] = ()
    """The members that each order of it stands in."""
    stock: tuple[str, ...] = ("products",)
    """The members that the rows of the inventory stand in."""
    row_alone: bool = False
    """Whether the one row stands there by itself, without a list."""
    counters: tuple[str, ...] = ("total", "used", "available")
    """The numbers that a row shows."""
    names_product: bool = True
    """Whether a row names its product."""
    enrolled: tuple[str, ...] = ()
    """The members that a subscriber stands in."""
