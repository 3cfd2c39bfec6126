"""The sweep: what runs that came to no good end left behind is removed later, from their journals alone.

A run writes each call down before it sends it, so whatever killed it, its journal names everything that may be left:
own subscribers, orders that were done, and calls whose answer nobody saw. The sweep feeds the journals of one account
to one ledger, in the order in which they were made, looks at the account, and removes what is proved to be ours.
It writes a journal of its own before it sends anything, so a sweep that dies is swept like a run.

Beside each journal that was swept lies ``swept.json``: when, by which sweep, and what could not be removed.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kandykit import __version__
from kandykit.binding import Binding
from kandykit.calls import Call, Reply
from kandykit.cleanup import restore
from kandykit.client import Client
from kandykit.errors import JournalError, KandykitError, ProfileError, UsageError
from kandykit.exchange import Exchange
from kandykit.guard import Guard
from kandykit.journal import Journal, Recording, in_use, read_journal
from kandykit.ledger import Ledger
from kandykit.profile import Profile, profile_from_tables
from kandykit.redaction import Redactor

SWEPT: Final = "swept.json"
"""The mark beside a journal that was swept."""

DYING_S: Final = 3.0
"""A run that was just killed may hold its journal for this long yet."""

_TAIL: Final = 2**16
"""The record of a run's end stands in the last so many octets of its journal."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A journal whose run left something behind, or may have."""

    path: Path
    recording: Recording

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self.recording.header.get("run", self.path.parent.name))

    @property
    def whose(self) -> tuple[str, ...]:
        """The target and the accounts, as far as they tell one account from another."""
        return _whose(self.recording.header["profile"])

    @property
    def target(self) -> str:
        """The target's name, for people."""
        target = self.recording.header["profile"]["target"]
        return f"{target.get('name') or 'a target'} at {target['base_url']}"


@dataclass(slots=True)
class Swept:
    """What a sweep came to: what it did, what is left, and which journals it could not use, a sentence each."""

    done: list[str] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status: 0 all is clean, 5 something is left, 2 there was a journal that could not be swept."""
        if self.residue:
            return 5
        return 2 if self.complaints or (self.foreign and not self.done) else 0


def sweep(
    out: Path,
    profile: Profile | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Swept:
    """Sweep all runs below ``out`` that are unfinished or left something, and were not swept clean since.

    Without a profile each account is reached as its journal says it was. Journals of other targets than the profile's
    are named and left alone, and so is that of a run that is still going on. Raises `UsageError` where ``out`` is no
    folder.
    """
    if not out.is_dir():
        raise UsageError(f"{out} is no folder with runs in it; name the one with --out.")
    swept = Swept()
    groups: dict[tuple[str, ...], list[Unfinished]] = {}
    for path in sorted(out.glob("*/journal.jsonl")):
        if path.parent.is_symlink() or _needs_nothing(path):
            continue
        if _still_going(path, clock, sleep):
            swept.complaints.append(f"{path}: its run is still going on; sweep again when it has ended.")
            continue
        try:
            found = Unfinished(path, _readable(path))
        except JournalError as error:
            swept.complaints.append(str(error))
            continue
        groups.setdefault(found.whose, []).append(found)
    for whose, journals in groups.items():
        if profile is not None and whose != _whose(profile.redacted()):
            swept.foreign += [
                f"{journal.path} belongs to {journal.target}, not to this profile; it was left alone."
                for journal in journals
            ]
            continue
        journals.sort(key=lambda journal: str(journal.recording.header.get("started", "")))
        try:
            reached = profile or _profile_of(journals[-1])
        except ProfileError as error:
            if journals[-1].recording.header["profile"]["target"].get("name") == EMBEDDED:
                _mark(journals, "", ["the embedded mock is gone, and all that was on it"], clean=True)
                swept.done.append(f"{journals[-1].run}: its embedded mock is gone, and all that was on it.")
                continue
            swept.complaints.append(f"{journals[-1].path}: {error}; or name the profile with --profile.")
            continue
        try:
            _Sweeping(out, reached, journals, sleep).sweep(swept)
        except JournalError as error:
            swept.complaints.append(str(error))
    return swept


EMBEDDED: Final = "embedded mock"
"""The name of the target of a run that was told of none."""


def _understand(binding: Binding, journal: Unfinished) -> None:
    """Take over what the run found out about the inventory's one number."""
    for reading in journal.recording.readings:
        if reading.name == "inventory_number":
            binding.understand(str(reading.value))


