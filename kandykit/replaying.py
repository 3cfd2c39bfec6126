"""Replaying: one failure's calls, made again through guard and journal, and judged as they were judged.

The record is a run's ``failures/<id>.json``. Whether the failure is still there is never read off statuses: the same
hearing that found it hears the calls of today.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from kandykit.binding import DEFAULTS, Binding
from kandykit.calls import Operation, OrderKind, operation_of
from kandykit.depth import DEPTHS
from kandykit.errors import KandykitError, UsageError
from kandykit.exchange import Answer, Credential, Exchange, Intent, Request
from kandykit.explore.again import programme_of
from kandykit.explore.races.race import Race
from kandykit.explore.steps import (
    Amount,
    Create,
    Delete,
    DeleteNobody,
    ListOrders,
    Look,
    Order,
    Raw,
    Step,
    from_json,
    more,
)
from kandykit.hearing import Performance
from kandykit.hearing.races import alike
from kandykit.hearing.rulings import MOST_PLAYS, OFTEN
from kandykit.profile import Profile, load_profile
from kandykit.report.history import ONCE_EACH
from kandykit.report.lead import MOST
from kandykit.report.script import SHOWN_BEFORE
from kandykit.report.stock import account_of, gave_unlike, groups, start_of, widest_gap, writes
from kandykit.report.words import call_in_words, call_of, reply_in_words, reply_of
from kandykit.run import Options, Run
from kandykit.verdict import Finding, Held, Verdict

PLAYS: Final = 3
"""How often calls are made before a failure that never showed counts as gone."""

_LIMIT: Final = re.compile(r"\blimit (?:of )?(\d{1,9})\b")
"""How a finding that rests on the agreed limit names it."""

LONGEST_PAUSE_S: Final = 30.0
"""A longer pause between recorded calls is not kept."""

LONGEST_LIFE_S: Final = 90.0
"""A token that lives longer is not waited for; the script has the same number."""

RACES: Final = 20
"""The same for calls that leave together: whether they meet is chance."""


class Said(IntEnum):
    """What a replay comes to; the value is the exit status."""

    GONE = 0
    STILL_THERE = 1
    COULD_NOT_TELL = 2


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as a run recorded it.

    ``programme`` holds the steps that show it, as JSON values; empty where a single exchange does, whose ``setting``
    then are the steps in which it came up.
    """

    finding: Finding
    programme: list[dict[str, Any]]
    setting: list[dict[str, Any]]
    calls: tuple[Exchange, ...]
    base_url: str
    token_url: str
    binding: Mapping[str, str]
    history: Mapping[int, str] = field(default_factory=dict)
    recent: str = ""

    @property
    def needs_expired(self) -> bool:
        """Whether a token must have died for it to be shown."""
        return any(call.intent.credential is Credential.EXPIRED for call in self.calls)

    @property
    def accounts(self) -> int:
        """How many accounts its calls need."""
        named = [call.intent.account.rpartition("-")[2] for call in self.calls]
        from_steps = [int(step.get("account", 0)) + 1 for step in (*self.programme, *self.setting)]
        return max([1, *(int(number) for number in named if number.isdecimal()), *from_steps])


@dataclass(slots=True)
class Replay:
    """What came of it: ``said``, ``why`` where it could not be told, and the finding of today where there is one."""

    said: Said
    why: str = ""
    now: Finding | None = None
    calls: Sequence[Exchange] = ()
    folder: Path | None = None
    residue: list[str] = field(default_factory=list)


