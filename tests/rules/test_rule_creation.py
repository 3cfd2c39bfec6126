"""R2: created_at is when it was created."""

from __future__ import annotations

import pytest
from rule_sights import CREATED, ORDER, PLACED, WANTED, met, says

from kandykit.rules.creation import created_at_is_when_it_was_created as rule

NOON = {"date": "Thu, 01 Jan 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("created", "said"),
    [
        ("2026-01-01T12:00:00Z", {"R2 held"}),
        ("2026-01-01T11:59:01.250Z", {"R2 held"}),
        ("2026-01-01T14:00:00+02:00", {"R2 held"}),
        ("2026-01-01T13:00:02Z", {"R2 fail"}),
        ("2026-01-01T06:30:00Z", {"R2 fail"}),
        ("2026-01-02T01:59:55Z", {"R2 fail"}),
        ("2026-01-01T12:02:00Z", set()),
        ("2026-01-01T12:11:00Z", {"R2 warn"}),
        ("2026-01-01T13:00:40Z", {"R2 warn"}),
        ("2026-01-02T12:00:00Z", {"R2 warn"}),
        ("just now", set()),
    ],
)
def test_what_was_just_created_says_so_in_utc(created: str, said: set[str]) -> None:
    order = met("POST", "/order", 201, ORDER | {"created_at": created}, sent=PLACED, headers=NOON)
    assert says(rule, order) == said
    subscriber = met("POST", "/subscriber", 201, CREATED | {"created_at": created}, sent=WANTED, headers=NOON)
    assert says(rule, subscriber) == said


def test_without_a_date_or_where_nothing_was_created_it_says_nothing() -> None:
    old = ORDER | {"created_at": "2025-12-31T23:00:00Z"}
    assert says(rule, met("POST", "/order", 201, old, sent=PLACED, headers={"date": None})) == set()
    assert says(rule, met("POST", "/order", 200, old, sent=PLACED, headers=NOON)) == set()
    assert says(rule, met("GET", "/order", 200, {"orders": [old]}, headers=NOON)) == set()
