"""Nothing opens without a live Bearer token, and no token is minted for a wrong secret."""

from __future__ import annotations

import pytest

from kandykit.counterfeit import COUNTERFEITS
from kandykit.exchange import Credential
from kandykit.explore.intrusions import PATH_SPELLINGS, TARGETS, TOKEN_VARIANTS
from kandykit.explore.steps import Create, Delete, Intrude, ListOrders, Look, more
from kandykit.run import Run

BAD = [
    (Credential.NONE, ""),
    (Credential.NONE, "in the query"),
    (Credential.NONE, "like a preflight"),
    *((Credential.UNKNOWN, name) for name in COUNTERFEITS),
    (Credential.UNKNOWN, "unsigned"),
    (Credential.UNKNOWN, "empty"),
    (Credential.UNKNOWN, "no token"),
    (Credential.UNKNOWN, "client id"),
    (Credential.UNKNOWN, "last character"),
    (Credential.UNKNOWN, "longer"),
    (Credential.UNKNOWN, "shorter"),
    (Credential.UNKNOWN, "other case"),
    (Credential.OTHER_SCHEME, ""),
    (Credential.OTHER_SCHEME, "client"),
    (Credential.OTHER_SCHEME, "token"),
    (Credential.OTHER_SCHEME, "bare"),
]


@pytest.mark.requirements("R6", "B1", "B2", "B3")
def test_reading_needs_a_live_token(run: Run) -> None:
    """The same with reads alone, which need no stock: a slow target gets at least to this."""
    run.examine([Intrude(credential, "inventory", variant) for credential, variant in BAD if not variant])


@pytest.mark.requirements("R6")
def test_no_other_spelling_of_a_path_is_open(run: Run) -> None:
    """What looks after the token and what finds the operation may read a path differently."""
    places = [(what, spelling) for spelling in PATH_SPELLINGS for what in ("inventory", "orders")]
    run.examine([Intrude(Credential.NONE, what, spelling) for what, spelling in places])


@pytest.mark.requirements("R6", "B1", "B2", "B3", "L4")
@pytest.mark.parametrize(("credential", "variant"), BAD, ids=[f"{kind.value} {how}".strip() for kind, how in BAD])
def test_no_call_is_let_in_without_a_live_token(run: Run, credential: Credential, variant: str) -> None:
    """Every operation refuses, and none has an effect."""
    steps = [Look(), more(2, label="a"), Create("a"), Look()]
    for what in TARGETS:
        steps += [Intrude(credential, what, variant, label="a"), Look()]
    run.examine([*steps, Delete("a"), Look(), ListOrders()])


@pytest.mark.requirements("B5")
@pytest.mark.parametrize("scheme", ["lower-case scheme", "upper-case scheme"])
def test_the_name_of_the_scheme_has_no_letter_case(run: Run, scheme: str) -> None:
    """A live token is live, however Bearer is written."""
    run.examine([Look(), Intrude(Credential.LIVE, "inventory", scheme), Intrude(Credential.LIVE, "orders", scheme)])


@pytest.mark.requirements("R6", "T1", "T6", "T7", "T8")
@pytest.mark.parametrize("variant", TOKEN_VARIANTS)
def test_the_token_endpoint_mints_for_its_clients_only(run: Run, variant: str) -> None:
    """A wrong, missing or misplaced secret, another grant or another method gets none."""
    if variant == "another client's secret" and len(run.walker.names) < 2:
        pytest.skip("the profile lists one account only")
    run.examine([Intrude(Credential.CLIENT, "token", variant)])


@pytest.mark.requirements("R6", "B3")
def test_an_expired_token_opens_nothing(run: Run) -> None:
    """Once its announced life is over, a token is refused like any other that is not live."""
    if not run.await_expiry():
        pytest.skip("no token expires within the time that this depth waits")
    steps = [Look(), more(2, label="a"), Create("a"), Look()]
    for what in TARGETS:
        steps += [Intrude(Credential.EXPIRED, what, label="a"), Look()]
    run.examine(steps)


@pytest.mark.requirements("T10")
def test_an_earlier_token_lives_on_beside_a_later_one(run: Run) -> None:
    """Mints may give the same token or others; each works."""
    run.several_tokens()
