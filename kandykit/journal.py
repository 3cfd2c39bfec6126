"""The journal: every call as it was intended and as it was answered, one JSON object a line.

The first line says what run this is; readings, intents, outcomes and marks follow as they happen. An intent is on its
way to the disk before its call leaves, so whatever kills the run, the journal knows of each call that may have acted:

    {"kind":"run","version":2,...}                      kit, target, profile, binding, seed, depth
    {"kind":"reading","name":"fulfilment","value":...}  what was found out about the target
    {"kind":"intent","seq":1,...}                       a call is about to leave
    {"kind":"outcome","seq":1,...}                      what came of it
    {"kind":"mark","mark":"play",...}                   what belongs together, and why it was sent

Nothing here redacts: what is written was redacted before. The format is described for its readers in `docs/journal.md`,
and what each mark means to a judge in `kandykit.hearing`.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from math import inf, isfinite
from pathlib import Path
from typing import Any, Final

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from kandykit.errors import JournalError
from kandykit.exchange import FAILURES, Answer, Credential, Exchange, Headers, Intent, Request

VERSION: Final = 2
"""The version of the format that this kit writes."""

READS: Final = (1, 2)
"""The versions that it reads; journals of version 1 have no marks that tell what belonged together."""


class Journal:
    """An append-only journal, open for writing; thread-safe.

    Each record is handed to the operating system at once, so it survives the death of this process. With ``fsync``
    the disk itself is waited for before a call that may change something: so it survives a power failure too, at
    some milliseconds a call. Raises `JournalError` when the file exists already or cannot be written.
    """

    def __init__(self, path: Path, fsync: bool = False) -> None:
        self.path = path
        self._fsync = fsync
        self._lock = threading.Lock()
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            if fsync:
                _sync_folder(path.parent)
        except OSError as error:
            raise JournalError(f"{path}: the journal cannot be opened for writing: {error.strerror}.") from error
        _claim(self._file)

    def run(self, **header: Any) -> None:
        """Write the first record: what run this is. Every value must be JSON, and redacted."""
        self._write(_line({"kind": "run", "version": VERSION, **header}))

    def reading(self, name: str, value: Any, **more: Any) -> None:
        """Record what was found out, or declared, about the target."""
        self._write(_line({"kind": "reading", "name": name, "value": value, **more}))

    def mark(self, kind: str, **data: Any) -> None:
        """Record anything else: that a play begins, which calls left together, that the run is at its end."""
        self._write(_line({"kind": "mark", "mark": kind, "data": data}))

    def intend(self, seq: int, intent: Intent, request: Request, started: float, at: str, *, writes: bool) -> None:
        """Record that a call is about to leave; on return it is safe to let it.

        ``started`` is a time not after its first octet, ``at`` the wall clock then, ``writes`` whether the call may
        change something on the target.
        """
        self._write(
            f'{{"kind":"intent","seq":{seq},"at":"{at}","started":{started!r}{_intent(intent)}'
            f',"method":{quoted(request.method)},"url":{quoted(request.url)},"headers":{_headers(request.headers)}'
            f',"body":{quoted(request.body)}}}\n'.encode(),
            sync=writes and self._fsync,
        )

    def conclude(self, exchange: Exchange) -> None:
        """Record what came of a call that was intended."""
        answer = exchange.answer
        came = (
            ""
            if answer is None
            else f',"status":{answer.status},"length":{answer.length},"headers":{_pairs(answer.headers)}'
            f',"body":{quoted(answer.body)}'
        )
        failed = f',"failure":"{exchange.failure}"' if exchange.failure else ""
        self._write(
            f'{{"kind":"outcome","seq":{exchange.seq},"started":{exchange.started!r},"ended":{exchange.ended!r}'
            f"{failed}{came}}}\n".encode()
        )

    def close(self) -> None:
        """Let the file go; closing twice does no harm."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, line: bytes, sync: bool = False) -> None:
        try:
            with self._lock:
                written = os.write(self._file, line)
                while written < len(line):
                    written += os.write(self._file, line[written:])
                if sync:
                    os.fsync(self._file)
        except OSError as error:
            raise JournalError(f"{self.path}: the journal cannot be written: {error.strerror}.") from error


def in_use(path: Path) -> bool:
    """Whether the run that writes a journal is still going on; False where an operating system cannot tell."""
    if fcntl is None:
        return False
    with path.open("rb") as file:
        return not _claim(file.fileno())


def _claim(file: int) -> bool:
    """Hold a journal as long as it is open, so that nobody takes its run for dead; False where another holds it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """A new file survives a power failure only when its folder has been written too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@lru_cache(maxsize=256)
def _intent(intent: Intent) -> str:
    probe = f',"probe":{quoted(intent.probe)}' if intent.probe else ""
    return (
        f',"suite":{quoted(intent.suite)},"test":{quoted(intent.test)},"account":{quoted(intent.account)}'
        f',"credential":"{intent.credential.value}"{probe}'
    )


def _pairs(headers: Headers) -> str:
    return "[" + ",".join([f"[{quoted(name)},{quoted(value)}]" for name, value in headers]) + "]"


_headers = lru_cache(maxsize=256)(_pairs)
"""Requests send the same headers again and again; answers do not."""


def _line(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, separators=(",", ":")) + "\n").encode()


