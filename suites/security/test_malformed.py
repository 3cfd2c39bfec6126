"""Malformed input gets a clear refusal and changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kandykit.explore import unusual
from kandykit.explore.generate.request import raw_of, subscriber
from kandykit.explore.steps import Create, Delete, Look, Send, Step, more
from kandykit.run import Run

SENT_TOGETHER = 6
"""So many unusual calls share one programme: few enough that cutting it down stays cheap."""


def _in_groups(names: list[str]) -> list[list[str]]:
    return [names[start : start + SENT_TOGETHER] for start in range(0, len(names), SENT_TOGETHER)]


STOCK = [Look(), more(3), Look(), Create("a"), Look()]
"""What each programme begins with: products and a subscriber that a call could wrongly take away."""


def _each_looked_at(names: list[str], times: int = 1) -> list[Send | Look]:
    return [step for name in names for step in (*[Send(name)] * times, Look())]


RUNNING = 3
"""A server error to a well-formed call is a failure when it comes so many times running: once may be chance."""


@pytest.mark.requirements("R3", "H1", "H2", "H19")
def test_one_of_each_kind_comes_before_all_others(run: Run) -> None:
    """What needs no stock, in small: a slow target gets at least to this."""
    names = ["method: HEAD inventory", "method: PUT inventory", "order: the body is empty"]
    run.examine([Look(), *_each_looked_at(names)])


@pytest.mark.requirements("R3", "L4", "R2", "K2")
@pytest.mark.parametrize("names", _in_groups(unusual.names("order")), ids=lambda names: names[0])
def test_a_malformed_order_is_refused(run: Run, names: list[str]) -> None:
    """Wrong types, ranges, members and encodings, one at a time."""
    run.examine([*STOCK, *_each_looked_at(names)])


@pytest.mark.requirements("R3", "L4", "R2", "K2")
@pytest.mark.parametrize("names", _in_groups(unusual.names("subscriber")), ids=lambda names: names[0])
def test_a_malformed_create_is_refused(run: Run, names: list[str]) -> None:
    """With products available, so that nothing but the call itself is wrong."""
    run.examine([*STOCK, *_each_looked_at(names)])


@pytest.mark.requirements("R3", "L4")
def test_what_is_missing_is_not_what_was_sent_before(run: Run) -> None:
    """Right after a good call of the same kind, for a target may keep what that had."""
    steps: list[Step] = [Look(), more(6), Look()]
    for name in ("the body is empty", "the body is an empty object", "quantity is missing", "order type is missing"):
        steps += [more(1), Send(f"order: {name}"), Look()]
    for name in ("the body is empty", "the body is an empty object", "product is missing"):
        steps += [Create(name, form="server"), Send(f"subscriber: {name}"), Look()]
    run.examine(steps)


@pytest.mark.requirements("R3", "R7", "L10")
@pytest.mark.parametrize("names", _in_groups(unusual.names("delete")), ids=lambda names: names[0])
def test_a_delete_of_nothing_deletes_nobody(run: Run, names: list[str]) -> None:
    """Empty, wildcard and broken identities free nothing and are no error of the server."""
    run.examine([Look(), more(2), Create("a"), Look(), *_each_looked_at(names, RUNNING), Delete("a"), Look()])


@pytest.mark.requirements("R3", "L13")
@pytest.mark.parametrize("names", _in_groups(unusual.names("content type")), ids=lambda names: names[0])
def test_another_content_type_is_answered_clearly(run: Run, names: list[str]) -> None:
    """Accepted or refused, but never a server error."""
    run.examine([*STOCK, *_each_looked_at(names)])


@pytest.mark.requirements("R3", "R7", "L13")
@pytest.mark.parametrize("names", _in_groups(unusual.names("read")), ids=lambda names: names[0])
def test_an_unusual_read_is_answered_clearly(run: Run, names: list[str]) -> None:
    """Odd parameters: taken or refused, but never a server error, and nothing changes."""
    run.examine([*STOCK, *_each_looked_at(names, RUNNING)])


@pytest.mark.requirements("R7", "L4")
@pytest.mark.parametrize("names", _in_groups(unusual.names("odd")), ids=lambda names: names[0])
def test_odd_calls_are_served_like_any_other(run: Run, names: list[str]) -> None:
    """What is well-formed is answered, however seldom it is seen; three times, for once may be chance."""
    looks = [[] if "read" in name else [Look()] for name in names]
    steps = [step for name, look in zip(names, looks, strict=True) for step in (*[Send(name)] * RUNNING, *look)]
    stock = more(3 + 6 * sum("decrement" in name for name in names))
    run.examine([Look(), stock, Look(), *steps, Look()])


@pytest.mark.requirements("H1", "H2", "H19", "L13")
@pytest.mark.parametrize(
    "names",
    _in_groups(sorted(unusual.names("method"), key=lambda name: "HEAD" not in name)),
    ids=lambda names: names[0],
)
def test_methods_that_are_not_documented_do_nothing(run: Run, names: list[str]) -> None:
    """They are refused with 405 and Allow, and change nothing."""
    run.examine([*STOCK, *_each_looked_at(names)])


@pytest.mark.requirements("H1", "H2", "R5", "L13")
def test_a_subscriber_can_be_deleted_and_nothing_else(run: Run) -> None:
    """Its own path knows no other method, and shows nothing of it."""
    delete = raw_of(run.binding.delete_subscriber(subscriber("a")), run.binding.base_url)
    if "{{" not in delete.path:
        pytest.skip("this target has no path for one subscriber")
    steps: list[Step] = []
    for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH"):
        body = "{}" if method in ("POST", "PUT", "PATCH") else None
        steps += [replace(delete, method=method, body=body, probe=f"method: {method} one subscriber"), Look()]
    # Frameworks that take another method from a header or a query do it for any method if nobody forbids it.
    meant = "method: GET one subscriber, meant as DELETE by its"
    overriding = (("x-http-method-override", "DELETE"), *delete.headers)
    mark = "&" if "?" in delete.path else "?"
    steps += [replace(delete, method="GET", headers=overriding, probe=f"{meant} header"), Look()]
    steps += [replace(delete, method="GET", path=f"{delete.path}{mark}_method=DELETE", probe=f"{meant} query"), Look()]
    if mark == "?":
        below = "method: DELETE something of one subscriber"
        steps += [replace(delete, path=f"{delete.path}/password", probe=below), Look()]
    run.examine([*STOCK, *steps, Delete("a"), Look()])


@pytest.mark.requirements("C1", "C2", "C3")
def test_a_delete_that_succeeds_is_answered_to_its_origin(run: Run) -> None:
    """Of the calls that need something to be there first, the one that no other test makes from an origin."""
    delete = raw_of(run.binding.delete_subscriber(subscriber("a")), run.binding.base_url)
    run.examine([*STOCK, replace(delete, headers=(("origin", "https://app.example"), *delete.headers)), Look()])


@pytest.mark.requirements("C1", "C2", "C3", "C4", "C5", "C6")
@pytest.mark.parametrize("names", _in_groups(unusual.names("origin", "preflight")), ids=lambda names: names[0])
def test_browsers_are_answered_as_the_fetch_standard_says(run: Run, names: list[str]) -> None:
    """Calls with an origin, and the preflights before them."""
    run.examine([*STOCK, *_each_looked_at(names)])
