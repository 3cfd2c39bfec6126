"""Subscribers come and go: each takes one product, gives it back once, and leaves its identity behind."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, Delete, Fill, ListOrders, Look, LookUp, Step, fewer, more
from kandykit.run import Run


@pytest.mark.requirements("L2", "L10")
@pytest.mark.parametrize("form", ["caller", "server"])
def test_a_subscriber_takes_one_product_and_gives_it_back(run: Run, form: str) -> None:
    """However its identity was chosen."""
    run.examine([Look(), more(2), Look(), Create("a", form=form), Look(), Delete("a"), Look()])


@pytest.mark.requirements("L2", "L10", "L9")
@pytest.mark.parametrize("signs", ["+", "._", "Ab", "-" + "x" * 40], ids=["plus", "dots", "capitals", "long"])
def test_an_accepted_identity_works_everywhere(run: Run, signs: str) -> None:
    """Whatever signs stand in it, it can be taken once, deleted, and is gone then."""
    run.examine(
        [
            Look(),
            more(2),
            Look(),
            Create("a", signs=signs),
            Look(),
            Create("a", again="a"),
            Look(),
            Delete("a"),
            Look(),
            Delete("a"),
            Look(),
        ]
    )


SIGNS = {
    "semicolon": ";",
    "ampersand": "&",
    "percent": "%",
    "slash": "/",
    "question mark": "?",
    "hash": "#",
    "equals": "=",
    "accent": "\u00e9",
    "accent by itself": "e\u0301",
    "beyond the first plane": "\U0001f600",
}
"""What a path, a query or a database may take for something else than a sign of an identity."""


@pytest.mark.requirements("L9", "L10")
@pytest.mark.parametrize("sign", SIGNS.values(), ids=SIGNS)
def test_an_identity_that_was_given_can_be_taken_back(run: Run, sign: str) -> None:
    """Each sign may be refused; where it is accepted it means itself, and ends nothing."""
    if not run.walker.caller_chooses:
        pytest.skip("this target chooses its identities itself")
    run.examine([Look(), more(2), Look(), Create("a", signs=sign + "x"), Delete("a"), Look()])


LONGEST_USER = 64
"""RFC 5321 lets a mailbox have so many octets before its @, so a target may refuse more."""

TELLING_LENGTHS = (16, 20, 24, 25, 30, 31, 32, 33, 36, 40, 45, 48, 49, 50, 51, 60, 63, 64)
"""What columns, digests and buffers have room for, and one more or less."""

ALIKE = {
    **dict.fromkeys(("with a dot within", "with a tag", "turned round", "of a domain below", "of a domain beside"), ""),
    "with another accent": "\u00e9",
}
"""What careless comparisons take for the same identity (`kandykit.explore.steps.Delete.spelt`), and what it has to hold
for that."""

NEARLY = (
    "shortened",
    "longer",
    "of a shorter user",
    "of a longer user",
    "with a space",
    "with a wildcard for a letter",
    "encoded twice",
    "of a domain below",
    "of a domain beside",
    "with a dot behind",
    "with a null behind",
)
"""What a delete may take for an identity by its beginning, as a pattern, or when it has tidied it up."""


@pytest.mark.requirements("L9", "L10", "R7")
def test_an_identity_may_have_any_length(run: Run) -> None:
    """What is accepted is kept whole, whatever would have room for less."""
    if not run.walker.caller_chooses:
        pytest.skip("this target chooses its identities itself")
    shortest = len(run.walker.fresh_identity().partition("@")[0])
    lengths = TELLING_LENGTHS if run.depth.long == 1 else range(shortest + 1, LONGEST_USER + 1)
    signs = ["x" * (length - shortest) for length in lengths if length > shortest]
    steps = [step for each in signs for step in (Create(each, signs=each), Delete(each))]
    run.examine([Look(), more(1), Look(), *steps, Look()])


@pytest.mark.requirements("L9", "L10")
def test_letter_case_makes_one_subscriber_or_two(run: Run) -> None:
    """Which of them is the target's choice, but not a mixture: what is deleted is what was named."""
    run.examine(
        [
            Look(),
            more(3),
            Look(),
            Create("a", signs="b"),
            Look(),
            Create("A", again="a", recased=True),
            Look(),
            Delete("A"),
            Look(),
            Create("a once more", again="a"),
            Look(),
            Delete("a"),
            Look(),
            Delete("A"),
            Look(),
        ]
    )


