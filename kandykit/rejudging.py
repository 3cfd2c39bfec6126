"""Judging again: a journal, or anybody's recorded traffic, through today's rules. Nothing is sent.

A journal is heard as its run was heard (`kandykit.hearing`): exchange by exchange and mark by mark. So the same kit
says the same, another kit says what its own rules say, and an exchange that was changed changes the judgement.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from kandykit.agreement import terms_of
from kandykit.binding import DEFAULTS, Binding
from kandykit.binding.pointer import leaf
from kandykit.errors import JournalError, KandykitError, UsageError
from kandykit.exchange import Exchange
from kandykit.hearing import Hearing
from kandykit.hearing.summing_up import facts_of, judgement_of
from kandykit.journal import Mark, Reading, Recording, read_journal
from kandykit.judgement import Judgement
from kandykit.openapi import Document, load_document
from kandykit.profile import Budget, Profile, Readings, Target
from kandykit.redaction import Redactor
from kandykit.report.statement import RunFacts, build_statement
from kandykit.report.waivers import Waiver
from kandykit.requirements import registry
from kandykit.spelled import document_of
from kandykit.traffic.addresses import addresses_of, is_of
from kandykit.traffic.archive import is_conditional, read_archive
from kandykit.traffic.recorded import recorded
from kandykit.traffic.unmarked import Unmarked, say_what_is_open

SEARCH_S: Final = 20.0
"""So long an explanation of calls that overlapped is looked for, in seconds: longer than a run has time for."""


@dataclass(slots=True)
class Rejudged:
    """What judging again came to: the same things that a run has in the end, for the same reports."""

    judgement: Judgement
    facts: RunFacts
    binding: Binding
    exchanges: Sequence[Exchange]
    hearing: Hearing

    def statement(self) -> dict[str, Any]:
        """The record, in the shape that the interface fixes; what was waived then is waived still."""
        return build_statement(self.judgement, self.facts, registry())


def rejudge(path: Path, profile: Profile | None = None) -> dict[str, Any]:
    """The statement that a journal's exchanges deserve, by the rules of this kit.

    ``profile`` declares the readings anew; absent, those count that the run was made with. Raises `JournalError` where
    the file is no journal, `UsageError` where it cannot be judged.
    """
    return rejudge_journal(path, profile).statement()


def rejudge_journal(path: Path, profile: Profile | None = None) -> Rejudged:
    """Hear a journal again; see `rejudge`."""
    recording = read_journal(path)
    header = _header(path, recording.header)
    return hear(path, recording, header, profile)


def hear(path: Path, recording: Recording, header: Mapping[str, Any], profile: Profile | None) -> Rejudged:
    """Hear a journal that was read."""
    declared = profile or _declared(path, header)
    if profile is not None:
        shown = profile.redacted()
        own = header["profile"]["target"]
        shown["target"] = {**shown["target"], "base_url": own["base_url"], "token_url": own["token_url"]}
        binding_of = dict(profile.binding)
        header = {**header, "profile": shown, "profile_digest": profile.digest, "binding": binding_of}
    target = header["profile"]["target"]
    binding = Binding(target["base_url"], target["token_url"], header["binding"])
    document = _document(path, recording, profile or declared, binding)
    terms = terms_of(declared, document, vendors=profile.target.openapi is not None if profile else _vendors(recording))
    terms = replace(terms, base_url=target["base_url"], token_url=target["token_url"])
    hearing = Hearing(terms, binding, header["accounts"], deadline=deadline(SEARCH_S))
    for item in recording.story:
        try:
            _hear(hearing, binding, item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"the mark {item.kind!r} cannot be heard" if isinstance(item, Mark) else "an exchange cannot be read"
            raise JournalError(f"{path}: {what} ({type(error).__name__}: {error}).") from error
    hearing.finish()
    facts = facts_of(header, hearing, document)
    facts = replace(facts, waivers=_waivers(path, hearing))
    if recording.truncated and not facts.incomplete:
        facts = replace(facts, incomplete="the journal's last line was cut off")
    return Rejudged(judgement_of(hearing), facts, binding, recording.exchanges, hearing)


def _hear(hearing: Hearing, binding: Binding, item: Exchange | Mark | Reading) -> None:
    if isinstance(item, Mark):
        hearing.take(item.kind, item.data)
    elif isinstance(item, Reading):
        hearing.readings[item.name] = item.value
        if item.name == "inventory_number":
            binding.understand(str(item.value))
    else:
        request = item.request
        call = binding.call_of(request.method, request.url, request.headers, request.body)
        hearing.see(item, call, binding.reply_of(call, item.answer, item.failure))


def _waivers(path: Path, hearing: Hearing) -> list[Waiver]:
    held = (hearing.end or {}).get("waivers", ())
    try:
        return [Waiver(**{**each, "expires": date.fromisoformat(each["expires"])}) for each in held]
    except (TypeError, KeyError, ValueError) as error:
        raise JournalError(f"{path}: the waivers that the run was made with cannot be read ({error}).") from error


# -- what the run was made with -----------------------------------------------------------------------------------

_HEADER: Final = ("run", "profile", "binding", "accounts", "seed", "depth", "started")


def _header(path: Path, header: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first record, once it is sure to say what judging needs."""
    missing = [name for name in _HEADER if name not in header]
    if missing:
        raise JournalError(f"{path}, line 1: the record of the run lacks {missing[0]}.")
    try:
        target = header["profile"]["target"]
        wrong = not all(isinstance(target[name], str) for name in ("base_url", "token_url"))
        wrong = wrong or not isinstance(header["profile"]["budget"]["peak_products"], int)
        wrong = wrong or not header["accounts"] or not all(isinstance(name, str) for name in header["accounts"])
        wrong = wrong or not isinstance(header["binding"], dict)
    except (KeyError, TypeError) as error:
        raise JournalError(f"{path}, line 1: the record of the run holds no profile that can be read.") from error
    if wrong:
        raise JournalError(f"{path}, line 1: the record of the run holds no profile that can be read.")
    unknown = sorted(set(header["binding"]) - set(DEFAULTS))
    if unknown:
        raise JournalError(f"{path}, line 1: {unknown[0]} is no key of the binding.")
    return header


