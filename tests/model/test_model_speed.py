"""The model keeps up: microseconds a call, also on an account with thousands of orders and identities."""

from __future__ import annotations

from time import perf_counter

from story import MORE, Story, order

from kandykit.calls import DeleteSubscriber, InventoryView, Outcome, ReadInventory, Reply
from kandykit.model.event import Event
from kandykit.verdict import Held


def a_large_account() -> Story:
    story = Story().lists(*(order(f"old-{number}", MORE, 1) for number in range(3000))).shows(20_000, 0)
    for number in range(10_000):
        story.creates(f"s{number}@x.nl", password=f"p{number}")
    return story


def test_an_ordinary_call_takes_microseconds_on_a_large_account() -> None:
    story = a_large_account()
    story.shows(20_000, 10_000)
    events: list[Event] = []
    for number in range(1000):
        events.append(story._event(DeleteSubscriber(f"s{number}@x.nl"), Reply(Outcome.DONE, 200), 200))
        view = InventoryView(20_000, 9_999 - number, 10_001 + number)
        events.append(story._event(ReadInventory(), Reply(Outcome.DONE, 200, inventory=view), 200))
    began = perf_counter()
    checks = [check for event in events for check in story.account.see(event)]
    each = (perf_counter() - began) / len(events)
    assert all(isinstance(check, Held) for check in checks)
    print(f"{each * 1e6:.1f} microseconds a call")
    assert each < 150e-6  # about 10 here; a loaded machine gets some air