def read_failure(path: Path) -> Failure:
    """Read a failure's record; raises `UsageError` naming file, place and remedy where it is none."""
    if path.suffix == ".sh":
        raise UsageError(f"{path}: is a script; run it with bash, or give the {path.stem}.json beside it.")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is no JSON ({error}). Give the failures/<id>.json of a run.") from None
    place = ""
    try:
        place = "finding"
        told = {name: item for name, item in record["finding"].items() if name != "id"}
        told |= {name: tuple(told[name]) for name in ("evidence", "also")}
        finding = Finding(**{**told, "verdict": Verdict(told["verdict"])})
        place = "target"
        target = record["target"]
        binding = {str(name): str(value) for name, value in target["binding"].items()}
        if unknown := sorted(set(binding) - set(DEFAULTS)):
            raise ValueError(f"{unknown[0]} is no key of the binding")
        base_url, token_url = str(target["base_url"]), str(target["token_url"])
        place = "calls"
        calls = tuple(_exchange(call) for call in record["calls"])
        place = "programme"
        programme, setting = list(record["programme"]), list(record.get("setting", []))
        for steps in (programme, setting):
            _steps(steps)
        place = "history"
        history = {int(number): str(words) for number, words in record.get("history", {}).items()}
        recent = str(record.get("recent", ""))
        for words in (recent, *history.values()):
            _aged(words, 0, set())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"{path}, {place}: is no record of a failure ({what}). Give the .json of a run.") from None
    return Failure(finding, programme, setting, calls, base_url, token_url, binding, history, recent)


def _exchange(value: Mapping[str, Any]) -> Exchange:
    intent, request, answer = value["intent"], value["request"], value["answer"]
    return Exchange(
        int(value["seq"]),
        Intent(**{**intent, "credential": Credential(intent["credential"])}),
        Request(request["method"], request["url"], _pairs(request["headers"]), request["body"]),
        answer and Answer(int(answer["status"]), _pairs(answer["headers"]), str(answer["body"]), int(answer["length"])),
        float(value["started"]),
        float(value["ended"]),
        str(value["at"]),
        str(value["failure"]),
    )


def _pairs(headers: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(content)) for name, content in headers)


def _steps(values: Sequence[Mapping[str, Any]]) -> tuple[list[Step], list[tuple[Step, ...]]]:
    """The steps of a programme, and the bursts that follow them."""
    bursts = [tuple(from_json(value["calls"])) for value in values if value.get("step") == "Burst"]
    return from_json([value for value in values if value.get("step") != "Burst"]), bursts


def _aged(words: str, account: int, known: set[str]) -> list[Step]:
    """The steps of a history; ``known`` are the labels of subscribers that there are names for."""
    steps: list[Step] = []
    for each in words.split():
        kind, rest = each[0], each[1:]
        label = f"call {rest[1:]}" if rest.startswith("k") else f"aged {rest}"
        if kind in "+-":
            more = OrderKind.INCREMENT if kind == "+" else OrderKind.DECREMENT
            steps.append(Order(more, Amount(int(rest)), account=account))
        elif kind in "cs":
            again = label if kind == "c" and label in known else ""
            form = "caller" if kind == "c" else "server"
            steps.append(Create(label, again=again, form=form, account=account))
            known.add(label)
        elif kind == "x":
            steps.append(DeleteNobody(account) if rest == "0" else Delete(label, account))
        elif each in ("i", "l"):
            steps.append(Look(account) if each == "i" else ListOrders(account))
        elif each.partition(":")[0] in ("HEAD", "OPTIONS"):
            method, _, path = each.partition(":")
            steps.append(Raw(method, path, (), None, False, each, "recorded", account))
        elif kind != "@":
            raise ValueError(f"{each} is no word of a history")
    return steps


def profile_for(failure: Failure, given: str | None) -> Profile:
    """The profile to replay with: the given one, or the record's target with the environment's credentials.

    Raises `UsageError` where neither is enough.
    """
    if given is not None:
        profile = load_profile(given)
        if len(profile.accounts) < failure.accounts:
            raise UsageError(f"{given}: this failure needs {failure.accounts} accounts; add another [[accounts]].")
        return profile
    names = [
        (f"KANDY_CLIENT_ID{suffix}", f"KANDY_CLIENT_SECRET{suffix}")
        for suffix in ("", *(f"_{number}" for number in range(2, failure.accounts + 1)))
    ]
    for name in (each for pair in names for each in pair):
        if not os.environ.get(name):
            raise UsageError(f"{name} is not set; export it, or give a profile with --profile.")
    base = os.environ.get("KANDY_BASE_URL") or failure.base_url
    token = os.environ.get("KANDY_TOKEN_URL") or failure.token_url
    lines = ["[target]", f"base_url = {json.dumps(base)}", f"token_url = {json.dumps(token)}"]
    for client, secret in names:
        lines += ["[[accounts]]", f'client_id = "env:{client}"', f'client_secret = "env:{secret}"']
    if (limit := _LIMIT.search(f"{failure.finding.expected} {failure.finding.actual}")) is not None:
        lines += ["[readings]", f"limit = {limit[1]}"]
    lines += ["[binding]", *(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in failure.binding.items())]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "replay.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return load_profile(path)