def _declared(path: Path, header: Mapping[str, Any]) -> Profile:
    """The profile as far as the record holds it: who the accounts are is not in it."""
    shown = header["profile"]
    try:
        return Profile.model_construct(
            target=Target.model_construct(**{**shown["target"], "openapi": None}),
            accounts=(),
            readings=Readings.model_validate(shown.get("readings", {})),
            budget=Budget.model_construct(**shown["budget"]),
            binding=header["binding"],
        )
    except (ValidationError, TypeError) as error:
        raise JournalError(f"{path}, line 1: the record of the run holds no readings that can be used.") from error


def _vendors(recording: Recording) -> bool:
    return any(mark.kind == "document" for mark in recording.marks)


def _document(path: Path, recording: Recording, profile: Profile, binding: Binding) -> Document:
    """The OpenAPI document to judge by: the given profile's, the one that the journal holds, or the shipped one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        held = next((mark for mark in recording.marks if mark.kind == "document"), None)
        if profile.target.openapi is not None or held is None:
            return document_of(profile, binding, folder)
        copy = folder / (Path(str(held.data.get("name", ""))).name or "document.yaml")
        copy.write_text(str(held.data.get("text", "")), encoding="utf-8", errors="surrogateescape")
        try:
            return load_document(copy)
        except KandykitError as error:
            raise UsageError(f"{path}: its OpenAPI document cannot be used: {error}") from error


def deadline(seconds: float) -> Callable[[], Callable[[], bool]]:
    """Gives, for each question, what tells that whoever asked has worked on it for ``seconds``.

    A busy machine gives less work in the same time, so it is the thread's own time that counts.
    """

    def begin() -> Callable[[], bool]:
        until = time.thread_time() + seconds
        return lambda: time.thread_time() > until

    return begin


# -- anybody's traffic --------------------------------------------------------------------------------------------


def rejudge_file(path: Path, profile: Profile | None = None) -> Rejudged:
    """Judge a file again, whichever kind of record it is: a journal, or a HAR file.

    Raises `JournalError` or `UsageError`, naming the place, where it is neither or cannot be judged.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from error
    if not start.startswith(b"{"):
        raise UsageError(f"{path}: is neither a journal (journal.jsonl of a run) nor a HAR file.")
    is_journal = start.startswith(b'{"kind":') or b'"kind"' in start.split(b"\n")[0]
    return rejudge_journal(path, profile) if is_journal else rejudge_har(path, profile)


def rejudge_har(path: Path, profile: Profile | None = None) -> Rejudged:
    """Judge a HAR file, as far as what it holds carries; see `rejudge_file`."""
    entries, cached = read_archive(path)
    if profile is not None:
        base_url, token_url = profile.target.base_url, profile.target.token_url
    else:
        base_url, token_url = addresses_of(path, entries)
    declared = profile or Profile.model_construct(
        target=Target.model_construct(name=urlsplit(base_url).netloc, base_url=base_url, token_url=token_url),
        accounts=(),
        readings=Readings(),
        budget=Budget(),
        binding={},
    )
    binding = Binding(base_url, token_url, declared.binding)
    ours = [entry for entry in entries if is_of(entry, base_url, token_url) and not is_conditional(entry)]
    if not any(not entry.url.startswith(token_url.partition("?")[0]) for entry in ours):
        raise UsageError(
            f"{path}: none of its {len(entries)} calls is one to {base_url}. "
            "Give --profile FILE, a profile whose target.base_url is the one that was called."
        )
    with tempfile.TemporaryDirectory() as folder:
        document = document_of(declared, binding, Path(folder))
    spelling = binding.spelling
    redactor = Redactor(
        members=[leaf(spelling["subscriber.password"])],
        identities=[leaf(spelling["subscriber.identity"]), leaf(spelling["subscriber.product"])],
        plain=binding.plain_members,
        public=binding.public_words,
    )
    traffic = recorded(ours, binding, redactor)
    terms = terms_of(declared, document, vendors=declared.target.openapi is not None)
    if traffic.ambiguous:
        terms = replace(terms, shared=True)
    hearing = Hearing(terms, binding, traffic.accounts, deadline=deadline(SEARCH_S))
    readings = declared.readings
    unmarked = Unmarked(hearing, binding, alone=readings.shared_account is False, prompt=readings.settle_s is not None)
    unmarked.hear(traffic.exchanges)
    unmarked.decide()
    hearing.finish()
    say_what_is_open(hearing, traffic, outside=len(entries) - len(ours), cached=cached)
    header = {
        "profile": declared.redacted() if profile else {"target": {"name": "", "base_url": base_url}, "budget": {}},
        "profile_digest": profile.digest if profile else "none was given",
        "run": f"har-{path.stem}-{_digest(path)[:8]}",
        "started": ours[0].at,
        "seed": 0,
        "depth": "as recorded",
    }
    hearing.end = {"seconds": round(hearing.lasted_s, 3)}
    facts = facts_of(header, hearing, document)
    if not sum(hearing.judge.checked.values()):
        facts = replace(facts, incomplete="nothing that was recorded puts a requirement to the test")
    return Rejudged(judgement_of(hearing), facts, binding, traffic.exchanges, hearing)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
