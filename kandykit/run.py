"""A run: everything between a profile and a statement, in the order in which it happens."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kandykit import __version__
from kandykit.binding import Binding
from kandykit.calls import Call, Reply, operation_of
from kandykit.cleanup import restore
from kandykit.client import Client
from kandykit.depth import DEPTHS, Depth
from kandykit.docket import Docket
from kandykit.errors import KandykitError, NoApi, TargetError
from kandykit.exchange import Credential, Exchange, Intent
from kandykit.explore.calibrate import calibrate
from kandykit.explore.explorer import Effort, Explorer
from kandykit.explore.intrusions import Intruder
from kandykit.explore.races.race import Race
from kandykit.explore.races.racer import Racer
from kandykit.explore.steps import Programme
from kandykit.explore.walker import Walker
from kandykit.guard import Guard
from kandykit.journal import Journal
from kandykit.judge import Judge
from kandykit.judgement import Judgement
from kandykit.ledger import Ledger
from kandykit.linearize import judge_history
from kandykit.model.event import Event
from kandykit.model.walk import NOT_EXECUTED, walked
from kandykit.openapi import Document, load_document
from kandykit.profile import Profile
from kandykit.redaction import Redactor
from kandykit.report.statement import RunFacts
from kandykit.requirements import specs_folder
from kandykit.terms import Terms
from kandykit.verdict import Finding, Held, Verdict
from kandykit.wire import Outgoing

KEPT_EXCHANGES = 20_000
"""So many of the latest exchanges stay in memory as evidence; all of them stand in the journal."""


LEAST_OVERLAPS = 50
"""Fewer pairs of calls than this that were really under way together say nothing of races."""


OCCASIONS = {
    "T8": "the token endpoint gives no token to HTTP Basic, which the primary document does not ask for",
    "H5": "no answer of this target was 202",
    "H6": "no answer of this target was 204, which is no documented code",
    "H7": "no answer of this target was 302",
    "S3": "the target is on plain http, so there is no https form to protect",
    "P1": "no answer of this target was problem+json",
}
"""Rules whose condition only some targets give occasion for, and what is true of those that do not."""


@dataclass(slots=True)
class Options:
    """What the command line says of a run: see ``kandykit run --help``."""

    depth: Depth = field(default_factory=lambda: DEPTHS["standard"])
    seed: int = 0
    time_budget_s: float | None = None
    until_fail: bool = False
    read_only: bool = False
    yes: bool = False
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
        self.readings: dict[str, Any] = {}
        self.reasons: dict[str, str] = {}
        self.undecided: dict[str, str] = {}
        self.notes: list[str] = []
        self.residue: list[str] = []
        self.calls = 0
        self.by_operation: Counter[str] = Counter()
        self.by_status: dict[str, Counter[str]] = {}
        self.target_down = ""
        self.interrupted = False
        self.kit_error = ""
        self.suites: list[str] = []
        self.docket = Docket()
        self._recent: dict[int, Exchange] = {}
        self._stateful: list[Finding] = []
        self._minted = 0
        self._began = time.monotonic()
        self._first_token: tuple[str, float] | None = None
        self.opened = False
        self.enough = False

    # -- opening ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make the folder, the journal and the client, and calibrate. Raises `TargetError` where nothing answers."""
        profile = self.profile
        self.binding = Binding(profile.target.base_url, profile.target.token_url, profile.binding)
        self.document: Document = load_document(
            profile.target.openapi or specs_folder() / "kandy-provisioning.openapi.yaml"
        )
        self.judge = Judge(terms_of(profile, self.document))
        self.folder.mkdir(parents=True, exist_ok=True)
        spelling = self.binding.spelling
        redactor = Redactor(
            members=[last_of(spelling["subscriber.password"])],
            identities=[last_of(spelling["subscriber.identity"]), last_of(spelling["subscriber.product"])],
        )
        self.names = [f"account-{number}" for number, _ in enumerate(profile.accounts, 1)]
        self.journal = Journal(self.folder / "journal.jsonl", fsync=not profile.is_loopback)
        self.journal.run(
            kit=__version__,
            run=self.id,
            mark=self.mark,
            profile=profile.redacted(),
            binding=self.binding.spelled_otherwise,
            accounts=self.names,
            contract=self.document.digest,
            seed=self.seed,
            depth=self.depth.name,
            started=self.started.isoformat(timespec="milliseconds"),
        )
        self.ledger = Ledger(self.mark)
        self.guard = Guard.of(profile, self.ledger, self.mark, yes=self.options.yes, read_only=self.options.read_only)
        self.client = Client(profile, self.binding, self.guard, self.journal, redactor, see=self._see)
        intruder = Intruder(
            self.binding,
            mint=lambda: self.walker.fresh_identity(),
            token=lambda: self.client.token(self.names[0]),
            expired=self._expired_token,
            client=lambda: (profile.accounts[0].client_id, profile.accounts[0].client_secret.reveal()),
        )
        self.walker = Walker(
            self.binding,
            self.judge,
            self._send,
            self._raised,
            self._identity,
            self.names,
            pause=self.client.pause_after,
            intruder=intruder,
        )
        self.walker.read_only = self.options.read_only
        self.explorer = Explorer(
            self.walker, self.docket, Effort(shrink_plays=self.depth.shrink_plays), ended=self.time_is_over
        )
        self.racer = Racer(
            self.explorer,
            self.binding,
            self.client.send_together,
            judge_history,
            ended=self.time_is_over,
            watch_s=self.depth.watch_s,
        )
        self.opened = True
        self._calibrate()

    def _calibrate(self) -> None:
        readings = self.profile.readings
        self.walker.intent = Intent("calibration", "calibration")
        try:
            found = calibrate(
                self.walker,
                declared_settle_s=readings.settle_s,
                declared_identity=readings.identity,
                crowd=self._crowd,
                sleep=time.sleep,
            )
        except NoApi:
            # What the wrong address answered is no evidence against the right one.
            self.docket.cases.clear()
            raise
        self.judge.terms = found.terms
        self.ledger.settle_s = found.terms.settle_s
        self.readings |= found.readings
        self.notes += found.notes
        for name, value in self.readings.items():
            self.journal.reading(name, value)
        token = self.client.token(self.names[0])
        life = self.client.token_life(self.names[0])
        if token is not None and life is not None:
            self._first_token = (token, time.monotonic() + life)

    # -- what the suites use ------------------------------------------------------------------------------------

    def examine(self, programme: Programme) -> None:
        """Play a programme and deal with all that the judge raises."""
        if not self.ended():
            self.explorer.examine(programme)

    def race(self, race: Race) -> None:
        """Play a race and deal with all that it shows."""
        if not self.ended():
            self.racer.examine(race)

    def weigh_races(self) -> None:
        """Say what keeps the races from deciding L12, if anything does: too few of them, or a search without an end."""
        racer = self.racer
        if racer.overlapping < LEAST_OVERLAPS:
            why = f"only {racer.overlapping} pairs of calls were under way together, {LEAST_OVERLAPS} are needed"
            held = f": {racer.held_back[0]}" if racer.held_back else ""
            self.undecided["L12"] = why + held
        elif racer.unknown:
            self.undecided["L12"] = f"{len(racer.unknown)} races could not be judged: {racer.unknown[0]}"
        else:
            self.judge.checked["L12"] += racer.explained

    def walk(self, programme: Programme) -> None:
        """Play the documented walk, and judge it as a whole as well."""
        for _ in range(3):
            performance = self.walker.perform(programme)
            self.explorer.deal_with(programme, performance)
            if performance.held_back:
                self.undecided["R4"] = f"the walk could not be walked: {performance.held_back[0]}"
                return
            checks = list(walked([self._event(exchange) for exchange in performance.exchanges]))
            if any(isinstance(check, Held) for check in checks):
                self.judge.checked["R4"] += 1
                self.reasons["R4"] = NOT_EXECUTED
                return
        findings = [check for check in checks if isinstance(check, Finding)]
        if not findings:
            self.undecided["R4"] = "no walk got clear answers to all its calls"
        elif self._full(performance.exchanges):
            limit = self.judge.terms.limit
            if limit is None:
                self.undecided["R4"] = "no product could be ordered: the account may be full; declare readings.limit"
            else:
                self.not_tested("R4", f"the account is full up to its agreed limit of {limit}")
        else:
            self.judge.checked["R4"] += 1
            self.docket.file(findings[0], performance.exchanges)

    def _full(self, exchanges: Sequence[Exchange]) -> bool:
        """Whether the walk's order was refused as it has to be where the account is full, or may be."""
        account, limit = self.judge.account(self.names[0]), self.judge.terms.limit
        first = next((e.answer.status for e in exchanges if e.request.method == "POST" and e.answer), None)
        if account.orders.net() or first not in (400, 403, 412):
            return False
        return limit is None or (account.first_total is not None and account.first_total + 2 > limit)

    def room(self) -> int:
        """How many products a programme may order: four fifths of the budget, and at most what a limit leaves.

        The last fifth stays free, so that a programme whose target miscounts can be played again.
        """
        room = self.profile.budget.peak_products * 4 // 5
        limit = self.judge.terms.limit
        account = self.judge.account(self.names[0])
        if limit is not None and account.first_total is not None:
            room = min(room, limit - account.first_total)
        return int(min(room, 20 + 5 * self.depth.long))

    def not_tested(self, requirement: str, reason: str) -> None:
        """Say why a requirement is not put to the test in this run."""
        self.reasons[requirement] = reason

    def time_is_over(self) -> bool:
        """Whether the run has used up its time: the budget that was asked for, or else its depth's."""
        budget_s = self.options.time_budget_s or self.depth.longest_s
        return time.monotonic() - self._began > budget_s

    def ended(self) -> bool:
        """Whether nothing new is to be started: the time is over, or a first failure was all that was asked for."""
        return self.time_is_over() or self.enough

    def content(self) -> None:
        """A test is over: a failure that stands now is enough, where one is all that was asked for.

        Within a test a failure is not enough: what a single answer shows is often the shadow of a law that the same
        test is about to name.
        """
        self.enough = self.options.until_fail and self.failed

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

    def two_tokens(self) -> None:
        """Mint another token and use the earlier one, then the later one."""
        earlier = self.client.token(self.names[0])
        life = self.client.token_life(self.names[0])
        if earlier is None or (life is not None and life < 2):
            self.not_tested("T10", "tokens live too short to have two at once")
            return
        self.client.expire(self.names[0])
        later = self.client.token(self.names[0])
        for token, name in ((earlier, "earlier token"), (later, "later token")):
            outgoing = self.binding.read_inventory()
            headers = (("authorization", f"Bearer {token}"), *outgoing.headers)
            intent = Intent(self.walker.intent.suite, self.walker.intent.test, self.names[0], Credential.LIVE, name)
            self._send(Outgoing("GET", outgoing.url, headers), intent)
        self._raised()

    # -- the line -----------------------------------------------------------------------------------------------

    def _send(self, outgoing: Outgoing, intent: Intent) -> tuple[Exchange, Reply]:
        exchange, _, reply = self.client.send(outgoing, intent)
        return exchange, reply

    def _crowd(self, size: int) -> None:
        intent = Intent("calibration", "calibration", self.names[0])
        self.client.send_together([(self.binding.read_inventory(), intent)] * size)

    def _see(self, exchange: Exchange, call: Call, reply: Reply) -> None:
        """Every exchange comes by here, in order: it is counted, judged, and kept as evidence for a while."""
        self.calls += 1
        operation = operation_of(call).value
        self.by_operation[operation] += 1
        status = str(exchange.answer.status) if exchange.answer and not exchange.failure else exchange.failure
        self.by_status.setdefault(operation, Counter())[status] += 1
        self._recent[exchange.seq] = exchange
        if len(self._recent) > KEPT_EXCHANGES:
            del self._recent[next(iter(self._recent))]
        for finding in self.judge.see(exchange, call, reply):
            if finding.stateful:
                self._stateful.append(finding)
            else:
                self.docket.file(finding, [self._recent[seq] for seq in finding.evidence if seq in self._recent])

    def _raised(self) -> list[Finding]:
        raised, self._stateful = self._stateful, []
        return raised

    def _event(self, exchange: Exchange) -> Event:
        request = exchange.request
        call = self.binding.call_of(request.method, request.url, request.headers, request.body)
        return Event(exchange, call, self.binding.reply_of(call, exchange.answer, exchange.failure))

    def _identity(self, domain: str) -> str:
        self._minted += 1
        return f"kk-{self.mark}-{self._minted}@{domain}"

    # -- closing ------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Put the account back, decide what is still in doubt, and close the journal; never raises for the target."""
        if not self.opened:
            return
        try:
            if not self.target_down and not self.interrupted:
                self.explorer.watch(self.depth.watch_s)
        except TargetError as error:
            self.target_down = str(error)
        self.docket.decide_doubts(quiet_enough=False)
        try:
            self.walker.intent = Intent("cleanup", "cleanup")
            if not self.options.read_only:
                fulfilment_s = self.judge.terms.fulfilment_s
                self.residue = list(restore(self.client, self.ledger, self.binding, fulfilment_s=fulfilment_s))
        except KandykitError as error:
            self.residue.append(f"cleaning up ended early: {error}")
        self.client.close()
        self.journal.close()

    def judgement(self) -> Judgement:
        """What the judges say of the run."""
        judgement = Judgement(Counter(self.judge.checked), dict(self.docket.cases), dict(self.reasons))
        judgement.inconclusive.update(self.undecided)
        if self.docket.foreign:
            reason = f"somebody else acts on the account: {self.docket.foreign[0]}, with no call of ours between"
            for law in ("L1", "L2", "L5", "L6", "L13"):
                judgement.inconclusive.setdefault(law, reason)
        if any(note.startswith("no product is available") for note in self.notes):
            # A full account is legal, but nothing can be tried on it: where its limit is known that is the reason,
            # else it may be the target that wrongly refuses.
            known = self.judge.terms.limit is not None
            for law in ("L1", "L2", "L5"):
                if not self.judge.checked[law]:
                    reason = "no product is available and none could be ordered"
                    (judgement.reasons if known else judgement.inconclusive).setdefault(law, reason)
        if self.opened and (held_back := self.explorer.held_back):
            times = sum(held_back.values())
            self.notes.append(
                f"{times} calls were not sent, so what they would have tried was not tested: {next(iter(held_back))}"
            )
        secure = self.profile.target.base_url.startswith("https:")
        for requirement, occasion in OCCASIONS.items():
            if not self.judge.checked[requirement]:
                if requirement == "S3" and secure:
                    occasion = "plain http is never used towards a live target"
                judgement.reasons.setdefault(requirement, occasion)
        return judgement

    def facts(self) -> RunFacts:
        """What is said of the run itself."""
        account = self.judge.account(self.names[0])
        met = {cause: sorted(codes) for cause, codes in account.met.items()}
        readings: dict[str, Any] = dict(self.readings)
        for cause, codes in met.items():
            readings[cause] = codes[0] if len(codes) == 1 else codes
        if self.notes:
            readings["notes"] = self.notes
        return RunFacts(
            contract=self.document.digest,
            target=self.profile.target.name or self.profile.target.base_url,
            base_url=self.profile.target.base_url,
            profile=self.profile.digest,
            run_id=self.id,
            started=self.started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            seconds=round(time.monotonic() - self._began, 3),
            seed=self.seed,
            depth=self.depth.name,
            calls=self.calls,
            calls_by_operation=dict(self.by_operation),
            calls_by_status={name: dict(counts) for name, counts in self.by_status.items()},
            readings=readings,
            billing={
                "peak_before": account.first_total,
                "peak_during": account.peak,
                "worst_case": None
                if account.first_total is None
                else account.first_total + self.profile.budget.peak_products,
            },
            residue=self.residue,
            suites=self.suites,
            interrupted=self.interrupted,
            kit_error=self.kit_error,
            target_down=self.target_down,
        )


def last_of(pointer: str) -> str:
    """The name of the member that a JSON pointer ends at."""
    return pointer.rpartition("/")[2]


def terms_of(profile: Profile, document: Document) -> Terms:
    """The terms that a profile declares; what it leaves open is found out by calibration."""
    readings = profile.readings
    declared = set(readings.extra_codes)
    for codes in readings.refusal_codes.values():
        declared |= set(codes)
    if profile.target.openapi is not None:
        declared |= {status for operation in document.operations for status in operation.statuses}
    return Terms(
        base_url=profile.target.base_url,
        token_url=profile.target.token_url,
        # Under other names of its members the shipped document says nothing about the target's bodies.
        document=None if profile.binding and profile.target.openapi is None else document,
        extra_codes=frozenset(declared),
        error_shape=readings.error_shape,
        limit=readings.limit,
        settle_s=readings.settle_s or 0.0,
        fulfilment_s=readings.fulfilment_s if readings.fulfilment_s is not None else 30.0,
        shared=bool(readings.shared_account),
        refusal_codes={name: frozenset(codes) for name, codes in readings.refusal_codes.items()},
    )
