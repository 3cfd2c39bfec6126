"""Cases: what Schemathesis makes of the operations of an OpenAPI document, in values of our own.

Its examples, its coverage of each constraint, and its fuzzing are used, each by its generator and without its engine:
nothing is sent from here. Everything it says of a case but its parts is left behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import requests
import schemathesis
from schemathesis.core import NotSet
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case as Drawn
from schemathesis.generation.drivers import CoverageGenerator, ExamplesGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.overrides import Override

from kandykit.errors import KitError
from kandykit.explore.generate.drawing import draws


class Phase(StrEnum):
    """How cases come about."""

    EXAMPLES = "examples"
    """What the document gives as examples."""
    COVERAGE = "coverage"
    """Each constraint of each schema kept at its bounds, and broken, one at a time; and methods a path has not."""
    ALLOWED = "allowed"
    """Drawn at random from all that the schemas allow."""
    FORBIDDEN = "forbidden"
    """Drawn at random from what they do not."""


DRAWN: Final = (Phase.ALLOWED, Phase.FORBIDDEN)
"""The phases that have no end of their own."""

ABSENT: Final = object()
"""Stands for no body at all."""

_SPACE: Final = re.compile(r"\s+")


class Documented(NamedTuple):
    """An operation as the document names it."""

    method: str
    template: str


@dataclass(frozen=True, slots=True)
class Case:
    """One generated request in its parts.

    ``path`` holds the values of the template's parameters, percent-encoded; ``body`` is a JSON value, octets, or
    `ABSENT`. ``allowed`` says that the document allows the request as a whole. ``about`` says in a few words what it
    is for.
    """

    operation: Documented
    method: str
    path: dict[str, str]
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any
    allowed: bool
    phase: Phase
    about: str

    def url(self) -> str:
        """What follows the base URL."""
        below = self.operation.template
        for name, value in self.path.items():
            below = below.replace(f"{{{name}}}", value)
        query = urlencode([pair for name, value in self.query.items() for pair in _pairs(name, value)])
        return f"{below}?{query}" if query else below

    def octets(self) -> bytes | None:
        """The body as it is sent."""
        if self.body is ABSENT:
            return None
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def sent_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers with the content type, which follows the body where the case does not choose it."""
        given = {name.lower() for name in self.headers}
        standing = [("accept", "application/json")]
        if self.body is not ABSENT:
            standing.insert(0, ("content-type", "application/json"))
        return (*(item for item in standing if item[0] not in given), *self.headers.items())


class Cases:
    """The cases of one document; the same ``seed`` gives the same ones in the same order.

    ``prefix`` is what every path of the document begins with and the base URL ends with (`Document.prefix`). Raises
    `KitError` where Schemathesis cannot use a document that the kit itself could read.
    """

    def __init__(self, document: Path, seed: int, prefix: str = "") -> None:
        self._seed = seed
        self._made: dict[tuple[Documented, Phase], tuple[list[Case], Iterator[Case]]] = {}
        self._operations, self.unusable = _operations(document, prefix)
        # What is random about optional headers is half of the work and only their own business: coverage has each of
        # them, drawn cases have none.
        self._bare, _ = _operations(document, prefix)
        for operation in self._bare.values():
            operation.headers.items[:] = [header for header in operation.headers if header.is_required]
            operation.cookies.items[:] = []

    @property
    def operations(self) -> tuple[Documented, ...]:
        """The operations that cases can be made for."""
        return tuple(self._operations)

    def of(self, documented: Documented, phase: Phase) -> Iterator[Case]:
        """The cases of one operation and phase, from the first one on; drawn once, however often they are asked for.

        Those of `DRAWN` phases have no end but where there are none at all.
        """
        made, source = self._made.setdefault((documented, phase), ([], self._new(documented, phase)))
        for number in count():
            if number == len(made):
                case = next(source, None)
                if case is None:
                    return
                made.append(case)
            yield made[number]

    def _new(self, documented: Documented, phase: Phase) -> Iterator[Case]:
        operation = (self._bare if phase in DRAWN else self._operations)[documented]
        return (_case(documented, drawn, phase) for drawn in self._drawn(operation, phase))

    def _drawn(self, operation: Any, phase: Phase) -> Iterator[Drawn[Any]]:
        source: Iterable[Drawn[Any]]
        if phase is Phase.EXAMPLES:
            source = ExamplesGenerator(
                operation=operation, override=Override(), feedback=FeedbackSources(), fill_missing=False
            )
        elif phase is Phase.COVERAGE:
            source = CoverageGenerator(
                operation=operation,
                generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
                generation_config=operation.schema.config.generation_for(operation=operation, phase="coverage"),
                auth_storage=None,
                override=Override(),
                feedback=FeedbackSources(),
            )
        else:
            mode = GenerationMode.POSITIVE if phase is Phase.ALLOWED else GenerationMode.NEGATIVE
            random = Random(f"{self._seed} {operation.label} {phase}")
            source = draws(operation.as_strategy(generation_mode=mode), random)
        return iter(source)