# -- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found out, or declared, about the target."""

    name: str
    value: Any
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """A free record; ``after`` is the sequence number of the last call intended before it, 0 before any."""

    kind: str
    data: Mapping[str, Any]
    after: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A journal as it was read; ``exchanges`` stand in the order in which the calls were intended.

    ``unanswered`` are the sequence numbers of calls whose outcome the journal never learnt, because the run was
    killed: their exchanges have the failure ``timeout``, no answer, and no end (infinity), for they may act at any
    time. ``truncated`` tells that the last line was cut off. ``story`` holds exchanges, marks and readings in the order
    in which the run came to know of them: an exchange stands where its outcome does, the unanswered ones at the end.
    """

    header: Mapping[str, Any]
    readings: tuple[Reading, ...]
    exchanges: tuple[Exchange, ...]
    marks: tuple[Mark, ...]
    unanswered: tuple[int, ...] = ()
    truncated: bool = False
    story: tuple[Exchange | Mark | Reading, ...] = ()
    version: int = VERSION


def read_journal(path: Path) -> Recording:
    """Read a journal; whatever killed its run, all that was written before counts.

    A last line without its end is left out. Anything else that is no journal raises `JournalError`, naming file and
    line.
    """
    reader = _Reader(path)
    truncated = False
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n") or _is_json(line):
                    reader.take(number, line)
                else:
                    truncated = True
    except OSError as error:
        raise JournalError(f"{path}: the journal cannot be read: {error.strerror}.") from error
    return reader.recording(truncated)


class _Reader:
    """Puts the records of one journal together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        self.header: dict[str, Any] | None = None
        self.readings: list[Reading] = []
        self.marks: list[Mark] = []
        self.exchanges: dict[int, Exchange] = {}
        self.open: set[int] = set()
        self.last = 0
        self.version = VERSION
        self.story: list[Exchange | Mark | Reading] = []
        self._take: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "run": self._run,
            "reading": self._reading,
            "mark": self._mark,
            "intent": self._intent,
            "outcome": self._outcome,
        }

    def take(self, number: int, line: bytes) -> None:
        self.line = number
        try:
            record = json.loads(line)
            kind = record.pop("kind")
            if self.header is None and kind != "run":
                raise self.wrong("it does not begin with the record of a run")
            if kind not in self._take:
                raise self.wrong(f"{kind!r} is no kind of record that this kit knows")
            self._take[kind](record)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise self.wrong(f"this is no record of a journal ({what})") from error

    def wrong(self, what: str) -> JournalError:
        return JournalError(f"{self.path}, line {self.line}: {what}.")

    def recording(self, truncated: bool) -> Recording:
        self.line += 1
        if self.header is None:
            raise self.wrong("the journal is empty")
        return Recording(
            self.header,
            tuple(self.readings),
            tuple(self.exchanges.values()),
            tuple(self.marks),
            tuple(sorted(self.open)),
            truncated,
            (*self.story, *(self.exchanges[seq] for seq in sorted(self.open))),
            self.version,
        )

    def _run(self, record: dict[str, Any]) -> None:
        version = record.pop("version")
        if version not in READS or isinstance(version, bool):
            known = " and ".join(map(str, READS))
            raise self.wrong(f"the journal has version {version}, this kit reads versions {known}")
        self.version = version
        if self.header is not None:
            raise self.wrong("a second run begins in the same journal")
        self.header = record

    def _reading(self, record: dict[str, Any]) -> None:
        self.readings.append(Reading(record.pop("name"), record.pop("value"), record))
        self.story.append(self.readings[-1])

    def _mark(self, record: dict[str, Any]) -> None:
        data = record["data"]
        if not isinstance(data, dict):
            raise TypeError("data is no object")
        self.marks.append(Mark(str(record["mark"]), data, self.last))
        self.story.append(self.marks[-1])

    def _intent(self, record: dict[str, Any]) -> None:
        seq = int(record["seq"])
        if seq in self.exchanges:
            raise self.wrong(f"call {seq} is intended twice")
        intent = Intent(
            record["suite"],
            record["test"],
            record["account"],
            Credential(record["credential"]),
            record.get("probe", ""),
        )
        request = Request(record["method"], record["url"], _headers_of(record["headers"]), record["body"])
        self.exchanges[seq] = Exchange(
            seq, intent, request, None, _moment(record["started"]), inf, record["at"], "timeout"
        )
        self.open.add(seq)
        self.last = seq

    def _outcome(self, record: dict[str, Any]) -> None:
        seq = int(record["seq"])
        if seq not in self.open:
            raise self.wrong(f"call {seq} has an outcome, but was not intended or has one already")
        self.open.discard(seq)
        meant = self.exchanges[seq]
        failure = record.get("failure", "")
        if failure and failure not in FAILURES:
            raise self.wrong(f"{failure!r} is no way in which a call can fail")
        answer = None
        if "status" in record:
            answer = Answer(
                int(record["status"]), _headers_of(record["headers"]), str(record["body"]), int(record["length"])
            )
        self.exchanges[seq] = Exchange(
            seq,
            meant.intent,
            meant.request,
            answer,
            _moment(record["started"]),
            _moment(record["ended"]),
            meant.at,
            failure,
        )
        self.story.append(self.exchanges[seq])


def _moment(value: Any) -> float:
    moment = float(value)
    if not isfinite(moment):
        raise ValueError(f"{value} is no moment")
    return moment


def _is_json(line: bytes) -> bool:
    """Whether a last line without its end is whole all the same."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _headers_of(pairs: Iterable[Iterable[str]]) -> Headers:
    return tuple([(str(name), str(value)) for name, value in pairs])