class _Sweeping:
    """Sweeps all journals of one target and its accounts."""

    def __init__(
        self, out: Path, profile: Profile, journals: Sequence[Unfinished], sleep: Callable[[float], None]
    ) -> None:
        self.profile = profile
        self.journals = journals
        self.sleep = sleep
        self.mark = secrets.token_hex(4)
        self.started = datetime.now(UTC)
        self.id = f"{self.started:%Y%m%d-%H%M%S}-{self.mark}-sweep"
        self.folder = out / self.id
        header = journals[-1].recording.header
        self.names = [f"account-{number}" for number, _ in enumerate(profile.accounts, 1)]
        self.binding = Binding(profile.target.base_url, profile.target.token_url, header.get("binding", {}))
        _understand(self.binding, journals[-1])

    def sweep(self, swept: Swept) -> None:
        """Remove what is ours, and say what was done and what is left."""
        ledger = self._books()
        if all(ledger.account(name).untouched for name in self.names):
            swept.done += [f"{journal.run}: nothing was left." for journal in self.journals]
            _mark(self.journals, self.id, [], clean=True)
            return
        residue = self._clean(ledger)
        _mark(self.journals, self.id, residue, clean=not residue)
        if not residue:
            self.folder.joinpath(SWEPT).write_text(_note(self.id, []), encoding="utf-8")
        runs = ", ".join(journal.run for journal in self.journals)
        swept.residue += residue
        swept.done.append(f"{runs}: {'not all of it could be removed' if residue else 'swept'}.")

    def _books(self) -> Ledger:
        ledger = Ledger("", aged=True, shared=bool(self.profile.readings.shared_account))
        for journal in self.journals:
            known = Binding(
                self.profile.target.base_url,
                self.profile.target.token_url,
                journal.recording.header.get("binding", {}),
            )
            _understand(known, journal)

            def read(exchange: Exchange, binding: Binding = known) -> tuple[Call, Reply]:
                request = exchange.request
                call = binding.call_of(request.method, request.url, request.headers, request.body)
                return call, binding.reply_of(call, exchange.answer, exchange.failure)

            try:
                ledger.replay(journal.recording.exchanges, read, run=journal.run)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise JournalError(f"{journal.path}: a call in it cannot be read ({error}).") from error
        return ledger

    def _clean(self, ledger: Ledger) -> list[str]:
        profile = self.profile
        self.folder.mkdir(parents=True, exist_ok=True)
        spelling = self.binding.spelling
        redactor = Redactor(
            members=[spelling["subscriber.password"].rpartition("/")[2]],
            identities=[
                spelling["subscriber.identity"].rpartition("/")[2],
                spelling["subscriber.product"].rpartition("/")[2],
            ],
            plain=self.binding.plain_members,
            public=self.binding.public_words,
        )
        guard = Guard.of(self._with_room(profile), ledger, self.mark, yes=True)
        ledger.settle_s = max([ledger.settle_s, *(_lag(journal.recording) for journal in self.journals)])
        ledger.late_s = 0.0
        fulfilment_s = profile.readings.fulfilment_s
        with Journal(self.folder / "journal.jsonl", fsync=not profile.is_loopback) as journal:
            journal.run(
                kit=__version__,
                run=self.id,
                mark=self.mark,
                profile=profile.redacted(),
                profile_digest=profile.digest,
                binding=self.binding.spelled_otherwise,
                accounts=self.names,
                seed=0,
                depth="sweep",
                started=self.started.isoformat(timespec="milliseconds"),
                sweeps=[found.run for found in self.journals],
            )
            with Client(profile, self.binding, guard, journal, redactor) as client:
                try:
                    residue = restore(
                        client,
                        ledger,
                        self.binding,
                        fulfilment_s=30.0 if fulfilment_s is None else fulfilment_s,
                        sleep=self.sleep,
                    )
                except KandykitError as error:
                    residue = [f"the sweep ended early: {error}"]
            journal.mark("end", residue=residue)
        return residue

    def _with_room(self, profile: Profile) -> Profile:
        """The largest budget that any of the runs had: what it let them order must be given back under it."""
        peaks = [int(journal.recording.header["profile"]["budget"]["peak_products"]) for journal in self.journals]
        peak = max([profile.budget.peak_products, *peaks])
        return profile.model_copy(update={"budget": profile.budget.model_copy(update={"peak_products": peak})})


