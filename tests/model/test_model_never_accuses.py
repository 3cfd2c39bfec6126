"""Whatever a correct server does, and however its answers get lost, the model accuses it of nothing."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated import Deed, Habits, Play, Server

from kandykit.calls import Stage
from kandykit.verdict import Verdict

WHATS = ("look", "look", "look", "list", "read", "more", "fewer", "create", "create", "again", "delete", "delete")
CLEAR = ("clear",)
FATES = ("clear", "clear", "clear", "clear", "503 idle", "503 acted", "cut", "cut idle", "timeout", "throttled")
PAUSES = (0.01, 0.01, 0.3, 2.0, 40.0)


def deeds(fates: tuple[str, ...], *more: str, most: int = 30) -> st.SearchStrategy[list[Deed]]:
    """Steps that go as ``fates`` say, with ``more`` kinds of steps than the usual ones."""
    step = st.builds(
        Deed,
        st.sampled_from((*WHATS, "nobody", *more)),
        st.integers(0, 11),
        st.sampled_from(fates),
        st.sampled_from(PAUSES),
    )
    return st.lists(step, min_size=3, max_size=most)


def habits(**fixed: object) -> st.SearchStrategy[Habits]:
    """A correct target's habits, but for those that are fixed."""
    drawn: dict[str, st.SearchStrategy[object]] = {
        "limit": st.sampled_from((None, None, 4, 7)),
        "limit_known": st.booleans(),
        "asynchronous": st.just(False),
        "reserves": st.booleans(),
        "promises": st.booleans(),
        "over_limit": st.sampled_from(("refused", "rejected", "for ever pending")),
        "repeat_answers": st.sampled_from((404, 404, 200)),
        "taken_answers": st.sampled_from((400, 200)),
        "reuse": st.booleans(),
        "shows": st.sampled_from(("total used available",) * 4 + ("available", "total", "used", "total used")),
        "server_chooses": st.booleans(),
        "total": st.integers(0, 4),
    }
    drawn.update(
        {name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in fixed.items()}
    )
    return st.fixed_dictionaries(drawn).map(lambda said: Habits(**said))  # type: ignore[arg-type]


def accuses_nobody(said: Habits, steps: list[Deed]) -> None:
    play = Play(Server(said)).run([Deed("list", 0, "clear"), *steps])
    blamed = [finding for finding in play.said if finding.verdict is not Verdict.PASS]
    assert not blamed, "\n".join([str(said), *play.log, *map(str, blamed)])


quick = settings(
    max_examples=400, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@quick
@given(habits(), deeds(CLEAR))
def test_clear_answers(said: Habits, steps: list[Deed]) -> None:
    """Clear answers from a server that does everything at once."""
    accuses_nobody(said, steps)


@quick
@given(habits(), deeds(FATES, "late"))
def test_unclear_answers(said: Habits, steps: list[Deed]) -> None:
    """Answers that get lost, before acting, after it, or with the deed done half a minute later."""
    accuses_nobody(said, steps)


@quick
@given(habits(asynchronous=True), deeds(CLEAR, "decide", "decide", "decide"))
def test_pending_orders(said: Habits, steps: list[Deed]) -> None:
    """Orders that are fulfilled or rejected at any later moment."""
    accuses_nobody(said, steps)


@quick
@given(habits(asynchronous=True), deeds(FATES, "decide", "decide", "decide", "late"))
def test_pending_orders_and_unclear_answers(said: Habits, steps: list[Deed]) -> None:
    """Lost order numbers, and orders that are pending without anybody knowing."""
    accuses_nobody(said, steps)


@quick
@given(habits(lag_s=st.sampled_from((0.5, 2.5))), deeds(CLEAR))
def test_reads_that_lag_as_declared(said: Habits, steps: list[Deed]) -> None:
    """Reads that show any state of the declared last seconds, now a new one, now an old one."""
    accuses_nobody(said, steps)


@quick
@given(habits(lag_s=st.sampled_from((0.5, 2.5)), asynchronous=st.booleans()), deeds(FATES, "decide", "decide", "late"))
def test_everything_at_once(said: Habits, steps: list[Deed]) -> None:
    """Lag, lost answers and pending orders together."""
    accuses_nobody(said, steps)


@quick
@given(
    habits(
        asynchronous=st.booleans(),
        total=st.integers(3, 9),
        used=st.integers(0, 3),
        limit=st.sampled_from((None, 12)),
        old_orders=st.lists(
            st.tuples(st.integers(1, 3), st.sampled_from((Stage.DONE, Stage.OPEN, Stage.NOT_DONE))), max_size=3
        ).map(tuple),
    ),
    deeds(FATES, "decide", "late"),
)
def test_an_account_that_is_in_use(said: Habits, steps: list[Deed]) -> None:
    """Products, subscribers and orders of earlier days, some of the orders still pending."""
    accuses_nobody(said, steps)