def replay(failure: Failure, profile: Profile, *, out: Path, yes: bool = False) -> Replay:
    """Make a failure's calls again and say what came of it; the account is put back, and the journal kept.

    Raises `UsageError` for a target that must not be written to. A target that cannot be tested is one that says
    nothing of the failure.
    """
    if not (profile.is_loopback or yes):
        raise UsageError(
            f"{profile.target.base_url} is not on this machine, and the calls of a failure may order products there: "
            "say --yes to make them within the profile's budget."
        )
    depth = replace(DEPTHS["quick"], expiry_s=LONGEST_LIFE_S)
    run = Run(profile, Options(depth=depth, yes=yes, out=out))
    run.folder = out / f"replay-{run.id}"
    try:
        run.open()
        run.walker.calling.intent = Intent("replay", failure.finding.id)
        if failure.needs_expired:
            run.await_expiry()
        made = _Player(run, failure).play()
    except UsageError:
        raise
    except KandykitError as error:
        run.target_down = str(error)
        made = Replay(Said.COULD_NOT_TELL, str(error))
    finally:
        run.close()
    made.folder, made.residue = run.folder, list(run.residue)
    return made


class _Player:
    """Plays one failure on an open run."""

    def __init__(self, run: Run, failure: Failure) -> None:
        self.run = run
        self.failure = failure
        self.finding = failure.finding
        self.binding = Binding(failure.base_url, failure.token_url, failure.binding)

    def play(self) -> Replay:
        """Whatever kind of failure it is."""
        before, bursts = _steps(self.failure.programme)
        if bursts:
            return self._race(Race(self.finding.title, before, tuple(bursts)))
        if self.failure.history and (made := self._aged(before)) is not None:
            return made
        if before:
            return self._programme(before)
        return self._single()

    def _aged(self, programme: Sequence[Step]) -> Replay | None:
        """After what the account had gone through, where the calls alone may not show it."""
        history = self.failure.history or {0: self.failure.recent}
        account = max(int(account_of(self.failure.calls[0])) - 1, 0) if self.failure.calls else 0
        known = set[str]()
        steps = _aged(history.get(0, ""), account, known)
        if programme:
            steps += programme
        else:
            for place, step in enumerate(self._made()):
                steps += [*(_aged(history.get(place, ""), account, known) if place else ()), step]
        play = self.run.walker.perform(steps, whole=True)
        if (now := self._filed()) is not None:
            return now
        met = self._met(play)
        return Replay(Said.STILL_THERE, now=met, calls=play.exchanges) if met is not None else None

    # -- calls that leave together ------------------------------------------------------------------------------

    def _race(self, race: Race) -> Replay:
        run = self.run
        run.racer.find_out()
        for _ in range(RACES):
            play = run.racer.play(race)
            if play.findings and alike(play.findings, [self.finding]):
                met = next((met for met in play.findings if met.id == self.finding.id), play.findings[0])
                return Replay(Said.STILL_THERE, now=met, calls=play.calls)
        races = run.racer.races
        if not races.overlapping:
            return Replay(Said.COULD_NOT_TELL, races.held_back[0] if races.held_back else "no two calls overlapped")
        if races.unknown and not races.explained:
            return Replay(Said.COULD_NOT_TELL, races.unknown[0])
        return Replay(Said.GONE, f"{races.overlapping} pairs of calls overlapped in {RACES} plays")

    # -- a programme --------------------------------------------------------------------------------------------

    def _programme(self, programme: Sequence[Step], *, instead: bool = True) -> Replay:
        shown: list[tuple[Finding, Performance]] = []
        plays: list[Performance] = []
        while len(plays) < PLAYS or (0 < len(shown) < OFTEN and len(plays) < MOST_PLAYS):
            play = self.run.walker.perform(programme, whole=self.finding.requirement == "R4")
            plays.append(play)
            if (met := self._met(play)) is not None:
                shown.append((met, play))
            elif self.finding.requirement == "R4" and self._walked(play):
                return Replay(Said.GONE)
        # What it did to the account can keep its calls from being made again.
        could = sum(not (self._not_as_it_was([play]) or self._damaged(play)) for play in plays)
        if len(shown) >= min(OFTEN, max(could, 1)):
            return Replay(Said.STILL_THERE, now=shown[0][0], calls=shown[0][1].exchanges)
        if shown:
            return Replay(Said.COULD_NOT_TELL, f"it showed in {len(shown)} of {len(plays)} plays", shown[0][0])
        if instead and self._not_as_it_was(plays) and (there := self._from_there(plays)):
            return self._programme(there, instead=False)
        if self.failure.recent and instead and (made := self._aged(programme)) is not None:
            return made
        return self._none(plays)

    def _met(self, play: Performance) -> Finding | None:
        """The finding as it came up, by its own name or as something else that breaks the same requirement."""
        if self.finding.requirement == "R4":
            broken = [check for check in self.run.hearing.walk_checks(play) if isinstance(check, Finding)]
            return broken[0] if broken else None
        if play.aftermath:
            return None
        if met := play.met(self.finding.id):
            return met
        return next((met for met in play.distinct if self.finding.requirement in met.requirements), None)

    def _walked(self, play: Performance) -> bool:
        return any(isinstance(check, Held) for check in self.run.hearing.walk_checks(play))

    def _none(self, plays: Sequence[Performance]) -> Replay:
        """It never showed; but were the calls that showed it really made, and answered?"""
        if held_back := next((play.held_back for play in plays if play.held_back), None):
            return Replay(Said.COULD_NOT_TELL, held_back[0])
        lost = [play.exchanges[-1] for play in plays if play.exchanges and not any(e.answered for e in play.exchanges)]
        if lost or not any(play.exchanges for play in plays):
            return Replay(Said.COULD_NOT_TELL, "its calls got no answer" if lost else "none of its calls could be made")
        if why := self._not_as_it_was(plays):
            return Replay(Said.COULD_NOT_TELL, why)
        if ONCE_EACH.search(self.finding.actual):
            return Replay(Said.COULD_NOT_TELL, f"it did not show; {SHOWN_BEFORE}")
        return Replay(Said.GONE, calls=plays[-1].exchanges)

    def _not_as_it_was(self, plays: Sequence[Performance]) -> str:
        """Why the recorded calls could not be made: a quantity may be relative to what an account holds, so none."""
        changes = [call for call in self.failure.calls if writes(call, self.binding)]
        made = {self._operation(call) for play in plays for call in play.exchanges}
        if not changes or (first := self._operation(changes[0])) in made:
            return ""
        return f"nothing on this account allowed for its {first.value}, as the recorded one did"

    def _damaged(self, play: Performance) -> bool:
        """Whether it began with numbers that cannot be, as an earlier play may have left them, and not as recorded."""

        def began_right(calls: Sequence[Exchange], binding: Binding) -> bool:
            first = next((view for call in calls if (view := reply_of(call, binding).inventory)), None)
            return first is None or first.possible

        return began_right(self.failure.calls, self.binding) and not began_right(play.exchanges, self.run.binding)

    def _from_there(self, plays: Sequence[Performance]) -> list[Step]:
        """The recorded calls themselves, from the stock that they were met at, where it can be brought about."""
        began = start_of(self.failure.calls, self.binding, at_limit=False, about_stock=True)
        own = [call for play in plays for call in play.exchanges if call.intent.account == self.run.names[0]]
        views = [reply_of(call, self.run.binding).inventory for call in own]
        shown = next((view.available for view in reversed(views) if view and view.available is not None), None)
        if began.available is None or shown is None or began.available < shown or began.subscribers or began.orders:
            return []
        missing = began.available - shown
        return [Look(), *([more(missing)] if missing else []), *self._made()]

    def _operation(self, call: Exchange) -> Operation:
        binding = self.run.binding if call.request.url.startswith(self.run.binding.base_url) else self.binding
        return operation_of(call_of(call, binding))

    # -- a single exchange --------------------------------------------------------------------------------------

    def _single(self) -> Replay:
        """What a single exchange shows is filed as it comes up, in whatever play."""
        if self.finding.requirement == "K1" and self.finding.title.startswith("Calls are still turned away"):
            return Replay(Said.COULD_NOT_TELL, "it shows only where the call quota is used up first")
        plays: list[Performance] = []
        overlapping = self._came_up_in()
        if overlapping is not None:
            self.run.racer.find_out()
            for _ in range(RACES):
                if self._filed() is None:
                    plays.append(self.run.racer.play(overlapping).performance)
        for programme in (self._setting(), self._made()):
            for _ in range(PLAYS if programme else 0):
                if self._filed() is None:
                    plays.append(self.run.walker.perform(programme))
        if (now := self._filed()) is not None:
            return now
        if self.finding.requirement == "T10":
            self.run.several_tokens()
            if self._filed() is None and self.failure.calls:
                self._wait_with_a_token()
            return self._filed() or Replay(Said.GONE)
        if self.failure.recent and (made := self._aged(())) is not None:
            return made
        calls, apart = self.failure.calls, widest_gap(self.failure.calls)
        given = (
            "L9" in self.finding.requirements and apart > MOST and not gave_unlike(calls[0], calls[-1], self.binding)
        )
        if given and not self.failure.history:
            return Replay(Said.COULD_NOT_TELL, f"it rests on calls that were {apart} calls apart, and it did not show")
        if overlapping is None and any(len(group) > 1 for group in groups(self.failure.calls)):
            return Replay(Said.COULD_NOT_TELL, "its calls overlapped, one after another it did not show")
        return self._none(plays)

    def _wait_with_a_token(self) -> None:
        """A token may end before its time only because time went by, as much as between the recorded calls."""
        first, last = self.failure.calls[0], self.failure.calls[-1]
        name = self.run.names[0]
        self.run.client.expire(name)
        self.run.client.token(name)
        time.sleep(min(max(last.started - first.ended, 0.0), LONGEST_PAUSE_S))
        self.run.walker.perform([Look()])

    def _came_up_in(self) -> Race | None:
        """The race in which the exchange came up: what a lone read shows may be what overlapping calls left behind."""
        before, bursts = _steps(self.failure.setting)
        return Race(self.finding.title, before, tuple(bursts)) if bursts else None

    def _filed(self) -> Replay | None:
        case = self.run.docket.cases.get(self.finding.id)
        if case is None or case.finding.verdict is Verdict.INCONCLUSIVE:
            return None
        return Replay(Said.STILL_THERE, now=case.finding, calls=case.calls)

    def _setting(self) -> list[Step]:
        """The steps in which the exchange came up, those of a race one after another: what one answer shows by itself
        needs no overlap."""
        steps, bursts = _steps(self.failure.setting)
        return [*steps, *(step for burst in bursts for step in burst)]

    def _made(self) -> list[Step]:
        """The recorded calls themselves."""
        return programme_of(self.failure.calls, self.binding) if self.failure.calls else []


