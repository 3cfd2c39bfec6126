"""HAR files: their entries as plain values, or one clear complaint that names the place and what is wrong there.

A complaint never repeats what stands at the place: it could be a secret.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urldefrag, urlencode

from kandykit.errors import UsageError
from kandykit.exchange import Headers

NEVER_SENT: Final = ("disk", "memory", "prefetched", "push")
"""What browsers say in ``_fromCache`` of answers that no server gave."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One call as it was recorded, secrets and all: it must not be shown.

    ``started`` is in seconds of the wall clock, ``fine`` the resolution of that clock, ``seconds`` how long the call
    took. ``status`` is 0 where no answer came, and ``failure`` then says how the call ended, if the file does.
    ``answer_body`` is None where an answer had a body that was not recorded. ``own`` are the members that this kit adds
    to what it writes itself.
    """

    place: str
    started: float
    at: str
    fine: float
    seconds: float
    method: str
    url: str
    headers: Headers
    body: str
    status: int
    answer_headers: Headers = ()
    answer_body: str | None = ""
    length: int = 0
    failure: str = ""
    own: Mapping[str, Any] = field(default_factory=dict)


def read_archive(path: Path) -> tuple[list[Entry], int]:
    """The entries of a HAR file in the order of their beginnings, and how many were answered from a cache.

    Raises `UsageError` naming file, place and remedy.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is no UTF-8 text, so it is no HAR file.") from error
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{path}, {where}: is no JSON: {error.msg}. Export the file again.") from None
    except RecursionError:
        raise UsageError(f"{path}: is nested too deeply to be a HAR file.") from None
    entries = _Reading(path).entries(value)
    sent = [entry for entry in entries if entry is not None]
    return sorted(sent, key=lambda entry: entry.started), len(entries) - len(sent)


