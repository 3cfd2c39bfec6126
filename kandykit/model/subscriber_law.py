"""Subscribers: stock decides who may be created (L5), each is its own (L9), and a delete frees once (L10)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from kandykit.calls import CreateSubscriber, DeleteSubscriber, Malformed, Outcome, SubscriberView
from kandykit.model.event import Event
from kandykit.model.identities import Life, Subscriber
from kandykit.model.state import SOURCE, State
from kandykit.model.stock import Question
from kandykit.verdict import Check, Finding, Held


class SubscriberLaw:
    """Judges every create and every delete of a subscriber."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._forms: dict[str, bool] = {}
        self._of_its_own: set[str] = set()
        self._never_lived: set[str] = set()
        self._undone: dict[str, int] = {}
        self._turned_away: dict[str, int] = {}
        self._honoured: int | None = None
        self._ignores_wishes = False

    @property
    def forms(self) -> frozenset[str]:
        """The forms of identities that were accepted."""
        return frozenset(form for form, accepted in self._forms.items() if accepted)

    def _form(self, identity: str | None) -> str:
        """The form of an identity; a target may keep those for itself that are like the ones it makes up."""
        if identity and _without_numbers(identity) in self._of_its_own:
            return "like the target's own"
        return form_of(identity)

    # -- creating -----------------------------------------------------------------------------------------------

    def created(self, event: Event, call: CreateSubscriber) -> Iterable[Check]:
        """A create was sent, and answered or not."""
        outcome = event.reply.outcome
        known = self.state.identities.of(call.identity) if call.identity else None
        if outcome is Outcome.THROTTLED and call.identity and known is None:
            self._turned_away[call.identity] = event.seq
        elif outcome is Outcome.DONE:
            yield from self._accepted(event, call, known)
        elif outcome is Outcome.REFUSED and event.reply.status != 401 and not event.excused:
            yield from self._refused(event, call, known)
        elif outcome is Outcome.UNCLEAR:
            self._unclear_create(event, call, known)

    def _accepted(self, event: Event, call: CreateSubscriber, known: Subscriber | None) -> Iterable[Check]:
        stock, identities = self.state.stock, self.state.identities
        seq, ended, status = event.seq, event.exchange.ended, event.reply.status
        self._forms[self._form(call.identity)] = True
        shown = event.reply.subscriber
        identity = (shown.identity if shown else None) or call.identity
        if identity and not call.identity:
            self._of_its_own.add(_without_numbers(identity))
        other = identities.of(identity) if identity else None
        yield from self._as_wished(event, call, shown)
        if other is not None and other.life is Life.LIVE:
            self.state.window.taken.add(seq)
            if known is other and status == 200:
                return  # may be the same subscriber once more; the next read tells whether it took a product
            yield self._taken_accepted(event, other, same=known is other)
            stock.ask(Question(seq, 0, 1, ended), ended)
            return
        if identity in stock.doubtful and stock.worlds is not None:
            yield from self._accepted_in_doubt(event, identity, known if status == 200 else None)
            return
        if other is not None and other.life is Life.IN_DOUBT and status == 200 and known is other:
            stock.ask(Question(seq, 0, 1, ended), ended)
        else:
            yield from self._took_stock(event)
            stock.change(0, 1, ended)
        if identity is None:
            return
        yield Held("L9")
        identities.set(identity, Life.LIVE, seq, ended)
        self._never_lived.discard(identity)
        yield from self.password(event, identity, other)

    def _as_wished(self, event: Event, call: CreateSubscriber, shown: SubscriberView | None) -> Iterable[Check]:
        """A target that lets callers choose gives a subscriber the identity that was asked for, or refuses.

        Letter case is the target's choice; one that always chooses by itself has never given what was asked for.
        """
        if not call.identity or shown is None or not shown.identity or isinstance(event.call, Malformed):
            return
        if shown.identity.casefold() == call.identity.casefold():
            self._honoured = event.seq
            self._ignores_wishes = False
        elif self._honoured is None:
            self._ignores_wishes = True
        elif self.state.identities.of(call.identity) is None:
            yield Finding(
                "L9",
                "A subscriber is created under another identity than the one asked for",
                f"{call.identity}, or a refusal",
                f"{event.reply.status} for {shown.identity}",
                (self._honoured, event.seq),
                also=("R2",),
                source=SOURCE,
            )

    def _accepted_in_doubt(self, event: Event, identity: str, may_be_live: Subscriber | None) -> Iterable[Check]:
        """A create succeeds under an identity that an unclear answer may have made live, or left so."""
        stock, seq, ended = self.state.stock, event.seq, event.exchange.ended
        worlds = stock.worlds or frozenset()
        gone = [world for world in worlds if identity not in world.alive]
        if not gone and may_be_live is None:
            known = self.state.identities.of(identity)
            assert known is not None
            yield self._taken_accepted(event, known, same=True)
            stock.ask(Question(seq, 0, 1, ended), ended)
            return
        after = [world._replace(used=world.used + 1, alive=world.alive | {identity}) for world in gone]
        if may_be_live is not None:
            after += [world for world in worlds if identity in world.alive]
        self._never_lived.discard(identity)
        stock.narrow(after, ended)
        self.decide(event)
        yield from self.password(event, identity)

    def _taken_accepted(self, event: Event, known: Subscriber, *, same: bool) -> Finding:
        asked = "A create under a live identity is accepted", "a refusal: the identity is taken"
        given = "Two live subscribers share an identity", "an identity that no live subscriber has"
        title, expected = asked if same else given
        # It may have gone with another one, whose delete was not told its letter case.
        gone = self.state.identities.gone_in_other_case(known)
        return Finding(
            "L9",
            title,
            expected,
            f"{event.reply.status} for {known.identity} again",
            (known.seq, *((gone.seq,) if gone else ()), event.seq),
            also=("L10",) if gone else (),
            source=SOURCE,
            verdict=self.state.verdict,
        )

    def password(self, event: Event, identity: str, before: Subscriber | None = None) -> Iterable[Check]:
        """The password that a new subscriber is given must be nobody else's.

        ``before`` is the one that had the identity before, where that is certain: once it is gone it is another.
        """
        shown = event.reply.subscriber
        if shown is None or not shown.password:
            return
        gone = before.seq if before is not None and before.life is Life.GONE else None
        earlier = self.state.identities.password_of_another(identity, shown.password, event.seq, gone)
        if earlier is not None and gone is not None and earlier < gone < event.seq:
            yield Finding(
                "L9",
                "A subscriber that is created again gets the password of the deleted one",
                "a password of its own for each subscriber, shown once",
                "the password that was shown before the deletion",
                (earlier, gone, event.seq),
                source=SOURCE,
            )
        elif earlier is None and (elsewhere := self._password_elsewhere(identity, shown.password)) is not None:
            yield Finding(
                "L11",
                "A subscriber gets the password of another account's subscriber of the same identity",
                "a password of its own for each subscriber",
                "the password of the other account's subscriber",
                (elsewhere, event.seq),
                also=("L9",),
                source=SOURCE,
            )
        elif earlier is not None:
            yield Finding(
                "L9",
                "Two subscribers get the same password",
                "a password of its own for each subscriber",
                "the password of another subscriber",
                (earlier, event.seq),
                source=SOURCE,
            )

    def _password_elsewhere(self, identity: str, password: str) -> int | None:
        """The exchange that gave another account's subscriber of this identity this password; None where none did.

        Where passwords are short, those of others may be alike by chance, or because each account has its own row.
        """
        shown = (other.identities.passwords.get(password) for other in self.state.others)
        return next((known[1] for known in shown if known is not None and known[0] == identity), None)

    def _took_stock(self, event: Event) -> Iterable[Check]:
        stock = self.state.stock
        if stock.worlds is None or not stock.knows_available:
            return
        enough = stock.affording(1)
        if enough:
            yield Held("L5")
            stock.narrow(enough, event.exchange.ended)
            return
        yield self.state.law(
            "L5",
            "A subscriber is created although no product is available",
            event,
            f"a refusal: {self.state.possible()}",
            f"{event.reply.status}, a subscriber",
        )

    def _refused(self, event: Event, call: CreateSubscriber, known: Subscriber | None) -> Iterable[Check]:
        stock = self.state.stock
        if stock.worlds is None or not stock.knows_available:
            return
        least, most = stock.availables(self.state.lately(event))
        if known is not None:
            if known.life is Life.LIVE and least >= 1:
                yield Held("L9")
                yield from self.state.refused_for("taken", event)
            return
        if call.identity is not None and self.state.identities.live_in_other_case(call.identity):
            return  # whether identities have letter case is the target's choice
        if call.identity is not None and any(other.identities.of(call.identity) for other in self.state.others):
            return  # whether an identity of one account is taken for the others too is the target's choice
        form = self._form(call.identity)
        if least <= 0:
            if most <= 0:
                yield Held("L5")
                if self._forms.get(form):
                    yield from self.state.refused_for("no_stock", event)
            return
        self._forms.setdefault(form, False)
        both = "server" in self._forms and any(map(_is_plain, self._forms))
        # Who lets his callers choose may take no domain but his own, and says 400 to any other.
        never = both and not any(self._forms.values()) and event.reply.status != 400
        undone = self._undone.get(call.identity) if call.identity else None
        turned_away = self._turned_away.get(call.identity) if call.identity else None
        if turned_away is not None and self._forms[form]:
            yield self._acted(event, turned_away, "create", f"a subscriber: {self.state.possible()}", also=("L5",))
        elif undone is not None and self._forms[form]:
            yield self.state.law(
                "L12",
                "An unclear create leaves its identity taken and uses no product",
                event,
                f"a subscriber, for {call.identity} was not created: {self.state.possible()}",
                f"a refusal with {event.reply.status}",
                undone,
                also=("L2",),
            )
        elif self._forms[form] or never:
            yield self.state.law(
                "L5",
                "A subscriber is refused although a product is available",
                event,
                f"a subscriber: {self.state.possible()}",
                f"a refusal with {event.reply.status}",
            )

    def _unclear_create(self, event: Event, call: CreateSubscriber, known: Subscriber | None) -> None:
        # Where wishes are ignored nobody knows under which name a subscriber stands whose answer was lost.
        stock, identity = self.state.stock, "" if self._ignores_wishes else call.identity or ""
        if known is not None and known.life is Life.LIVE:
            return
        if identity and (known is None or known.life is Life.GONE):
            stock.doubt(identity, live=False)
            if known is None:
                self._never_lived.add(identity)
            self.state.identities.set(identity, Life.IN_DOUBT, event.seq, event.exchange.ended)
        stock.ask(Question(event.seq, 0, 1, self.state.closes(event), identity), event.exchange.ended)

    # -- deleting -----------------------------------------------------------------------------------------------

    def deleted(self, event: Event, call: DeleteSubscriber) -> Iterable[Check]:
        """A delete was sent, and answered or not."""
        outcome, identity = event.reply.outcome, call.identity
        known = self.state.identities.of(identity)
        life = known.life if known else Life.GONE
        if outcome is Outcome.THROTTLED and life is Life.LIVE:
            self._turned_away[identity] = event.seq
        if outcome is Outcome.THROTTLED or event.reply.status == 401 or (event.refused and event.excused):
            return
        if outcome is Outcome.UNCLEAR:
            self._unclear_delete(event, identity, life)
        elif life is Life.LIVE:
            assert known is not None
            yield from self._delete_of_live(event, known)
        elif life is Life.IN_DOUBT:
            yield from self._delete_in_doubt(event, identity)
        else:
            self.state.window.repeats.add(event.seq)
            if outcome is Outcome.REFUSED:
                # Who was deleted may be gone (410) where who never was is not found (404).
                yield from self.state.refused_for("unknown", event, "deleted before" if known else "never there")

    def decide(self, event: Event) -> None:
        """Identities that the worlds no longer disagree about are live or gone for certain."""
        identities, stock = self.state.identities, self.state.stock
        for identity, live in stock.decided(event.exchange.started):
            known = identities.of(identity)
            if not live and identity in self._never_lived:
                if known is not None:
                    self._undone[identity] = known.seq
                identities.drop(identity)
            elif known is not None:
                identities.set(identity, Life.LIVE if live else Life.GONE, known.seq, known.since)
            self._never_lived.discard(identity)

    def _delete_of_live(self, event: Event, known: Subscriber) -> Iterable[Check]:
        if event.reply.outcome is Outcome.DONE:
            self.state.stock.change(0, -1, event.exchange.ended)
            self.state.identities.set(known.identity, Life.GONE, event.seq, event.exchange.ended)
        elif event.exchange.started > known.since + self.state.lag_s or not self.state.lag_s:
            turned_away = self._turned_away.get(known.identity)
            if turned_away is not None and turned_away > known.seq:
                yield self._acted(event, turned_away, "delete", f"{known.identity} is deleted", also=("L10",))
            else:
                yield self.state.law(
                    "L10",
                    "A delete of a live subscriber is refused",
                    event,
                    f"{known.identity} is deleted",
                    f"a refusal with {event.reply.status}",
                    known.seq,
                )
            # The target denies it: said once, it is no longer held against what the inventory shows, or whatever took
            # the subscriber away could never be seen to do it again.
            self.state.identities.set(known.identity, Life.IN_DOUBT, event.seq, event.exchange.ended)

    def _acted(self, event: Event, turned_away: int, what: str, expected: str, also: tuple[str, ...]) -> Finding:
        """The same call was turned away with 429 before, and is refused now as if it had been carried out then."""
        return self.state.law(
            "L4",
            f"A {what} that is turned away is carried out",
            event,
            expected,
            f"a refusal with {event.reply.status}, as if that had been done before",
            turned_away,
            also=also,
        )

    def _delete_in_doubt(self, event: Event, identity: str) -> Iterable[Check]:
        """A clear answer to the delete of a subscriber that may be live: whatever had happened, it is gone now."""
        stock, ended = self.state.stock, event.exchange.ended
        done = event.reply.outcome is Outcome.DONE
        if identity not in stock.doubtful or stock.worlds is None:
            if done:
                stock.ask(Question(event.seq, 0, -1, self.state.closes(event)), ended)
            if not stock.under_way(identity, ended):
                self.state.identities.set(identity, Life.GONE, event.seq, ended)
            return
        gone = [world for world in stock.worlds if identity not in world.alive]
        if done:
            gone += [
                world._replace(used=world.used - 1, alive=world.alive - {identity})
                for world in stock.worlds
                if identity in world.alive
            ]
        if not stock.narrow(gone, ended):
            known = self.state.identities.of(identity)
            yield self.state.law(
                "L10",
                "A delete of a live subscriber is refused",
                event,
                f"{identity} is deleted",
                f"a refusal with {event.reply.status}",
                known.seq if known else None,
            )
        elif done:
            self._never_lived.discard(identity)
        self.decide(event)

    def _unclear_delete(self, event: Event, identity: str, life: Life) -> None:
        stock, ended = self.state.stock, event.exchange.ended
        if life is Life.GONE:
            return
        if life is Life.LIVE:
            stock.doubt(identity, live=True)
            self.state.identities.set(identity, Life.IN_DOUBT, event.seq, ended)
        stock.ask(Question(event.seq, 0, -1, self.state.closes(event), identity), ended)


def _without_numbers(identity: str) -> str:
    return re.sub(r"[0-9]+", "0", identity.casefold())


def form_of(identity: str | None) -> str:
    """The form of an identity: ``server`` where the target chooses it, else ``caller``, its unusual signs and domain,
    how many signs stand before that, of which kind the first and the last, and whether two unusual ones meet.

    A target may refuse a form that it never accepted; one that it did accept is good for every identity of that form.
    """
    if identity is None:
        return "server"
    user, at, domain = identity.rpartition("@")
    if not at:
        user, domain = identity, ""
    signs = {"A" if sign.isupper() else sign for sign in user if not (sign.isdigit() or sign.islower() or sign == "-")}
    ends = " to ".join(
        "a digit" if sign.isdigit() else "a letter" if sign.isalpha() else sign for sign in user[:1] + user[-1:]
    )
    meet = any(not one.isalnum() and not other.isalnum() for one, other in pairwise(user))
    return " ".join(("caller", *sorted(signs), f"@{domain}, {len(user)} from {ends}{', two in a row' * meet}"))


def _is_plain(form: str) -> bool:
    """Whether it is the form of an identity of the caller's choice with nothing unusual in it."""
    return form.startswith("caller @")