@pytest.mark.requirements("L10", "L2")
@pytest.mark.parametrize("order", ["first in, first out", "last in, first out"])
def test_subscribers_leave_in_any_order(run: Run, order: str) -> None:
    """Each delete gives back exactly one product, its repeat none."""
    names = ["a", "b", "c", "d"]
    leaving = names if order.startswith("first") else names[::-1]
    steps = [Look(), more(4), Look(), *[step for name in names for step in (Create(name), Look())]]
    for name in leaving:
        steps += [Delete(name), Look(), Delete(name), Look()]
    run.examine([*steps, fewer(4), Look()])


@pytest.mark.requirements("L9")
def test_a_live_identity_is_taken(run: Run) -> None:
    """A second subscriber under it is refused, takes no product, and leaves the first one as it was."""
    run.examine(
        [
            Look(),
            more(3),
            Look(),
            Create("a"),
            Look(),
            Create("a", again="a"),
            Look(),
            Create("b"),
            Look(),
            Create("a", again="a"),
            Look(),
            Create("b", again="b"),
            Look(),
            Delete("a"),
            Look(),
            Delete("b"),
            Look(),
        ]
    )


@pytest.mark.requirements("L9", "L10", "L2")
def test_an_identity_can_come_back_with_nothing_of_its_past(run: Run) -> None:
    """Created again after its delete (where the target allows that), it counts like any other."""
    again = [step for _ in range(3) for step in (Create("a", again="a"), Look(), Delete("a"), Look())]
    run.examine([Look(), more(2), Look(), Create("a"), Look(), Delete("a"), Look(), *again, Delete("a"), Look()])


@pytest.mark.requirements("L10")
@pytest.mark.parametrize("spelt", NEARLY)
@pytest.mark.parametrize("signs", ["", "-" + "x" * 40], ids=["short", "long"])
def test_an_identity_that_is_nearly_right_is_nobody(run: Run, signs: str, spelt: str) -> None:
    """A delete finds exactly the identity that it names."""
    nearly = [Delete("a", spelt=spelt), Look()]
    run.examine([Look(), more(1), Look(), Create("a", signs=signs), Look(), *nearly, Delete("a"), Look()])


@pytest.mark.requirements("L10", "L2", "L9")
@pytest.mark.parametrize(
    "spelt", ["of a longer user", "with a wildcard for a letter"], ids=["begins alike", "wildcard"]
)
@pytest.mark.parametrize("first", ["a", "nearly a"])
def test_who_is_nearly_named_is_not_meant(run: Run, spelt: str, first: str) -> None:
    """Of two whose identities are nearly the same, a delete finds the one that it names and leaves the other."""
    nearly = Create("nearly a", again="a", spelt=spelt)
    other = "a" if first != "a" else "nearly a"
    leave = [step for name in (first, other, first) for step in (Delete(name), Look())]
    run.examine([Look(), more(3), Look(), Create("a"), Look(), nearly, Look(), Create("b"), Look(), *leave])


@pytest.mark.requirements("L5", "L9", "L10")
@pytest.mark.parametrize(("spelt", "signs"), ALIKE.items(), ids=ALIKE)
def test_whose_identity_is_nearly_anothers_is_somebody_else(run: Run, spelt: str, signs: str) -> None:
    """Where such identities are accepted at all, one beside its like is no less a subscriber."""
    near_c, near_a = (Create(f"near {name}", again=name, spelt=spelt) for name in "ca")
    alone = [Create("c", signs=signs), Delete("c"), near_c, Look(), Delete("near c"), Look()]
    beside = [Create("a", signs=signs), Look(), near_a, Look(), Delete("near a"), Look()]
    run.examine([Look(), more(3), Look(), *alone, *beside, Delete("a"), Look()])


@pytest.mark.requirements("L5", "L9", "L10")
def test_identities_that_differ_in_their_last_sign_are_two(run: Run) -> None:
    """However long they are, none is cut off before it is compared."""
    if not run.walker.caller_chooses:
        pytest.skip("this target chooses its identities itself")
    shortest = len(run.walker.fresh_identity().partition("@")[0])
    steps: list[Step] = []
    for length in (length for length in TELLING_LENGTHS if shortest <= length < LONGEST_USER):
        one, other, alone = f"of {length}", f"of {length + 1}", f"alone, of {length + 1}"
        steps += [Create(alone, signs="x" * (length + 1 - shortest)), Delete(alone)]
        pair = [Create(one, signs="x" * (length - shortest)), Create(other, again=one, spelt="of a longer user")]
        steps += [*pair, Look(), Delete(other), Delete(one), Look()]
    run.examine([Look(), more(3), Look(), *steps])


