"""Guessing the identity that a counting target gives next."""

from __future__ import annotations

import pytest

from kandykit.explore.steps import Create, from_json, to_json
from kandykit.explore.walker import _counted_on


@pytest.mark.parametrize(
    ("identity", "following"),
    [
        ("user7@x.nl", "user8@x.nl"),
        ("user9@x.nl", "user10@x.nl"),
        ("u-0099@x2.nl", "u-0100@x2.nl"),
        ("a1-b2-c@x.nl", "a1-b3-c@x.nl"),
        ("nobody@x2.nl", None),
    ],
)
def test_the_last_number_of_the_user_part_counts(identity: str, following: str | None) -> None:
    assert _counted_on(identity, 1) == following


def test_a_guess_survives_json() -> None:
    guess = [Create("next", again="one", counted_on=2)]
    assert from_json(to_json(guess)) == guess
