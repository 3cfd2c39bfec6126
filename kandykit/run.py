"""A run: everything between a profile and a statement, in the order in which it happens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

from kandykit import __version__
from kandykit.agreement import terms_of
from kandykit.binding import Binding
from kandykit.calls import Call, Reply
from kandykit.cleanup import restore
from kandykit.client import Client
from kandykit.depth import DEPTHS, Depth
from kandykit.errors import KandykitError, NoApi, NoTokenEndpoint, TargetDown, TargetError
from kandykit.exchange import Exchange, Intent
from kandykit.explore.calibrate import calibrate
from kandykit.explore.calling import LONGEST_PAUSE_S
from kandykit.explore.classify import classify
from kandykit.explore.explorer import Effort, Explorer
from kandykit.explore.intrusions import Intruder
from kandykit.explore.races.race import Race
from kandykit.explore.races.racer import Racer
from kandykit.explore.steps import Programme, UseUp
from kandykit.explore.walker import Walker
from kandykit.guard import Guard
from kandykit.hearing import Hearing
from kandykit.hearing.summing_up import OCCASIONS, facts_of, judgement_of
from kandykit.interrupt import heeded
from kandykit.journal import Journal
from kandykit.judgement import Judgement
from kandykit.ledger import Ledger
from kandykit.openapi import Document
from kandykit.patience import calls_left
from kandykit.profile import Profile
from kandykit.redaction import Redactor
from kandykit.rejudging import deadline
from kandykit.report.statement import RunFacts
from kandykit.report.waivers import Waiver
from kandykit.requirements import registry
from kandykit.spelled import document_of
from kandykit.terms import Terms
from kandykit.verdict import Check, Held, Level, Verdict
from kandykit.wire import Outgoing

SEARCH_S = 2.0
"""So long an explanation of calls that overlapped is looked for, in seconds."""

FEWEST_WALKS = 3
MOST_WALKS = 30
WALKING_S = 10.0
"""So often the documented walk is tried, and more than a few times only for so long, in seconds, while each try meets
answers that are not clear."""

GRACE = 1.5
"""So many times its time a run may take for what was never put to the test: only repetitions may fall away."""

SHARES = {"workflow": 5, "security": 5, "contract": 2, "quota": 1, "stateful": 3, "concurrency": 4}
"""How a run's time is divided among its suites, where a slow target would let the first ones use up all of it."""

SHADOWS = frozenset({"R2", "L3"})
"""What wrong numbers break by themselves, whatever made them wrong: while a law is in doubt, such a failure is its."""

SPARED = 6
"""So many calls of a quota are kept beside those that putting the account back takes when all goes well."""

SLOW_ORDER_S = 0.03
"""An order that takes longer than this to be fulfilled, in seconds, is slow: sequences of many orders are cut down."""

FURTHER_TOKENS = 5
"""So many tokens are minted after one that must still work: a target may keep only a few."""


@dataclass(slots=True)
class Options:
    """What the command line says of a run: see ``kandykit run --help``."""

    depth: Depth = field(default_factory=lambda: DEPTHS["standard"])
    seed: int = 0
    time_budget_s: float | None = None
    until_fail: bool = False
    read_only: bool = False
    yes: bool = False
    as_live: bool = False
    expected_calls: int = 0
    announce: Callable[[str], None] = lambda text: None
    out: Path = Path("reports")