# -- which journals -----------------------------------------------------------------------------------------------


def _needs_nothing(path: Path) -> bool:
    """Whether a run came to its end and left nothing, or was swept clean since, or never sent a call."""
    mark = path.with_name(SWEPT)
    try:
        if mark.exists() and json.loads(mark.read_text(encoding="utf-8")).get("clean") is True:
            return True
    except (OSError, ValueError, AttributeError):
        pass  # a mark that cannot be read marks nothing
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - _TAIL, 0))
            lines = file.read().split(b"\n")
    except OSError:
        return False
    if size == 0 or (size < _TAIL and len(lines) == 1):
        return True  # not even its first record was written, and nothing leaves before that
    for line in reversed(lines[:-1]):
        if line.startswith(b'{"kind":"mark","mark":"end"'):
            try:
                return bool(json.loads(line)["data"].get("residue") == [])
            except (ValueError, KeyError, AttributeError):
                return False
    return False


def _still_going(path: Path, clock: Callable[[], float], sleep: Callable[[float], None]) -> bool:
    until = clock() + DYING_S
    while in_use(path):
        if clock() >= until:
            return True
        sleep(0.05)
    return False


def _readable(path: Path) -> Recording:
    recording = read_journal(path)
    try:
        _whose(recording.header["profile"])
        int(recording.header["profile"]["budget"]["peak_products"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JournalError(f"{path}, line 1: the record of the run does not say whose account it was.") from error
    return recording


def _whose(profile: Mapping[str, Any]) -> tuple[str, ...]:
    target = profile["target"]
    return (target["base_url"], target["token_url"], *(account["client_id"] for account in profile["accounts"]))


def _profile_of(journal: Unfinished) -> Profile:
    """The profile that a journal's first record holds; secrets are looked up where they were found then."""
    shown = journal.recording.header["profile"]
    budget = {name: value for name, value in shown["budget"].items() if value != "unlimited"}
    accounts = [
        {"client_id": account["client_id"], "client_secret": str(account["client_secret"]).strip("<>")}
        for account in shown["accounts"]
    ]
    readings = {name: value for name, value in shown["readings"].items() if value not in (None, [], {}, "")}
    target = {name: shown["target"][name] for name in ("name", "base_url", "token_url")}
    return profile_from_tables(
        {
            "target": target,
            "accounts": accounts,
            "readings": readings,
            "budget": budget,
            "binding": dict(journal.recording.header.get("binding", {})),
        }
    )


def _lag(recording: Recording) -> float:
    """How far reads were found to lag behind, in seconds."""
    found = [reading.value for reading in recording.readings if reading.name == "settle_s"]
    return float(found[-1]) if found and isinstance(found[-1], int | float) else 0.0


# -- marks --------------------------------------------------------------------------------------------------------


def _mark(journals: Sequence[Unfinished], sweep_id: str, residue: Sequence[str], *, clean: bool) -> None:
    for journal in journals:
        part = journal.path.with_name(SWEPT + ".part")
        part.write_text(_note(sweep_id, residue, clean=clean), encoding="utf-8")
        part.replace(journal.path.with_name(SWEPT))


def _note(sweep_id: str, residue: Sequence[str], *, clean: bool = True) -> str:
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"swept": at, "sweep": sweep_id, "clean": clean, "residue": list(residue)}, indent=1) + "\n"
