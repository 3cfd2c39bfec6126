"""A document that was read: its operations, and which of them a call reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kandykit.exchange import Headers
from kandykit.openapi.answers import Problem, Response

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """One operation of the document; ``template`` is its path as the document writes it, ``statuses`` what it declares.

    A range such as ``4XX`` counts as each of its statuses; ``default`` adds none.
    """

    method: str
    template: str
    statuses: frozenset[int]
    _responses: Mapping[int, Response] = field(repr=False, compare=False)
    _default: Response | None = field(default=None, repr=False, compare=False)

    def problems(self, status: int, headers: Headers, body_text: str) -> list[Problem]:
        """What is wrong with an answer: its content type, its declared headers, its body; empty where nothing is.

        Nothing is said of a status that the document does not declare: whether it is legal is another question. The
        answer to HEAD has no body by nature and is not for this.
        """
        response = self._responses.get(status, self._default)
        return [] if response is None else response.problems(headers, body_text)


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document, compiled.

    ``version`` is the version of OpenAPI or Swagger that it is written in, ``digest`` is ``sha256:`` and the digest of
    its file, ``outline`` what callers rely on, by operation (see `kandykit.outline`).
    """

    path: Path
    digest: str
    version: str
    title: str
    operations: tuple[OperationSpec, ...]
    outline: Mapping[str, Any] = field(repr=False, compare=False)
    _matchers: tuple[tuple[str, re.Pattern[str], OperationSpec], ...] = field(repr=False, compare=False)

    @property
    def statuses(self) -> frozenset[int]:
        """Every status that some operation declares."""
        return frozenset().union(*(operation.statuses for operation in self.operations))

    def prefix(self, base_url: str) -> str:
        """What every path begins with, where the base URL ends with it: it must not be there twice."""
        shared = shared_prefix([operation.template for operation in self.operations])
        return shared if shared and base_url.rstrip("/").endswith(shared) else ""

    def operation(self, method: str, path_below_base: str) -> OperationSpec | None:
        """The operation that a call reaches, by method and path (``/order``); None where the document has none.

        The path is as sent, percent-encoding included, without query. Paths without parameters go before templates.
        """
        method = method.upper()
        for wanted, pattern, operation in self._matchers:
            if wanted == method and pattern.fullmatch(path_below_base):
                return operation
        return None


def matchers(operations: tuple[OperationSpec, ...]) -> Iterator[tuple[str, re.Pattern[str], OperationSpec]]:
    """How to find an operation by its path: plain paths, then templates, then both without a prefix they all share.

    Some documents write the base path into every path instead of into ``servers``.
    """
    shared = shared_prefix([operation.template for operation in operations])
    for prefix in ["", shared] if shared else [""]:
        for operation in sorted(operations, key=lambda operation: "{" in operation.template):
            parts = re.split(r"(\{[^{}/]+\})", operation.template.removeprefix(prefix))
            pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
            yield operation.method, re.compile(pattern), operation


def shared_prefix(templates: list[str]) -> str:
    split = [template.split("/") for template in templates]
    shared = 0
    for column in zip(*(parts[:-1] for parts in split), strict=False):
        if len(set(column)) > 1 or "{" in column[0]:
            break
        shared += 1
    return "/".join(split[0][:shared])
