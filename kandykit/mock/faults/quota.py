"""A quota that is not kept, not told truly, or not told clearly."""

from typing import Any

from kandykit.mock.accounts import Account
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import alter, alter_error, bend, recode
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Faults

quota = Faults("quota")

CALLS = 150
SECONDS = 3.0


def small(mock: Mock) -> None:
    """Make the quota so small that a run reaches its end."""
    mock.ration(CALLS, SECONDS)


@quota.breaks("K1", depth="standard")
def quota_serves_one_too_many(mock: Mock) -> None:
    """With a small quota one call more than allowed is served, and counted."""
    small(mock)

    def spend(account: Account) -> bool:
        window = mock.quota.window(account)
        if window.used > mock.quota.limit:
            return False
        window.used += 1
        return True

    bend(mock.quota, "spend", lambda _: spend)


@quota.breaks("K1", depth="standard")
def quota_counted_and_never_enforced(mock: Mock) -> None:
    """With a small quota the count goes on beyond the limit, and every call is served."""
    small(mock)

    def spend(account: Account) -> bool:
        mock.quota.window(account).used += 1
        return True

    bend(mock.quota, "spend", lambda _: spend)


@quota.breaks("K1", depth="standard")
def account_beyond_its_quota_is_locked_out(mock: Mock) -> None:
    """With a small quota an account that went beyond it is turned away for good, whatever the headers promise."""
    small(mock)
    locked: set[str] = set()

    def around(spend: Any) -> Any:
        def spending(account: Account) -> bool:
            window = mock.quota.window(account)
            if account.client_id in locked:
                window.used = mock.quota.limit
            if served := bool(spend(account)):
                return served
            locked.add(account.client_id)
            return False

        return spending

    bend(mock.quota, "spend", around)


@quota.breaks("L4", depth="standard")
def over_quota_refused_but_done(mock: Mock) -> None:
    """With a small quota an order beyond it gets 429, and is carried out all the same."""
    small(mock)

    def around(within_quota: Any) -> Any:
        def checking(account: Account, call: Call) -> None:
            try:
                within_quota(account, call)
            except Refused:
                if call.at("POST", "order"):
                    kind, quantity = mock.schemas.order(call)
                    if mock.store.fits(account, kind, quantity):
                        mock.store.place(account, kind, quantity)
                raise

        return checking

    bend(mock.gateway, "within_quota", around)


@quota.breaks("L4", "L10", depth="standard")
def over_quota_deletes(mock: Mock) -> None:
    """With a small quota a deletion beyond it gets 429, and the subscriber is gone without returning its product."""
    small(mock)

    def around(within_quota: Any) -> Any:
        def checking(account: Account, call: Call) -> None:
            try:
                within_quota(account, call)
            except Refused:
                if call.at("DELETE", "subscriber/"):
                    account.subscribers.pop(mock.gateway.route(call)[1] or "", None)
                raise

        return checking

    bend(mock.gateway, "within_quota", around)


@quota.breaks("K1")
def quota_used_falls(mock: Mock) -> None:
    """Every ninth call the number of used calls is told as five less than before."""
    calls: dict[str, int] = {}

    def around(told: Any) -> Any:
        def telling(account: Account) -> dict[str, str]:
            headers: dict[str, str] = told(account)
            calls[account.client_id] = calls.get(account.client_id, 0) + 1
            if calls[account.client_id] % 9 == 0:
                headers["quota-used"] = str(max(0, int(headers["quota-used"]) - 6))
            return headers

        return telling

    bend(mock.quota, "headers", around)


@quota.breaks("K1", warns=True)
def quota_used_stands_still(mock: Mock) -> None:
    """The number of used calls is always told as one."""
    bend(mock.quota, "headers", lambda told: lambda account: told(account) | {"quota-used": "1"})


@quota.breaks("K1")
def quota_used_beyond_the_limit(mock: Mock) -> None:
    """The limit of calls is told as five, and many more are served and counted."""
    bend(mock.quota, "headers", lambda told: lambda account: told(account) | {"quota-limit": "5"})


@quota.breaks("K1")
def quota_used_below_zero(mock: Mock) -> None:
    """The number of used calls is told as what is left, below zero."""
    bend(
        mock.quota,
        "headers",
        lambda told: lambda account: told(account) | {"quota-used": "-" + told(account)["quota-used"]},
    )


@quota.breaks("H17", depth="standard")
def retry_after_in_words(mock: Mock) -> None:
    """With a small quota the answer beyond it says to come back in a minute, in words."""
    small(mock)
    alter_error(mock, lambda answer: answer.headers.update({"retry-after": "in a minute"}), 429)


@quota.breaks("H17", depth="standard")
def retry_after_below_zero(mock: Mock) -> None:
    """With a small quota the answer beyond it says to come back before now."""
    small(mock)
    alter_error(mock, lambda answer: answer.headers.update({"retry-after": "-1"}), 429)


@quota.breaks("H18", "R2", depth="standard", warns=True)
def over_quota_without_body(mock: Mock) -> None:
    """With a small quota the answer beyond it has no content."""
    small(mock)
    alter_error(mock, lambda answer: setattr(answer, "content", None), 429)


@quota.breaks("H18", "R2", depth="standard", warns=True)
def over_quota_with_a_bare_null(mock: Mock) -> None:
    """With a small quota the content of the answer beyond it is null."""
    small(mock)
    alter_error(mock, lambda answer: setattr(answer, "raw", b"null"), 429)


@quota.breaks("R1", depth="standard")
def over_quota_answered_509(mock: Mock) -> None:
    """With a small quota a call beyond it gets 509, which is not among the documented codes."""
    small(mock)

    def changed(_call: Call, answer: Answer) -> None:
        if answer.status == Cause.QUOTA.status:
            recode(answer, 509)

    alter(mock, changed)