class Run:
    """One run against one target.

    `open` makes the folder and the client, and calibrates; the suites then `examine` programmes; `close` puts the
    account back and says what was found. Whatever happens in between, `close` can be called, and what was recorded
    until then is kept.
    """

    def __init__(self, profile: Profile, options: Options) -> None:
        self.profile = profile
        self.options = options
        self.depth = options.depth
        self.seed = options.seed
        self.started = datetime.now(UTC)
        self.mark = secrets.token_hex(4)
        self.id = f"{self.started:%Y%m%d-%H%M%S}-{self.mark}"
        self.folder = options.out / self.id
        self.residue: list[str] = []
        self.target_down = ""
        self.interrupted = False
        self.kit_error = ""
        self._suite = ""
        self._suite_ends_s = inf
        self._grace_ends_s = inf
        self._owed: Sequence[str] = ()
        self._minted = 0
        self._quota_told = False
        self._last_calls: dict[str, str] = {}
        self._most_left: dict[str, int] = {}
        self._began = time.monotonic()
        self._first_token: tuple[str, float] | None = None
        self.opened = False
        self.closed = False
        self.enough = False

    # -- opening ------------------------------------------------------------------------------------------------

    def open(self, *, sending: bool = True) -> None:
        """Make the folder, the journal and the client, and calibrate. Raises `TargetError` where nothing answers.

        Without ``sending`` nothing is sent: the run then only says why it could not be made.
        """
        profile = self.profile
        self.binding = Binding(profile.target.base_url, profile.target.token_url, profile.binding)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.document: Document = document_of(profile, self.binding, self.folder)
        spelling = self.binding.spelling
        redactor = Redactor(
            members=[last_of(spelling["subscriber.password"])],
            identities=[last_of(spelling["subscriber.identity"]), last_of(spelling["subscriber.product"])],
            plain=self.binding.plain_members,
            public=(*self.binding.public_words, *_public_ids(profile)),
        )
        self.names = [f"account-{number}" for number, _ in enumerate(profile.accounts, 1)]
        self.journal = Journal(self.folder / "journal.jsonl", fsync=not profile.is_loopback)
        self.header = {
            "kit": __version__,
            "run": self.id,
            "mark": self.mark,
            "profile": profile.redacted(),
            "profile_digest": profile.digest,
            "binding": self.binding.spelled_otherwise,
            "accounts": self.names,
            "contract": self.document.digest,
            "seed": self.seed,
            "depth": self.depth.name,
            "read_only": self.options.read_only,
            "started": self.started.isoformat(timespec="milliseconds"),
        }
        self.journal.run(**self.header)
        if profile.target.openapi is not None:
            # Whoever judges again may not have the vendor's document.
            self.journal.mark("document", name=self.document.path.name, text=document_text(self.document.path))
        self.hearing = Hearing(
            terms_of(profile, self.document, vendors=profile.target.openapi is not None),
            self.binding,
            self.names,
            record=self.journal.mark,
            deadline=deadline(SEARCH_S),
        )
        self.judge = self.hearing.judge
        self.docket = self.hearing.docket
        self.ledger = Ledger(self.mark)
        self.guard = Guard.of(profile, self.ledger, self.mark, yes=self.options.yes, read_only=self.options.read_only)
        if self.options.as_live:
            self.guard.as_live, self.ledger.trusting = True, False
        self.client = Client(profile, self.binding, self.guard, self.journal, redactor, see=self._see)
        others = profile.accounts[1:]
        intruder = Intruder(
            self.binding,
            mint=lambda: self.walker.fresh_identity(),
            token=lambda: self.client.token(self.names[0]),
            expired=self._expired_token,
            client=lambda: (profile.accounts[0].client_id, profile.accounts[0].client_secret.reveal()),
            other_secret=lambda: next(
                (one.client_secret.reveal() for one in others if one.client_id != profile.accounts[0].client_id), None
            ),
        )
        self.walker = Walker(
            self.binding,
            self.hearing,
            self._send,
            self._identity,
            self.names,
            pause=self.client.pause_after,
            intruder=intruder,
            renew=self.client.expire,
            fall_back=self.client.fall_back,
            most_back=self.guard.may_give_back,
        )
        self.walker.read_only = self.options.read_only
        self.explorer = Explorer(self.walker, Effort(shrink_plays=self.depth.shrink_plays), ended=self.time_is_over)
        self.racer = Racer(
            self.explorer, self.client.send_together, ended=self.time_is_over, watch_s=self.depth.watch_s
        )
        self.opened = True
        if sending:
            self._calibrate()

    def _calibrate(self) -> None:
        readings = self.profile.readings
        self.walker.calling.intent = Intent("calibration", "calibration")
        if self.binding.spelling["inventory.number"]:
            self._classify()
        try:
            found = calibrate(
                self.walker,
                declared_settle_s=readings.settle_s,
                declared_identity=readings.identity or (None if self.binding.caller_may_choose else "server"),
                crowd=self._crowd,
                sleep=time.sleep,
                clock=time.monotonic,
                room=self.room,
            )
        except (NoApi, NoTokenEndpoint):
            self.hearing.note("set aside")
            raise
        self.hearing.note("terms", **changes(self.judge.terms, found.terms))
        self.ledger.settle_s, self.ledger.lag_known = found.terms.settle_s, True
        for text in found.notes:
            self.remark(text)
        for name, value in found.readings.items():
            self.journal.reading(name, value)
            self.hearing.readings[name] = value
        self.explorer.deal_with(found.steps, found.performance)
        token = self.client.token(self.names[0])
        life = self.client.token_life(self.names[0])
        if token is not None and life is not None:
            self._first_token = (token, time.monotonic() + life)

    def _classify(self) -> None:
        """Find out what the inventory's one number counts; where that fails, what rests on it stays undecided."""
        intent = Intent("calibration", "calibration", self.names[0])
        meaning = ""
        if not self.options.read_only:
            meaning = classify(
                self.binding, lambda outgoing: self._send(outgoing, intent), self.walker.fresh_identity, time.sleep
            )
        if meaning:
            self.journal.reading("inventory_number", meaning)
            self.hearing.readings["inventory_number"] = meaning
            self.binding.understand(meaning)
        else:
            self.remark("what the inventory's one number counts could not be found out: spell it in the profile")

    def _spare_the_last(self, exchange: Exchange, left: int) -> None:
        """The last calls of a quota whose window does not soon end are kept for putting the account back.

        Numbers that do not fall with our calls say nothing of them.
        """
        account = exchange.intent.account
        falls = self._most_left.setdefault(account, left) - left >= SPARED
        if not falls or not 0 <= left <= self.ledger.calls_to_clean_up + SPARED:
            self._last_calls.pop(account, None)
        elif (wait_s := self.client.pause_after(exchange)) > LONGEST_PAUSE_S:
            self._last_calls[account] = (
                f"the quota is nearly used up: {left} calls are left, which putting the account back may take, and its"
                f" period ends in {wait_s:.0f} s. Run again after that, or with a larger quota."
            )

    def _announce_quota(self, exchange: Exchange, left: int) -> None:
        """Say at the start that the calls which are left of the quota will not last, where the answers tell."""
        self._quota_told = True
        if left >= self.options.expected_calls:
            return
        wait_s = self.client.pause_after(exchange)
        limit = exchange.answer.header("quota-limit") if exchange.answer else ""
        text = (
            f"the quota has {max(left, 0)} of {limit} calls left and its period ends in {wait_s:.0f} s; this run takes"
            f" about {self.options.expected_calls} calls, so it will have to wait for the next period, or cannot end"
        )
        self.remark(text)
        self.options.announce(text)

    # -- what the suites use ------------------------------------------------------------------------------------

    def examine(self, programme: Programme, *, sparing: bool = False) -> None:
        """Play a programme and deal with all that the judge raises; ``sparing`` says that it is one of many alike."""
        if not self.ended():
            self.explorer.examine(programme, sparing=sparing)

    def examine_many(self, programmes: Iterable[Programme]) -> None:
        """Examine programmes that are many alike, until the run is over or going on would only add to the noise."""
        for programme in programmes:
            if self.ended() or self.explorer.worn_out:
                return
            self.examine(programme, sparing=True)

    def race(self, race: Race) -> None:
        """Play a race and deal with all that it shows."""
        if not self.ended():
            self.racer.examine(race)

    def weigh_races(self) -> None:
        """The races are over: L12 was put to the test, or could not be."""
        self.hearing.note("races")

    def walk(self, programme: Programme) -> None:
        """Play the documented walk, and judge it as a whole as well."""
        plays: list[int] = []
        said: list[Check] = []
        until = time.monotonic() + WALKING_S
        # Where calls fail now and then, a walk of clear answers only takes more tries.
        while len(plays) < FEWEST_WALKS or (not said and len(plays) < MOST_WALKS and time.monotonic() < until):
            performance = self.walker.perform(programme, whole=True)
            plays.append(performance.number)
            self.explorer.deal_with(programme, performance)
            said = self.hearing.walk_checks(performance)
            if performance.held_back or any(isinstance(check, Held) for check in said):
                break
        self.hearing.note("walk", plays=plays)

    def room(self) -> int:
        """How many products a programme may order: four fifths of the budget, and at most what a limit leaves.

        The last fifth stays free, so that a programme whose target miscounts can be played again. Where every call
        counts at its worst it is half of the budget: all of it must fit again when it is given back.
        """
        peak = self.profile.budget.peak_products
        room = peak * 4 // 5 if self.ledger.trusting else peak // 2
        limit = self.judge.terms.limit
        account = self.judge.account(self.names[0])
        if limit is not None and account.first_total is not None:
            room = min(room, limit - account.first_total)
        return int(min(room, 20 + 5 * self.depth.long))

    @property
    def orders_are_slow(self) -> bool:
        """Whether orders were met to take so long that a thousand of them would be too many."""
        met = self.walker.fulfilment_met
        return met is not None and met[1] > SLOW_ORDER_S

    def may_go_beyond_the_limit(self) -> bool:
        """Whether orders beyond the limit may come often: they fit the budget, and do not stay pending."""
        limit, first = self.judge.terms.limit, self.judge.account(self.names[0]).first_total
        if limit is None or first is None or self.walker.stalls:
            return False
        return limit + 1 - first <= self.profile.budget.peak_products

    def not_tested(self, requirement: str, reason: str) -> None:
        """Say why a requirement is not put to the test in this run."""
        self.hearing.note("not tested", requirement=requirement, reason=reason)

    def has_a_turn(self, requirements: Sequence[str]) -> bool:
        """Whether a test of these requirements may begin; one without a turn may leave them open.

        When the time is over, a MUST that was never put to the test still has a turn, unless a time was asked for.
        """
        self._owed = [each for each in requirements if is_must(each) and each not in OCCASIONS]
        if self.ended():
            if not self.enough:
                self.hearing.note("missed", requirements=list(requirements))
            return False
        return True

    def remark(self, text: str) -> None:
        """Say what could not be found out or tried; it stands beside the readings."""
        self.hearing.note("remark", text=text)

    def entered(self, suite: str, test: str, planned: Sequence[str] = ()) -> None:
        """A test of a suite begins; what is sent from here on is sent for it.

        ``planned`` are all suites of the run, in their order: each may use its share of the time that is left.
        """
        self.walker.calling.intent = Intent(suite, test)
        self.hearing.note("test", suite=suite, test=test)
        if suite == self._suite:
            return
        self._suite = suite
        spent = time.monotonic() - self._began
        coming = planned[planned.index(suite) :] if suite in planned else [suite]
        share = SHARES.get(suite, 1) / sum(SHARES.get(name, 1) for name in coming)
        self._suite_ends_s = spent + share * max(self._longest_s - spent, 0.0)
        self._grace_ends_s = spent + share * max(GRACE * self._longest_s - spent, 0.0)

    @property
    def _longest_s(self) -> float:
        """What was asked for, or else the depth's time."""
        return self.options.time_budget_s or self.depth.longest_s

    def time_is_over(self) -> bool:
        """Whether the run, or its present suite, has used up its time: what was asked for, or else its depth's.

        A test of what was never put to the test yet gets more, so that a slow target loses repetitions only.
        """
        spent = time.monotonic() - self._began
        if spent <= min(self._longest_s, self._suite_ends_s):
            return False
        graced = self.options.time_budget_s is None and spent <= self._grace_ends_s
        return not (graced and self.hearing.owes(self._owed))

    def ended(self) -> bool:
        """Whether nothing new is to be started: the time is over, or a first failure was all that was asked for."""
        return self.time_is_over() or self.enough

    def content(self) -> None:
        """A test is over: a failure that stands now is enough, where one is all that was asked for.

        Within a test a failure is not enough: what a single answer shows is often the shadow of a law that the same
        test is about to name.
        """
        met = [case.finding for case in self.docket.cases.values()]
        open_ones = bool(self.docket.doubts) or any(finding.verdict is Verdict.INCONCLUSIVE for finding in met)
        failures = [finding for finding in met if finding.verdict is Verdict.FAIL]
        named = any(not (open_ones and finding.requirement in SHADOWS) for finding in failures)
        self.enough = self.options.until_fail and named

    @property
    def failed(self) -> bool:
        """Whether a failure stands."""
        return any(case.finding.verdict is Verdict.FAIL for case in self.docket.cases.values())

    def await_expiry(self) -> bool:
        """Wait until the first token of the run is past its life, if this depth waits that long."""
        if self._first_token is None:
            return False
        rest = self._first_token[1] - time.monotonic() + 1.0
        if rest > self.depth.expiry_s:
            return False
        time.sleep(max(rest, 0))
        return True

    def _expired_token(self) -> str | None:
        if self._first_token is None or time.monotonic() < self._first_token[1] + 1.0:
            return None
        return self._first_token[0]

    def several_tokens(self) -> None:
        """Mint further tokens and use the earliest one, then the latest one."""
        earlier = self.client.token(self.names[0])
        life = self.client.token_life(self.names[0])
        if earlier is None or (life is not None and life < 2):
            self.not_tested("T10", "tokens live too short to have two at once")
            return
        later: str | None = None
        for _ in range(FURTHER_TOKENS):
            self.client.expire(self.names[0])
            later = self.client.token(self.names[0])
        for token, name in ((earlier, "earlier token"), (later, "later token")):
            outgoing = self.binding.read_inventory()
            headers = (("authorization", f"Bearer {token}"), *outgoing.headers)
            self._send(Outgoing("GET", outgoing.url, headers), self.walker.calling.intent_of(0, probe=name))

    # -- the line -----------------------------------------------------------------------------------------------

    def _send(self, outgoing: Outgoing, intent: Intent) -> tuple[Exchange, Reply]:
        if intent.account in self._last_calls and intent.suite != "quota":
            raise TargetDown(self._last_calls[intent.account])
        exchange, _, reply = self.client.send(outgoing, intent)
        return exchange, reply

    def _crowd(self, size: int) -> None:
        intent = Intent("calibration", "calibration", self.names[0])
        reads = [self.binding.read_inventory(), self.binding.read_orders()]
        self.client.send_together([(reads[number % 2], intent) for number in range(size)])

    def _see(self, exchange: Exchange, call: Call, reply: Reply) -> None:
        """Every exchange comes by here, in order."""
        self.hearing.see(exchange, call, reply)
        left = calls_left(exchange.answer) if exchange.answer else None
        if left is None:
            return
        if not self._quota_told:
            self._announce_quota(exchange, left)
        self._spare_the_last(exchange, left)

    def _identity(self, domain: str) -> str:
        self._minted += 1
        return f"kk-{self.mark}-{self._minted}@{domain}"

    # -- closing ------------------------------------------------------------------------------------------------

    def close(self, waivers: Sequence[Waiver] = ()) -> None:
        """Put the account back, decide what is still in doubt, and close the journal; never raises for the target.

        ``waivers`` are the failures that somebody answers for, which the journal keeps beside what was found.
        """
        if not self.opened or self.closed:
            return
        self.closed = True
        try:
            if self.hearing.calls and not self.target_down and not self.interrupted:
                self.explorer.watch(self.depth.watch_s)
        except TargetError as error:
            self.target_down = str(error)
        except KeyboardInterrupt:
            self._goes_on()
        try:
            self.walker.calling.intent = Intent("cleanup", "cleanup")
            # What others have is left to them, whether or not the profile told of them.
            self.ledger.shared |= bool(self.docket.foreign)
            if self.hearing.calls and not self.options.read_only:
                fulfilment_s = self.judge.terms.fulfilment_s
                self.residue = restore(
                    self.client, self.ledger, self.binding, fulfilment_s=fulfilment_s, goes_on=self._goes_on
                )
                self._use_up_the_last()
        except KandykitError as error:
            self.residue.append(f"cleaning up ended early: {error}")
        self.client.close()
        self.hearing.note(
            "end",
            seconds=round(time.monotonic() - self._began, 3),
            residue=self.residue,
            interrupted=self.interrupted,
            kit_error=self.kit_error,
            target_down=self.target_down,
            waivers=[{**asdict(waiver), "expires": waiver.expires.isoformat()} for waiver in waivers],
        )
        self.hearing.finish()
        self.journal.close()

    def _use_up_the_last(self) -> None:
        """Where the quota ended the run, what is left of it is of no use but to see whether the quota is kept.

        Only on this machine: elsewhere others may share it.
        """
        if not self._last_calls or self.interrupted or self.options.as_live or not self.profile.is_loopback:
            return
        index = self.names.index(next(iter(self._last_calls)))
        self.walker.calling.intent = Intent("quota", "quota")
        self.walker.perform([UseUp(self.ledger.calls_to_clean_up + 2 * SPARED, index)], keep=True)

    def _goes_on(self) -> bool:
        """Whether the account is put back although somebody asked to end: the first time; who asks again is heeded."""
        heeded()
        asked_before, self.interrupted = self.interrupted, True
        return not asked_before

    def judgement(self) -> Judgement:
        """What the judges say of the run."""
        return judgement_of(self.hearing)

    def facts(self) -> RunFacts:
        """What is said of the run itself."""
        return facts_of(self.header, self.hearing, self.document)


def _public_ids(profile: Profile) -> list[str]:
    """The client ids: tried as tokens and named by token answers, so no secrets, but for one that holds a secret."""
    secrets = [account.client_secret.reveal().lower() for account in profile.accounts]
    ids = [account.client_id for account in profile.accounts]
    return [each for each in ids if not any(secret in each.lower() for secret in secrets)]


def is_must(requirement: str) -> bool:
    """Whether a requirement is one that the verdict rests on."""
    return registry()[requirement].level is Level.MUST


def changes(before: Terms, after: Terms) -> dict[str, Any]:
    """What calibration found out, as JSON values by the name of the term."""
    pairs = ((each.name, getattr(before, each.name), getattr(after, each.name)) for each in fields(Terms))
    return {name: sorted(new) if isinstance(new, frozenset) else new for name, old, new in pairs if new != old}


def document_text(path: Path) -> str:
    """The text of an OpenAPI document that was read already."""
    return path.read_text(encoding="utf-8-sig", errors="replace")


def last_of(pointer: str) -> str:
    """The name of the member that a JSON pointer ends at."""
    return pointer.rpartition("/")[2]