def _operations(document: Path, prefix: str) -> tuple[dict[Documented, Any], dict[Documented, str]]:
    """The operations that Schemathesis can use, and why it cannot use the others."""
    try:
        schema = schemathesis.openapi.from_path(document)
    except SchemathesisError as error:
        raise KitError(f"Schemathesis cannot use {document}, which the kit could read: {error}") from error
    # Schemathesis must not bring credentials of its own: the client has the only ones that there are.
    schema.config.generation.update(with_security_parameters=False)
    usable: dict[Documented, Any] = {}
    unusable: dict[Documented, str] = {}
    for result in schema.get_all_operations():
        if isinstance(result, Ok):
            operation = result.ok()
            usable[Documented(operation.method.upper(), operation.path.removeprefix(prefix))] = operation
        else:
            reason = result.err()
            unusable[Documented((reason.method or "").upper(), reason.path or "")] = str(reason)
    return usable, unusable


def _case(documented: Documented, drawn: Drawn[Any], phase: Phase) -> Case:
    meta = drawn.meta
    allowed = meta is None or meta.generation.mode is GenerationMode.POSITIVE
    about = "" if meta is None else getattr(meta.phase.data, "description", None) or ""
    headers = {str(name): str(value) for name, value in (drawn.headers or {}).items()}
    body: Any = ABSENT
    if not isinstance(drawn.body, NotSet):
        body = drawn.body
        if not isinstance(body, bytes) and not _is_json(drawn.media_type):
            body, headers = _encoded(drawn, headers)
    if allowed:
        headers = {name: value for name, value in headers.items() if _is_declared(drawn.operation, name, value)}
    return Case(
        operation=documented,
        method=drawn.method.upper(),
        path={name: str(value) for name, value in (drawn.path_parameters or {}).items()},
        query=dict(drawn.query or {}),
        headers=headers,
        body=body,
        allowed=allowed,
        phase=phase,
        about=_SPACE.sub(" ", about)[:80],
    )


def _is_declared(operation: Any, name: str, value: str) -> bool:
    """Whether a header is one that a target has no reason to refuse: one that it requires, or with a value that the
    document itself gives. What it does with an ``api-version`` that nobody heard of is its own business."""
    for header in operation.headers:
        if header.name.lower() == name.lower():
            schema = header.definition.get("schema", header.definition)
            said = [header.definition.get("example"), schema.get("example"), schema.get("default")]
            return header.is_required or value in [str(item) for item in (*said, *schema.get("enum", ()))]
    return True


def _is_json(media: str | None) -> bool:
    essence = (media or "application/json").partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


def _encoded(drawn: Drawn[Any], headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """A body that is no JSON, as Schemathesis would send it."""
    known = ("method", "url", "params", "data", "json", "files")
    arguments = drawn.as_transport_kwargs(base_url="http://localhost")
    prepared = requests.Request(**{name: arguments[name] for name in known if name in arguments}).prepare()
    content: Any = prepared.body
    if content is None:
        return ABSENT, headers
    media = arguments["headers"].get("Content-Type") or prepared.headers.get("Content-Type") or drawn.media_type or ""
    octets = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else bytes(content)
    return octets, {"Content-Type": str(media), **headers}


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A query parameter as it is usually written: a list as repetitions, an object as its members."""
    if isinstance(value, list):
        for item in value:
            yield name, _text(item)
    elif isinstance(value, dict):
        for member, item in value.items():
            yield str(member), _text(item)
    else:
        yield name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(value)
