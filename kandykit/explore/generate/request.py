"""From a `Raw` step to the request it stands for: placeholders replaced, octets restored."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from kandykit.explore.steps import Raw
from kandykit.wire import Outgoing

FRESH: Final = "{{fresh}}"
"""Stands for an identity that nobody has had yet, with the run's mark."""

_PLACEHOLDER: Final = re.compile(r"\{\{(fresh|subscriber:[^{}]+|order:[^{}]+)\}\}")


def subscriber(label: str) -> str:
    """The placeholder for the identity of a subscriber of the programme."""
    return f"{{{{subscriber:{label}}}}}"


def order(label: str) -> str:
    """The placeholder for the number of an order of the programme."""
    return f"{{{{order:{label}}}}}"


def body_of(octets: bytes | None) -> tuple[str | None, bool]:
    """A body as a `Raw` step keeps it: text where it is UTF-8, else base 64; and whether it is the latter."""
    if octets is None:
        return None, False
    try:
        return octets.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(octets).decode("ascii"), True


def outgoing(
    step: Raw,
    base_url: str,
    subscribers: Mapping[str, str],
    orders: Mapping[str, str],
    mint: Callable[[], str],
) -> tuple[Outgoing, str | None] | None:
    """The request of a step, and the fresh identity in it if it has one; None where it names what there is not.

    ``subscribers`` and ``orders`` are what the labels of the programme stand for; ``mint`` gives fresh identities.
    """
    minted: str | None = None

    def value_of(name: str) -> str:
        nonlocal minted
        kind, _, label = name.partition(":")
        if kind == "fresh":
            # One request speaks of one new subscriber, however often.
            minted = minted or mint()
            return minted
        return (subscribers if kind == "subscriber" else orders)[label]

    text = step.body if step.body is not None and not step.octets else ""
    try:
        path = _PLACEHOLDER.sub(lambda match: quote(value_of(match[1]), safe=""), step.path)
        text = _PLACEHOLDER.sub(lambda match: json.dumps(value_of(match[1]))[1:-1], text)
        headers = tuple(
            (name, _PLACEHOLDER.sub(lambda match: value_of(match[1]), content)) for name, content in step.headers
        )
    except KeyError:
        return None
    octets: bytes | None = None
    if step.body is not None:
        octets = base64.b64decode(step.body) if step.octets else text.encode("utf-8", "surrogatepass")
    return Outgoing(step.method, base_url + path, headers, octets), minted


def raw_of(outgoing: Outgoing, base_url: str, *, label: str = "", probe: str = "") -> Raw:
    """The step that sends this request, which is below ``base_url``; placeholders in it may be encoded already."""
    body, octets = body_of(outgoing.body)
    path = in_the_open(outgoing.url.removeprefix(base_url))
    return Raw(outgoing.method, path, outgoing.headers, body, octets, label, probe)


def in_the_open(path: str) -> str:
    """A path whose placeholders were percent-encoded with the rest of it, as they stand in a `Raw` step."""
    return re.sub(r"%7B%7B(.+?)%7D%7D", lambda match: "{{" + match[1].replace("%3A", ":") + "}}", path)