def told(failure: Failure, made: Replay, binding: Binding) -> list[str]:
    """What people are told: the calls, what was expected, what came then and what comes now, and the answer."""
    finding = failure.finding
    lines = [f"{finding.id}  {finding.title}", ""]
    shown = made.calls or failure.calls
    for number, call in enumerate(shown[-20:], start=max(len(shown) - 19, 1)):
        lines.append(f"  {number:>2}. {call_in_words(call, binding)}: {_came(call, binding)}")
    lines += ["", f"  expected   {finding.expected}", f"  recorded   {finding.actual}"]
    if made.now is not None:
        lines.append(f"  now        {made.now.actual}")
        if made.now.id != finding.id:
            lines.append(f"             (as {made.now.id}: {made.now.title})")
    word = {Said.GONE: "gone", Said.STILL_THERE: "still there", Said.COULD_NOT_TELL: "could not tell"}[made.said]
    lines += ["", f"{word}{f': {made.why}' if made.why else ''}"]
    lines += [f"left behind: {each}" for each in made.residue]
    if made.folder is not None:
        lines.append(f"journal: {made.folder / 'journal.jsonl'}")
    return lines


def _came(call: Exchange, binding: Binding) -> str:
    status = call.failure or (str(call.answer.status) if call.answer else "no answer")
    words = reply_in_words(call, binding)
    return f"{status}, {words}" if words else status
