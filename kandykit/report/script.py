"""A script that shows one failure again with bash and curl alone, and says whether it is there.

It plays the recorded calls in order. What the target made up then (identities, order numbers, passwords) is taken from
this play's answers, identities that the kit chose get a new ending, calls that overlapped are sent at the same time,
and pauses are kept. Then it compares the traits that tell (see `pattern`): all as recorded, it is still there. A
failure at a boundary needs the stock it was met at (see `stock`), so the script orders the difference first, and puts
back whatever it changed.

No secret is in it: it asks the environment for the client, and fetches a token of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Final
from urllib.parse import quote, urljoin

from kandykit.binding import IDENTITY, Binding
from kandykit.binding.keys import words_of
from kandykit.binding.text import quoted
from kandykit.calls import (
    CreateSubscriber,
    DeleteSubscriber,
    InventoryView,
    Malformed,
    Operation,
    OrderKind,
    PlaceOrder,
    ReadOrders,
)
from kandykit.exchange import Credential, Exchange
from kandykit.judgement import Case
from kandykit.model.blame import OF_NOBODY
from kandykit.report.credentials import accounts_of, authorization, form, guesses, leaked, token_digits, variants_of
from kandykit.report.history import BY_READING, NOW_AND_THEN, ONCE_EACH, in_words, peak_of
from kandykit.report.lead import MOST
from kandykit.report.legible import one_line
from kandykit.report.pattern import TRACE, checks_of, lists_too_many, member_of, outcome, quota_number, telling_call
from kandykit.report.shell import Piece, Variable, printing, word, words
from kandykit.report.stock import (
    OWN_ACCOUNT,
    Start,
    account_of,
    adds_up,
    asked_for,
    available_before,
    done,
    gave_unlike,
    groups,
    lanes,
    refers_to_before,
    shows_nothing,
    start_of,
    widest_gap,
    writes,
)
from kandykit.report.values import Values
from kandykit.report.words import call_in_words, call_of, reply_in_words, reply_of
from kandykit.wire import Outgoing

PLAYS: Final = 3
"""A sequence is played so often before its failure is called gone; a race, `RACE_PLAYS` times."""
RACE_PLAYS: Final = 20
LOCAL_PLAYS: Final = 12
"""On this machine plays cost nothing, and some failures come only every so many calls."""
GUESSES: Final = 5
"""Plays of a call whose wrong credential was wrong in a way that the record does not tell."""

SHOWN_BEFORE: Final = "an account shows it once, and this one may have done so: only a new one can tell"

_MADE_BY_CURL: Final = frozenset(
    {"host", "content-length", "connection", "authorization", "user-agent", "accept-encoding"}
)
_QUANTITY: Final = 987_654_321
_IDENTITY: Final = "987654321@stand.in"
_ABOUT_RECORDS: Final = frozenset({"L8", "L9", "L11"})
"""Laws that hold of orders and subscribers whatever is in stock, so that a play may begin with enough of it."""
_SHORTEST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 30.0


class Script:
    """One script in the making."""

    def __init__(self, case: Case, binding: Binding) -> None:
        self.case = case
        self.binding = binding
        self.groups = list(groups(case.calls))
        self.racing = any(len(group) > 1 for group in self.groups)
        # A race that left wrong numbers behind is told by them; any other by how it went.
        self.by_numbers = self.racing and not adds_up(case.calls, binding)
        self.variants = variants_of(case.calls, case.programme)
        self.unsure = {account_of(call) for call in case.calls if _unsure(call, binding) or self._refused(call)}
        """The accounts on which a call may do something that its answer does not tell."""
        self.writing = any(writes(call, binding) for call in case.calls)
        self.values = Values(binding)
        self.relative: set[int] = set()
        """Orders whose quantity this play works out for itself."""
        self.followed: dict[int, str] = {}
        """Call -> the variable that holds the Location that it goes to."""
        self.first: dict[str, InventoryView] = {}
        """Account -> what its first read showed."""
        self.lines: list[str] = []

    def text(self) -> str:
        """The whole script."""
        self._begin(
            start_of(
                self.case.calls,
                self.binding,
                at_limit=self._at_limit(),
                about_stock=self._about_stock(),
                of_nobody=self.case.finding.title.startswith(OF_NOBODY),
                living=self.case.living,
            )
        )
        number = 1
        over_quota = self._over_quota()
        before: Exchange | None = None
        for group in self.groups:
            if number > 1 and number - 1 in self.case.history:
                whose = account_of(self.case.calls[0])
                self.lines += ["", f"account={whose}", f"age {word(self.case.history[number - 1])}"]
            self._pause(before, group[0])
            if group[0] is over_quota:
                self.lines += [f"account={account_of(group[0])}", "use_up"]
            if len(group) == 1:
                self._single(group[0], number)
            else:
                self._together(group, number)
            number += len(group)
            before = max(group, key=lambda call: call.ended)
        if self.by_numbers:
            self.lines += ["", "account=1", "adds_up"]
        prelude = files("kandykit.report").joinpath("templates/failure.sh").read_text(encoding="utf-8")
        return "\n".join([*self._head(), prelude, *self._spelling(), *self._play()]) + "\n"

    # -- the parts of the file ----------------------------------------------------------------------------------

    def _head(self) -> list[str]:
        finding = self.case.finding
        accounts = [number for number in accounts_of(self.case.calls, self.variants) if number != OWN_ACCOUNT]
        breaks = f"# breaks {', '.join(finding.requirements)}"
        return [
            "#!/usr/bin/env bash",
            f"# {finding.id}: {one_line(finding.title)}",
            f"{breaks} ({one_line(finding.source)})" if finding.source else breaks,
            "#",
            f"# expected: {one_line(finding.expected, 600)}",
            f"# got:      {one_line(finding.actual, 600)}",
            "#",
            "# Plays the recorded calls again with bash and curl. Exit status: 1 it is still there, 0 it is gone,",
            "# 2 could not tell. It removes what it made.",
            "#",
            "#   KANDY_CLIENT_ID, KANDY_CLIENT_SECRET   the account under test",
            *(f"#   KANDY_CLIENT_ID_{n}, KANDY_CLIENT_SECRET_{n}   the same for account {n}" for n in accounts),
            "#   KANDY_BASE_URL, KANDY_TOKEN_URL        another target than the recorded one",
            "#   KANDY_PLAYS=N                          how often to play it before it is called gone",
            "#   KANDY_PREPARE=no                       never order products only to begin where it was recorded",
            "",
            "{ set +x; } 2>/dev/null  # a trace would show the secrets",
            f"BASE_URL=${{KANDY_BASE_URL:-{word(self.binding.base_url)}}}",
            f"TOKEN_URL=${{KANDY_TOKEN_URL:-{word(self.binding.token_url)}}}",
            f"PRODUCT={word(re.escape(self.binding.spelling['product']))}",
            f"TRACE={word(TRACE)}",
            f"identity={word(self._leaf('subscriber.identity'))}",
            f"order_number={word(self._leaf('order.number'))}",
            f"order_status={word(self._leaf('order.status'))}",
            f"OPEN={word('|'.join(words_of(self.binding.spelling['order.open'])).lower())}",
            f"REJECTED={word('|'.join(words_of(self.binding.spelling['order.not_done'])).lower())}",
            f"password={word(self._leaf('subscriber.password'))}",
            *(f"{name}={word(self._leaf(f'inventory.{name}'))}" for name in ("total", "used", "available")),
            "",
        ]

    def _spelling(self) -> list[str]:
        """The calls that preparing and cleaning up need, as this target spells them."""
        more, fewer = (self._own(self.binding.place_order(kind, _QUANTITY)) for kind in OrderKind)
        return [
            "# --- how this target is spelled -----------------------------------------------------------------------",
            "",
            "own() { # METHOD URL [curl argument]...: a call of the script's own, for the account that acts",
            "  own_url=$2",
            '  send "$work/own" "$@" --header "@$work/live.$acting"',
            '  look "$work/own"',
            *(["  quota_seen"] if "K1" in self.case.finding.requirements else []),
            "}",
            "",
            "read_inventory() {",
            *self._own(self.binding.read_inventory()),
            "}",
            "",
            "list_orders() {",
            *self._own(self.binding.read_orders(None)),
            "}",
            "",
            "place_order() { # PRODUCTS, with sign",
            "  local quantity=${1#-}",
            "  if [ $1 -gt 0 ]; then",
            *more,
            "  else",
            *fewer,
            "  fi",
            "}",
            "",
            "create_subscriber() {",
            *self._own(self.binding.create_subscriber()),
            "}",
            "",
            "create_named() { # IDENTITY",
            "  local one=$1",
            *self._own(self.binding.create_subscriber(_IDENTITY)),
            "}",
            "",
            "delete_subscriber() { # IDENTITY",
            "  local one=$1 one_encoded",
            '  encode "$one"; one_encoded=$value',
            *self._own(self.binding.delete_subscriber(_IDENTITY)),
            "}",
            "",
        ]

    def _play(self) -> list[str]:
        finding = self.case.finding
        accounts = sorted({OWN_ACCOUNT, *accounts_of(self.case.calls, self.variants)})
        dead = {account_of(call) for call in self.case.calls if call.intent.credential is Credential.EXPIRED}
        return [
            "# --- the recorded calls -------------------------------------------------------------------------------",
            "",
            "play() {",
            *(f"  {line}".rstrip() for line in self.lines or [":"]),
            "}",
            "",
            f"echo {word(f'{finding.id}: {one_line(finding.title)}')}",
            'echo "Target: $(shown "$BASE_URL")"',
            *([f"could_not_tell {word(why)}"] if (why := self._unplayable()) else []),
            *(f"token {account}" for account in accounts),
            *(f"expired {account}" for account in sorted(dead)),
            f"round=0 rounds={self._plays()}",
            f"local_target && [ $rounds -lt {LOCAL_PLAYS} ] && rounds={LOCAL_PLAYS}",
            "rounds=${KANDY_PLAYS:-$rounds}",
            *self._aging(),
            "while [ $round -lt $rounds ]; do",
            "  round=$((round + 1)) number=0 difference= net=0 alive= account=1 began_net=0 began_alive=0",
            "  last_quota= quota_path= orders= strayed=no",
            "  fresh=$(printf '%05d%03d' $RANDOM $round)",
            *(
                ["  if [ $round = $aged_round ]; then aged_play; else play; clean_up; fi"]
                if self.case.history or self.case.recent
                else ["  play", "  clean_up"]
            ),
            '  [ -n "$difference" ] || still_there '
            + f"{word(one_line(finding.expected, 600))} {word(one_line(finding.actual, 600))}",
            '  echo "Play $round: $difference."',
            "  last_difference=$difference",
            *(["  stagger"] if NOW_AND_THEN.search(finding.actual) else []),
            "done",
            *self._unless_apart(),
            "gone",
        ]

    def _aging(self) -> list[str]:
        """The first play begins with what the account had gone through, as far as that may be done here."""
        history = self.case.history or ({0: self.case.recent} if self.case.recent else {})
        if not history:
            return []
        lines = [f"may_age {max(peak_of(words) for words in history.values())} {word(in_words(history.values()))}"]
        if self.case.history:
            # What counts calls has to be met before those of other plays are counted as well.
            return [*lines, "aged_round=1"]
        return [*lines, '[ -n "$not_aged" ] || rounds=$((rounds + 1))', "aged_round=$rounds"]

    def _over_quota(self) -> Exchange | None:
        """The first call that was made where the call quota was used up, or would have had to be."""
        if self.racing:
            return None
        if (turned_away := next((call for call in self.case.calls if outcome(call) == "429"), None)) is not None:
            return turned_away
        telling = telling_call(self.case)
        limit, used = (quota_number(telling, f"quota-{name}") if telling else None for name in ("limit", "used"))
        return telling if limit is not None and used is not None and 0 < limit <= used else None

    def _plays(self) -> int:
        if self.racing:
            return RACE_PLAYS
        return GUESSES if guesses(self.case.calls, self.variants) else PLAYS

    def _unplayable(self) -> str:
        telling = telling_call(self.case)
        if telling is None:
            return "no call was recorded with this finding"
        about_state = self.case.finding.stateful or self.case.finding.requirement.startswith("L")
        if about_state and not self.case.history and shows_nothing(self.case.calls, self.binding):
            return "the recorded calls only read, and what made the target answer so was not recorded with them"
        if self.case.finding.stateful and refers_to_before(telling, self.case.calls, self.binding):
            return "the recorded calls delete a subscriber that was there before them"
        return ""

    def _unless_apart(self) -> list[str]:
        """What is said where the calls were far apart: what was done in between may have brought it about.

        An identity may come again only every so many times, so that it does not come now says nothing.
        """
        if ONCE_EACH.search(self.case.finding.actual):
            return [f"could_not_tell {word(f'it did not show; {SHOWN_BEFORE}')}"]
        over_quota = self._over_quota()
        if over_quota is not None and outcome(over_quota) == "429":
            turned_away = "it showed where calls were turned away, and this play was not"
            return [f'[ -n "$used_up" ] || could_not_tell "${{not_used_up:-{turned_away}}}"']
        if over_quota is not None:
            return ['difference="$difference${not_used_up:+ ($not_used_up)}"']
        if self.case.history:
            return ["aged_or_not"]
        widest = widest_gap(self.case.calls)
        if widest <= MOST:
            return []
        apart = f"the recorded calls were {widest} calls apart, and those between were not played"
        calls = self.case.calls
        if "L9" in self.case.finding.requirements and not gave_unlike(calls[0], calls[-1], self.binding):
            return [f"could_not_tell {word(f'it did not show; {apart}')}"]
        return [f'difference="$difference ({apart})"']

    def _refused(self, call: Exchange) -> bool:
        """Whether a call was refused, and the failure is that it acted all the same."""
        asked = asked_for(call, self.binding)
        acts = isinstance(asked, PlaceOrder | CreateSubscriber)
        return "L4" in self.case.finding.requirements and acts and not done(call)

    def _at_limit(self) -> bool:
        """Whether it matters how many products there are in all: numbers that add up can only be too many."""
        if "L7" in self.case.finding.requirements:
            return True
        telling = telling_call(self.case)
        view = reply_of(telling, self.binding).inventory if telling else None
        return self.case.finding.requirement == "L3" and view is not None and view.possible

    def _about_stock(self) -> bool:
        """Whether the finding turns on what was in stock."""
        finding = self.case.finding
        # An answer that a creation led to turns on whether that subscriber is there.
        led = finding.requirement.startswith("R") and isinstance(
            asked_for(self.case.calls[0], self.binding), CreateSubscriber
        )
        return finding.stateful and finding.requirement not in _ABOUT_RECORDS and not (led and done(self.case.calls[0]))

    # -- before the calls ---------------------------------------------------------------------------------------

    def _begin(self, start: Start) -> None:
        self.lines += [f"began_unsure {account}" for account in sorted(self.unsure)]
        if self.case.history or self.case.recent:
            words = self.case.recent or self.case.history.get(0, "")
            self.lines += [f"account={account_of(self.case.calls[0])}", f"age_first {word(words)}"]
        if start.available is None and start.least:
            self.lines.append(f"stock {start.least}")
        for identity in start.subscribers:
            self.lines += ["stock 1", "create_subscriber", "note_subscriber"]
            if identity:
                self._keep(identity, "subscriber.identity", "identity_before", "a subscriber to begin with")
        if start.used > len(start.subscribers):
            self.lines.append(f"in_use {start.used}")
        if start.available is not None:
            total = "" if start.total is None else f" {start.total}"
            self.lines.append(f"stock_exactly {start.available}{total}")
        for order in start.orders:
            self.lines += ["place_order 1", "note_order 1"]
            if order:
                self._keep(order, "order.number", "order_before", "an order to begin with")
        if lists_too_many(self.case):
            self.lines.append("began_listed")

    # -- the calls ----------------------------------------------------------------------------------------------

    def _single(self, call: Exchange, number: int) -> None:
        self._announce(call, number)
        self._needed(call, number)
        self.lines += [*self._send(call, "call"), 'look "$work/call"; came']
        self._after(call)
        if "K1" in self.case.finding.requirements:
            self.lines.append("quota_seen")
        account = call.intent.account
        view = reply_of(call, self.binding).inventory
        given = [(variable, value) for value, variable in self.values.known.items()]
        if "R5" in self.case.finding.requirements:
            given += leaked(call, token_digits(call))
        by_reading = BY_READING.search(self.case.finding.actual) is not None
        for check in checks_of(self.case, call, self.first.get(account), given, self.binding):
            # After a race that is told by its numbers, those of this play are its own.
            own_numbers = self.by_numbers or by_reading
            if not (own_numbers and self.first and check.trait in ("moved", "sign", "sum")):
                verb = "rests" if self._rests(check.trait, view) else "check"
                if verb == "check" or not self.writing:
                    self.lines.append(f"{verb} {check.trait} {word(check.name)} {word(check.wanted)}")
        if view is not None and account not in self.first:
            self.first[account] = view
            self.lines.append("began")
        elif view is not None and by_reading:
            self.lines.append("stray")
        if by_reading and call is telling_call(self.case):
            self.lines.append("check stray '' yes")
        self.lines.append('[ -z "$difference" ] || return')
        self._learn(call, number)

    def _rests(self, trait: str, view: InventoryView | None) -> bool:
        """Whether a trait of the inventory's first read rests on calls that came before all recorded ones."""
        before = view is not None and not self.first
        return before and (trait in ("sign", "number", "member") or (trait == "sum" and self.writing))

    def _together(self, calls: Sequence[Exchange], number: int) -> None:
        """Calls that overlapped when they were recorded."""
        self.lines += ["", "# these were under way at the same time"]
        sends: list[str] = []
        for offset, call in enumerate(calls):
            self._announce(call, number + offset)
            self._needed(call, number + offset)
            *before, send = self._send(call, f"same{offset}")
            self.lines += before
            sends.append(send)
        self.lines.append("")
        self.lines += [f"{{ {'; '.join(sends[offset] for offset in lane)}; }} &" for lane in lanes(calls)]
        self.lines += ["wait", f"group={word(' '.join(f'same{offset}' for offset in range(len(calls))))}"]
        for offset, call in enumerate(calls):
            self.lines.append(f'number={number + offset} account={account_of(call)}; look "$work/same{offset}"; came')
            self._after(call)
        if self.by_numbers:
            return
        self.lines.append(f"statuses {word(' '.join(sorted(outcome(call) for call in calls)))}")
        self.lines.append('[ -z "$difference" ] || return')
        for offset, call in enumerate(calls):
            self.lines.append(f'look "$work/same{offset}"')
            self._learn(call, number + offset)
        telling = telling_call(self.case)
        if telling is not None and telling in calls:
            given = [(variable, value) for value, variable in self.values.known.items()]
            shown = checks_of(self.case, telling, None, given, self.binding)
            offset = list(calls).index(telling)
            self.lines.append(f'number={number + offset} account={account_of(telling)}; look "$work/same{offset}"')
            # What an answer shows of one order does not turn on which of the calls came first.
            self.lines += [
                f"check order {word(each.name)} {word(each.wanted)}" for each in shown if each.trait == "order"
            ]

    def _announce(self, call: Exchange, number: int) -> None:
        recorded = one_line(", ".join(filter(None, [outcome(call), reply_in_words(call, self.binding)])), 160)
        account = account_of(call)
        who = "" if account == OWN_ACCOUNT else f" (account {account})"
        self.lines += [
            "",
            f"number={number} account={account}",
            f"say {word(f'{number:>3}. {call_in_words(call, self.binding)}{who}; recorded: {recorded}')}",
        ]

    def _needed(self, call: Exchange, number: int) -> None:
        """A caller's identity gets a new ending; a value that no answer of this play gave ends it."""
        asked = asked_for(call, self.binding)
        chosen = asked.identity if isinstance(asked, CreateSubscriber) else None
        malformed = isinstance(call_of(call, self.binding), Malformed)
        if chosen and chosen not in self.values.known and IDENTITY.fullmatch(chosen) and not malformed:
            user, _, domain = chosen.partition("@")
            variable = self.values.name(chosen, f"identity_chosen_in_call_{number}")
            self.lines.append(f'{variable}={word(user[:50] + "-")}"$fresh"{word("@" + domain)}')
            self.lines.append(f'encode "${{{variable}}}"; {variable}_encoded=$value')
        if isinstance(asked, DeleteSubscriber) and asked.identity not in self.values.known:
            self._variant(asked.identity, "identity")
        if isinstance(asked, ReadOrders) and asked.number and asked.number not in self.values.known:
            self._variant(asked.number, "order")
        for variable in sorted(
            {self.values.known[value] for value in self.values.known if self.values.refers(call, value)}
        ):
            self.lines.append(f'needs "${{{variable}:-}}"')

    def _variant(self, asked: str, kind: str) -> None:
        """An identity or a number without its last character, or encoded twice, is this play's own so changed."""
        for known, variable in list(self.values.known.items()):
            changed = {known[:-1]: f"{variable}%?", quoted(known): f"{variable}_encoded"}.get(asked)
            if changed and asked != known and variable.startswith(kind):
                other = self.values.name(asked, f"{variable}_varied")
                self.lines.append(f'{other}="${{{changed}}}"; encode "${{{other}}}"; {other}_encoded=$value')

    def _send(self, call: Exchange, name: str) -> list[str]:
        request = call.request
        lines = []
        place = [Variable(self.followed[call.seq])] if call.seq in self.followed else self.values.url(call)
        arguments = [f'send "$work/{name}"', word(request.method), words(place)]
        behind = "H19" in self.case.finding.requirements and request.method == "HEAD"
        if ("H14" in self.case.finding.requirements or behind) and not call.failure:
            # Else curl stops reading where Content-Length or HEAD tells it to, and what comes behind is never seen.
            arguments.append("--ignore-content-length --header 'Connection: close'")
        if request.body:
            made, pieces = form(call, request.body, self.variants)
            lines += made
            body = [
                each for piece in pieces for each in (self.values.body(piece) if isinstance(piece, str) else [piece])
            ]
            lines += self._relative(call, body)
            lines.append(f'{printing(body)} > "$work/{name}.sent"')
            arguments.append(f'--data-binary "@$work/{name}.sent"')
            if request.header("content-type") is None:
                arguments.append("--header 'Content-Type:'")
        for key, value in request.headers:
            if key.lower() not in _MADE_BY_CURL:
                # curl drops a header that ends in a colon; a semicolon makes it send an empty one.
                sent: list[Piece] = [f"{key}: ", *self.values.plain(value)] if value else [f"{key};"]
                arguments.append(f"--header {words(sent)}")
        made, header = authorization(call, name, self.variants, self.values.known)
        return [*lines, *made, " ".join([*arguments, *header])]

    def _relative(self, call: Exchange, body: list[Piece]) -> list[str]:
        """Make a decrement relative to what is available, where it was recorded on an account out of bounds.

        No play can begin with less than nothing available, so the quantity that was one too many would be none.
        """
        asked = asked_for(call, self.binding)
        calls = self.case.calls
        began = next((view for each in calls if (view := reply_of(each, self.binding).inventory)), None)
        if not isinstance(asked, PlaceOrder) or asked.kind is OrderKind.INCREMENT or began is None:
            return []
        shown = available_before(call, calls, self.binding)
        if shown is None or began.available is None or began.available >= 0:
            return []
        for index, piece in enumerate(body):
            if isinstance(piece, str) and (match := re.search(rf"(:\s*-?){asked.quantity}\b", piece)):
                body[index : index + 1] = [piece[: match.end(1)], Variable("quantity"), piece[match.end() :]]
                self.relative.add(call.seq)
                more = asked.quantity - shown
                return ["read_inventory", 'number_of "$available"', f"quantity=$((value + {more}))"]
        return []

    def _after(self, call: Exchange) -> None:
        """What a call may have made, whatever was recorded, so that it goes again."""
        asked = asked_for(call, self.binding)
        creates = isinstance(asked, Malformed) and asked.operation is Operation.CREATE_SUBSCRIBER
        if isinstance(asked, CreateSubscriber) or creates:
            if self.case.history:
                place = next(place for place, each in enumerate(self.case.calls, start=1) if each is call)
                self.lines.append(f'text "$identity"; aged_k{place}=$value')
            chosen = self.values.known.get(asked.identity or "") if isinstance(asked, CreateSubscriber) else ""
            # An own identity can be deleted even where it is not known whether it was created.
            noting = "note_maybe" if account_of(call) in self.unsure and chosen else "note_subscriber"
            self.lines.append(f'{noting} "${{{chosen}}}"' if chosen else noting)
        elif isinstance(asked, DeleteSubscriber) and asked.identity in self.values.known:
            self.lines.append(f'note_deleted "${{{self.values.known[asked.identity]}}}"')
        elif isinstance(asked, PlaceOrder) and asked.quantity < _QUANTITY:
            sign = "" if asked.kind is OrderKind.INCREMENT else "-"
            relative = any("quantity=$((" in line for line in self.lines[-4:])
            self.lines.append(f"note_order {sign}{'$quantity' if relative else asked.quantity}")

    def _learn(self, call: Exchange, number: int) -> None:
        """Keep this play's own of every value that the recorded answer gave out."""
        reply = reply_of(call, self.binding)
        if reply.subscriber and isinstance(asked_for(call, self.binding), CreateSubscriber):
            given = {"identity": reply.subscriber.identity, "password": reply.subscriber.password}
            for name, value in given.items():
                if value and value not in self.values.known:
                    self._keep(
                        value, f"subscriber.{name}", f"{name}_from_call_{number}", f"the answer to call {number}"
                    )
        order = reply.order.number if reply.order else None
        if order and order not in self.values.known:
            in_body = call.answer is not None and order in call.answer.body
            key = "order.number" if in_body else ""
            self._keep(order, key, f"order_from_call_{number}", f"the answer to call {number}")
        date = reply.order.created_at if reply.order else None
        if date and "L8" in self.case.finding.requirements and date not in self.values.known:
            self._keep(date, "order.created_at", f"date_from_call_{number}", f"the answer to call {number}")
        self._learn_location(call, number)
        token = member_of(call.answer.body, "access_token").strip('"') if call.answer else ""
        if token and call.intent.credential is Credential.CLIENT and token not in self.values.known:
            self.lines.append("text access_token")
            self.lines.append(f"{self.values.name(token, f'token_from_call_{number}')}=$value")

    def _learn_location(self, call: Exchange, number: int) -> None:
        """Keep where the Location leads this time, where a later call went where it had led."""
        located = call.answer.header("location") if call.answer and "H3" in self.case.finding.requirements else None
        if located is None:
            return
        place = urljoin(call.request.url, located)
        for later in self.case.calls:
            if later.seq > call.seq and later.request.method == "GET" and later.request.url == place:
                variable = self.followed[later.seq] = f"location_from_call_{number}"
                self.lines += ["followed", '[ -z "$difference" ] || return', f"{variable}=$value"]
                return

    # -- pieces -------------------------------------------------------------------------------------------------

    def _leaf(self, key: str) -> str:
        """The member name at the end of a pointer of the binding."""
        return self.binding.spelling[key].rpartition("/")[2]

    def _keep(self, value: str, key: str, name: str, whose: str) -> None:
        """Take a value from the answer at hand: the member that ``key`` names, or else the Location's last part."""
        variable = self.values.name(value, name)
        self.lines += [
            f"text {word(self._leaf(key))}" if key else "located",
            f'{variable}=$value; [ -n "$value" ] || could_not_tell {word(f"{whose} gives no value to go on with")}',
            f'encode "$value"; {variable}_encoded=$value',
        ]

    def _own(self, outgoing: Outgoing) -> list[str]:
        """A call of the script's own, with ``$quantity`` or ``$one`` where the stand-in stands."""
        stand_ins: dict[str, Piece] = {
            quote(_IDENTITY, safe=""): Variable("one", encoded=True),
            _IDENTITY: Variable("one"),
            str(_QUANTITY): Variable("quantity"),
        }

        def spelled(text: str) -> list[Piece]:
            pattern = "|".join(re.escape(each) for each in stand_ins)
            return [stand_ins.get(part, part) for part in re.split(f"({pattern})", text)]

        url = outgoing.url[len(self.binding.base_url) :]
        arguments = ["  own", outgoing.method, words([Variable("BASE_URL"), *spelled(url)])]
        lines = []
        if outgoing.body is not None:
            lines.append(f'  {printing(spelled(outgoing.body.decode()))} > "$work/own.sent"')
            arguments.append('--data-binary "@$work/own.sent"')
        arguments += [f"--header {words([f'{key}: ', *spelled(value)])}" for key, value in outgoing.headers]
        return [*lines, " ".join(arguments)]

    def _pause(self, before: Exchange | None, call: Exchange) -> None:
        """Something may have happened between two calls only because time went by."""
        if before is not None and call.started - before.ended >= _SHORTEST_PAUSE_S:
            # Where many other calls were made meanwhile, it was they that took the time.
            about_time = call.seq - before.seq <= MOST or "T10" in self.case.finding.requirements
            longest_s = _LONGEST_PAUSE_S if about_time else _SHORTEST_PAUSE_S
            self.lines.append(f"sleep {min(call.started - before.ended, longest_s):.1f}")


def _unsure(call: Exchange, binding: Binding) -> bool:
    """Whether a call may act although nothing of the kind is to be expected of it, or without anybody knowing."""
    if account_of(call) != OWN_ACCOUNT:
        return False
    asked = call_of(call, binding)
    if isinstance(asked, Malformed):
        return asked.operation in (Operation.PLACE_ORDER, Operation.CREATE_SUBSCRIBER)
    if not isinstance(asked, PlaceOrder | CreateSubscriber):
        return False
    intruding = call.intent.credential not in (Credential.LIVE, Credential.PRESUMED)
    return intruding or not call.answered or (call.answer is not None and call.answer.status >= 500)