@pytest.mark.requirements("L2", "L3")
def test_reading_between_any_two_steps_changes_nothing(run: Run) -> None:
    """The same steps, with every kind of read in between, and products that a read could take."""
    reads = [Look(), ListOrders(), LookUp("up"), Look(), LookUp("down"), Look(), LookUp(), Look()]
    run.examine(
        [
            Look(),
            more(4, label="up"),
            *reads,
            fewer(1, label="down"),
            *reads,
            Create("a"),
            *reads,
            Create("b"),
            *reads,
            Delete("a"),
            *reads,
            Delete("a"),
            *reads,
            Delete("b"),
            *reads,
            fewer(2),
            *reads,
        ]
    )


@pytest.mark.requirements("L2", "L10", "L9")
def test_many_subscribers_come_and_go(run: Run) -> None:
    """Nothing drifts over a long time, no password comes twice, and who stays keeps an identity of its own."""
    steps = [Look(), more(3), Look(), Create("stays", form="server"), Look()]
    for number in range(15 * run.depth.long):
        steps += [Create(f"s{number}", form="server" if number % 2 else "caller"), Look(), Delete(f"s{number}"), Look()]
    run.examine([*steps, Delete("stays"), Look(), fewer(3), Look()])


@pytest.mark.requirements("L2", "L9", "L10")
def test_no_identity_is_given_out_twice(run: Run) -> None:
    """However many a target has made up since, who stays keeps an identity of its own."""
    if not run.walker.server_chooses:
        pytest.skip("this target lets its callers choose identities")
    steps = [
        step
        for number in range(24 * run.depth.long)
        for step in (Create(f"s{number}", form="server"), Delete(f"s{number}"))
    ]
    run.examine(
        [Look(), more(2), Look(), Create("stays", form="server"), Look(), *steps, Look(), Delete("stays"), Look()]
    )


@pytest.mark.requirements("L9")
def test_a_target_that_counts_its_identities_gives_none_that_is_taken(run: Run) -> None:
    """Whoever guesses the next ones may have them or is refused; nobody else is given them after that."""
    if not (run.walker.server_chooses and run.walker.caller_chooses):
        pytest.skip("only one side chooses identities on this target")
    guessed = [Create(f"next but {number}", again="one", counted_on=2 + number) for number in range(2)]
    after = [step for number in range(3) for step in (Create(f"s{number}", form="server"), Look())]
    run.examine(
        [
            Look(),
            more(7),
            Look(),
            Create("one", form="server"),
            Create("two", form="server"),
            Look(),
            *guessed,
            Look(),
            *after,
        ]
    )


@pytest.mark.requirements("L2", "L3", "L5", "L9", "L10")
@pytest.mark.parametrize("form", ["caller", "server"])
def test_a_full_house_counts_every_subscriber(run: Run, form: str) -> None:
    """As many subscribers at once as the budget allows, none under another's identity, and each can leave.

    With one product left, each of their identities is taken, however many they are.
    """
    room = min(run.room(), 20 * run.depth.long)
    if room < 2:
        pytest.skip("the budget leaves no room for several subscribers")
    names = [f"s{number}" for number in range(room)]
    # The youngest, the oldest, the next youngest ...: neither end of a long list may be out of reach.
    leaving = [name for pair in zip(reversed(names), names, strict=True) for name in pair][:room]
    run.examine(
        [
            Look(),
            more(room),
            Look(),
            *[step for name in names[:-1] for step in (Create(name, form=form), Look())],
            *[Create(f"{name} again", again=name) for name in names[:-1] if form == "caller"],
            Look(),
            Create(names[-1], form=form),
            Look(),
            Create("one too many", form=form),
            Look(),
            fewer(1),
            Look(),
            # Somebody new comes for the oldest: nobody else may be meant by what he is given.
            Delete(names[0]),
            Create(names[0], form=form),
            Look(),
            *[step for name in leaving for step in (Delete(name), Look())],
            fewer(room),
            Look(),
        ]
    )


@pytest.mark.requirements("L2", "L3", "L5", "L7")
def test_at_the_limit_every_product_can_be_used(run: Run) -> None:
    """All that was agreed is there to be sold, down to the last product, and each comes back."""
    limit, view = run.judge.terms.limit, run.judge.account(run.names[0]).last_view
    if limit is None or view is None:
        pytest.skip("the limit is not known")
    needed = limit - (view.used or 0)
    if needed > 20 * run.depth.long:
        pytest.skip(f"this depth creates fewer subscribers than the {needed} that are needed to use up the limit")
    used_up = [Create("last"), Look(), Create("one too many"), Look(), Delete("last"), Look()]
    for short in (1, 0):
        filling = [more(-short, "room"), Look(), Fill(leave=1, most=needed), Look()]
        run.examine([Look(), *filling, *used_up, Delete("filler 0"), Look()])