class _Reading:
    """Reads one file; ``place`` is where it is just now."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = "log"

    def entries(self, value: Any) -> list[Entry | None]:
        log = value.get("log") if isinstance(value, dict) else None
        if not isinstance(log, dict):
            self._refuse("is missing or no object; a HAR file is one object with the member log")
        found = log.get("entries")
        self.place = "log.entries"
        if not isinstance(found, list):
            self._refuse("is missing or no list")
        made = []
        for number, entry in enumerate(found):
            self.place = f"log.entries[{number}]"
            made.append(self._entry(entry))
        return made

    def _entry(self, entry: Any) -> Entry | None:
        here = self.place
        if not isinstance(entry, dict):
            self._refuse("is no object")
        request, response = (self._object(entry, name) for name in ("request", "response"))
        if entry.get("_fromCache") in NEVER_SENT:
            return None
        at = self._text(entry, "startedDateTime")
        started, fine = self._moment(at)
        self.place = f"{here}.request"
        method, url = self._text(request, "method"), urldefrag(self._text(request, "url")).url
        headers, body = self._headers(request), self._sent(request)
        mime = (request.get("postData") or {}).get("mimeType")
        if body and isinstance(mime, str) and mime and not any(name.lower() == "content-type" for name, _ in headers):
            headers = (*headers, ("content-type", mime))
        self.place = f"{here}.response"
        status = response.get("status")
        if not isinstance(status, int) or isinstance(status, bool) or not 0 <= status <= 999:
            self._refuse("status is no number of three digits, nor 0 for none")
        answer_headers = self._headers(response)
        answer_body, length = self._came(response, method, status, answer_headers)
        self.place = here
        own = {name: item for name, item in entry.items() if name.startswith("_")}
        return Entry(
            here,
            started,
            at,
            fine,
            self._seconds(entry),
            method.upper(),
            url,
            headers,
            body,
            status,
            answer_headers,
            answer_body,
            length,
            _failure(entry, response),
            own,
        )

    # -- members ------------------------------------------------------------------------------------------------

    def _object(self, parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        value = parent.get(name)
        if not isinstance(value, dict):
            self._refuse(f"{name} is missing or no object")
        return value

    def _text(self, parent: Mapping[str, Any], name: str) -> str:
        value = parent.get(name)
        if not isinstance(value, str) or not value:
            self._refuse(f"{name} is missing or no text")
        return value

    def _moment(self, text: str) -> tuple[float, float]:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self._refuse("startedDateTime is no date and time such as 2026-01-31T12:00:00.000Z")
        if moment.tzinfo is None:
            self._refuse("startedDateTime has no time zone, so calls cannot be put in order; add Z or an offset")
        digits = len(text.partition(".")[2].rstrip("Zz").partition("+")[0].partition("-")[0])
        return moment.timestamp(), 10.0 ** -min(digits, 6)

    def _seconds(self, entry: Mapping[str, Any]) -> float:
        time = entry.get("time", 0)
        if isinstance(time, bool) or not isinstance(time, int | float) or time != time or time > 1e12:
            self._refuse("time is no number of milliseconds")
        return max(float(time), 0.0) / 1000

    def _headers(self, message: Mapping[str, Any]) -> Headers:
        found = message.get("headers", [])
        if not isinstance(found, list):
            self._refuse("headers is no list")
        made = []
        for header in found:
            name, value = (header.get("name"), header.get("value")) if isinstance(header, dict) else (None, None)
            if not isinstance(name, str) or not isinstance(value, str):
                self._refuse("headers holds something without a name and a value")
            if not name.startswith(":"):  # HTTP/2 and 3 have their method and path among the headers
                made.append((name, value))
        return tuple(made)

    def _sent(self, request: Mapping[str, Any]) -> str:
        data = request.get("postData")
        if data is None:
            return ""
        if not isinstance(data, dict):
            self._refuse("postData is no object")
        text = data.get("text")
        if isinstance(text, str) and text:
            return self._decoded(text, data.get("encoding") or data.get("_encoding"))
        params = data.get("params")
        if not isinstance(params, list) or not params:
            return ""
        pairs = [(each.get("name"), each.get("value", "")) for each in params if isinstance(each, dict)]
        return urlencode([(str(name), str(value)) for name, value in pairs])

    def _came(self, response: Mapping[str, Any], method: str, status: int, headers: Headers) -> tuple[str | None, int]:
        content = response.get("content", {})
        if not isinstance(content, dict):
            self._refuse("content is no object")
        text = content.get("text")
        size = content.get("size", 0)
        size = size if isinstance(size, int) and not isinstance(size, bool) else 0
        if isinstance(text, str) and text:
            body = self._decoded(text, content.get("encoding"))
            octets = len(body.encode("utf-8", "surrogateescape"))
            return body, size if size > 0 else octets
        declared = next((value for name, value in headers if name.lower() == "content-length"), "0")
        empty = status in (0, 204, 304) or method == "HEAD" or (size <= 0 and declared.strip() in ("", "0"))
        return ("" if empty else None), max(size, 0)

    def _decoded(self, text: str, encoding: Any) -> str:
        if encoding in (None, ""):
            # JSON may hold half of a pair of surrogates: no text that UTF-8 has.
            return text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
        if encoding != "base64":
            self._refuse("the encoding of a body is neither base64 nor none")
        try:
            return base64.b64decode(text, validate=True).decode("utf-8", "surrogateescape")
        except (binascii.Error, ValueError):
            self._refuse("a body is said to be in base64 and is not")

    def _refuse(self, what: str) -> NoReturn:
        raise UsageError(f"{self.path}, {self.place}: {what}.")


def is_conditional(entry: Entry) -> bool:
    """Whether a call asked for what is new only, as browsers do by themselves: the contract knows no such calls."""
    return any(name.lower() in ("if-none-match", "if-modified-since") for name, _ in entry.headers)


def _failure(entry: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    said = entry.get("_error") or response.get("_error") or ""
    return said if isinstance(said, str) else ""
