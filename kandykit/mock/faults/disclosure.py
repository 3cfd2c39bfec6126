"""Secrets in answers where they have no business, and passwords that are no secret."""

import traceback
from collections import Counter
from typing import Any

from kandykit.mock.accounts import Account, Subscriber
from kandykit.mock.answers import Answer, Cause, Refused
from kandykit.mock.app import Mock
from kandykit.mock.bending import alter, alter_refusal, alter_token, before, bend
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Faults
from kandykit.mock.settings import BASE_PATH

disclosure = Faults("disclosure")


@disclosure.breaks("R5", "L9")
def password_in_the_answer_to_a_deletion(mock: Mock) -> None:
    """The answer to a deletion shows the password of the subscriber that was deleted."""

    def around(deleted: Any) -> Any:
        def answered(account: Account, subscriber: Subscriber) -> Answer:
            answer: Answer = deleted(account, subscriber)
            answer.content["password"] = subscriber.password
            return answer

        return answered

    bend(mock.operations, "subscriber_deleted", around)


@disclosure.breaks("R5", "L9")
def passwords_in_the_inventory(mock: Mock) -> None:
    """The inventory lists the subscribers, and their passwords with them."""

    def around(show: Any) -> Any:
        async def shown(account: Account) -> dict[str, Any]:
            row: dict[str, Any] = await show(account)
            users = [{"identity": one.identity, "password": one.password} for one in account.subscribers.values()]
            return row | {"subscribers": users}

        return shown

    bend(mock.operations, "show_stock", around)


@disclosure.breaks("R5", "L9")
def password_in_the_refusal_of_a_taken_identity(mock: Mock) -> None:
    """The refusal of a taken identity shows the password of the subscriber who has it."""

    def around(check: Any) -> Any:
        def checking(account: Account, identity: str | None) -> None:
            try:
                check(account, identity)
            except Refused as refusal:
                if refusal.cause is Cause.TAKEN and identity is not None:
                    refusal.message += f" Its password is {account.subscribers[identity].password}"
                raise

        return checking

    bend(mock.operations, "check_subscriber", around)


@disclosure.breaks("R5")
def password_in_the_next_answer(mock: Mock) -> None:
    """The answer that follows the creation of a subscriber carries its password in a header for debugging."""
    latest: list[str] = []

    def around(enrol: Any) -> Any:
        def enrolling(account: Account, identity: str) -> Subscriber:
            subscriber: Subscriber = enrol(account, identity)
            latest[:] = [subscriber.password]
            return subscriber

        return enrolling

    def changed(call: Call, answer: Answer) -> None:
        if latest and not call.at("POST", "subscriber"):
            answer.headers["x-debug"] = f"last={latest.pop()}"

    bend(mock.store, "enrol", around)
    alter(mock, changed)


@disclosure.breaks("R5")
def token_in_the_refusal(mock: Mock) -> None:
    """What is not found is answered with the request's own headers in the error, the token among them."""
    alter_refusal(
        mock,
        lambda _call, why: why.cause in (Cause.UNKNOWN_PATH, Cause.UNKNOWN_SUBSCRIBER),
        lambda call, answer: answer.content.update(info=f"authorization: {call.header('authorization')}"),
    )


@disclosure.breaks("R5")
def client_secret_in_the_token_answer(mock: Mock) -> None:
    """The token answer repeats the client's secret."""

    alter_token(
        mock,
        lambda token, answer: answer.content.update(client_secret=mock.tokens.secrets[token.account.client_id]),
    )


@disclosure.breaks("R5")
def client_secret_in_token_refusals(mock: Mock) -> None:
    """The refusals of the token endpoint repeat the body that was sent, the secret in it too."""

    def changed(call: Call, answer: Answer) -> None:
        if answer.status in (400, 405) and not call.path.startswith(BASE_PATH) and b"client_secret" in call.body:
            answer.content["Error"] += f" : {call.body.decode('latin-1')}"

    alter(mock, changed)


@disclosure.breaks("R5")
def stack_trace_in_the_refusal(mock: Mock) -> None:
    """The refusal of malformed content shows where in the source the server noticed it."""

    def around(refusal: Any) -> Any:
        def refused(call: Call, why: Refused) -> Answer:
            answer: Answer = refusal(call, why)
            if why.cause is Cause.MALFORMED:
                answer.content["info"] = "".join(traceback.format_exception(why))
            return answer

        return refused

    bend(mock.gateway, "refusal", around)


@disclosure.breaks("L9")
def one_password_for_all(mock: Mock) -> None:
    """All subscribers get the same password."""
    word = mock.store.new_password()
    bend(mock.store, "new_password", lambda _: lambda: word)


@disclosure.breaks("L9")
def passwords_come_in_pairs(mock: Mock) -> None:
    """Every password is given to two subscribers in a row."""
    made: list[str] = []

    def around(new_password: Any) -> Any:
        def repeated() -> str:
            if made:
                return made.pop()
            made.append(new_password())
            return made[0]

        return repeated

    bend(mock.store, "new_password", around)


@disclosure.breaks("L9", "R5")
def recreated_identity_gets_its_old_password(mock: Mock) -> None:
    """A subscriber created anew under the identity of a deleted one gets that one's password."""
    known: dict[tuple[str, str], str] = {}

    def remembering(account: Account, subscriber: Subscriber) -> None:
        subscriber.password = known.setdefault((account.client_id, subscriber.identity), subscriber.password)

    before(mock.store, "remember", remembering)


@disclosure.breaks("L9", depth="standard")
def passwords_repeat_after_ten(mock: Mock) -> None:
    """The server has ten passwords, and starts again with the first."""
    words = [mock.store.new_password() for _ in range(10)]
    given: Counter[str] = Counter()

    def new_password() -> str:
        given["all"] += 1
        return words[given["all"] % 10]

    bend(mock.store, "new_password", lambda _: new_password)
