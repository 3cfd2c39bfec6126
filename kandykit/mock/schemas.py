"""Which request bodies are well formed. Schemas are closed: an unknown member is refused."""

import json
import re
from typing import Any, NoReturn

from kandykit.mock.accounts import DECREMENT, INCREMENT
from kandykit.mock.answers import Cause, Refused
from kandykit.mock.call import Call
from kandykit.mock.settings import PRODUCT

HIGHEST_QUANTITY = 2**53 - 1
LONGEST_IDENTITY = 254
IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def malformed(message: str) -> NoReturn:
    """Refuse a body for its form."""
    raise Refused(Cause.MALFORMED, message)


class Schemas:
    """Reads request bodies, or refuses them with a reason."""

    def order(self, call: Call) -> tuple[str, int]:
        """The order type and quantity of a well-formed `POST /order`."""
        body = self.closed(self.json_object(call), required=("product_name", "order_type", "quantity"))
        self.product(body["product_name"])
        return self.order_type(body["order_type"]), self.quantity(body["quantity"])

    def subscriber(self, call: Call) -> str | None:
        """The identity a well-formed `POST /subscriber` asks for, if any."""
        body = self.closed(self.json_object(call), required=("product_name",), optional=("identity",))
        self.product(body["product_name"])
        return self.identity(body["identity"]) if "identity" in body else None

    def json_object(self, call: Call) -> dict[str, Any]:
        """The body as a JSON object whose members are all different."""
        self.content_type(call)
        if call.oversized:
            malformed("The request body is too large.")
        value = self.parse(call.body)
        if not isinstance(value, dict):
            malformed("The request body must be a JSON object.")
        return value

    def content_type(self, call: Call) -> None:
        """Refuse anything that does not call itself plain JSON in UTF-8."""
        kind, parameters = call.media_type()
        if kind != "application/json" or parameters.get("charset", "utf-8") != "utf-8":
            malformed("The content type must be application/json.")
        if (call.header("content-encoding") or "identity").lower() != "identity":
            malformed("The request body must not be encoded.")

    def parse(self, body: bytes) -> Any:
        """Strict JSON: no NaN, no duplicate member, no other charset."""
        try:
            return json.loads(
                body.decode("utf-8"), object_pairs_hook=self.members, parse_constant=lambda _: malformed("Not JSON.")
            )
        except (ValueError, RecursionError):
            malformed("The request body is not JSON.")

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The members of an object, each named once."""
        value = dict(pairs)
        if len(value) != len(pairs):
            malformed("A member of the request body is there twice.")
        return value

    def closed(self, body: dict[str, Any], required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
        """The body, once every required member is there and no unknown one is."""
        for name in required:
            if name not in body:
                malformed(f"The member {name} is missing.")
        if not body.keys() <= {*required, *optional}:
            malformed("The request body has a member that is not known.")
        return body

    def product(self, value: Any) -> None:
        """Refuse any product but the one there is."""
        if value != PRODUCT:
            malformed("The product is not known.")

    def order_type(self, value: Any) -> str:
        """One of the two order types, spelled exactly."""
        if not isinstance(value, str) or value not in (INCREMENT, DECREMENT):
            malformed("The order type must be increment or decrement.")
        return value

    def quantity(self, value: Any) -> int:
        """A whole number from 1 up; true is no number."""
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= HIGHEST_QUANTITY:
            malformed("The quantity must be a whole number of at least 1.")
        return value

    def identity(self, value: Any) -> str:
        """An identity of the form user@domain in sensible characters."""
        if not isinstance(value, str) or len(value) > LONGEST_IDENTITY or not IDENTITY.fullmatch(value):
            malformed("The identity must have the form user@domain.")
        return value
