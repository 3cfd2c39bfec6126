"""Response headers, those for pages of another origin among them, that are missing or say the wrong thing."""

from typing import Any

from kandykit.mock.answers import HSTS, Answer
from kandykit.mock.app import Mock
from kandykit.mock.bending import alter, alter_success, bend
from kandykit.mock.call import Call
from kandykit.mock.catalogue import Faults
from kandykit.mock.settings import BASE_PATH

headers = Faults("headers")

ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"


def say(mock: Mock, name: str, value: str) -> None:
    """Give a header of every answer below the base path another value, where it is there."""

    def changed(call: Call, answer: Answer) -> None:
        if call.path.startswith(BASE_PATH) and name in answer.headers:
            answer.headers[name] = value

    alter(mock, changed)


def omit(mock: Mock, *names: str, method: str | None = None) -> None:
    """Leave headers out of every answer, or of those to one method."""

    def changed(call: Call, answer: Answer) -> None:
        if method is None or call.method == method:
            for name in names:
                answer.headers.pop(name, None)

    alter(mock, changed)


def say_to_preflight(mock: Mock, name: str, value: str) -> None:
    """Give a header of the answer to a preflight another value."""

    def around(preflight: Any) -> Any:
        def answered(call: Call) -> Answer:
            answer: Answer = preflight(call)
            answer.headers[name] = value
            return answer

        return answered

    bend(mock.gateway, "preflight", around)


# The standard headers.


@headers.breaks("S1", "R2")
def hsts_missing(mock: Mock) -> None:
    """No answer has Strict-Transport-Security."""
    omit(mock, "strict-transport-security")


@headers.breaks("S1")
def hsts_sent_twice(mock: Mock) -> None:
    """Answers to reads have Strict-Transport-Security twice."""

    def around(wire_headers: Any) -> Any:
        def doubled(answer: Answer, body: bytes) -> Any:
            twice = [(b"strict-transport-security", HSTS.encode())] if answer.status == 200 else []
            return wire_headers(answer, body) + twice

        return doubled

    bend(mock.delivery, "wire_headers", around)


@headers.breaks("S1", "S2")
def hsts_with_two_ages(mock: Mock) -> None:
    """Strict-Transport-Security names max-age twice."""
    say(mock, "strict-transport-security", f"{HSTS}; max-age=0")


@headers.breaks("S2")
def hsts_for_a_day(mock: Mock) -> None:
    """Strict-Transport-Security holds for a day instead of a year."""
    say(mock, "strict-transport-security", HSTS.replace("31536000", "86400"))


@headers.breaks("S2")
def hsts_of_writes_without_subdomains(mock: Mock) -> None:
    """Strict-Transport-Security leaves the subdomains out in answers to POST."""

    def changed(call: Call, answer: Answer) -> None:
        if call.method == "POST" and "strict-transport-security" in answer.headers:
            answer.headers["strict-transport-security"] = "max-age=31536000; preload"

    alter(mock, changed)


@headers.breaks("K2", "R2")
def api_version_missing_on_deletes(mock: Mock) -> None:
    """Answers to DELETE do not name the version of the API."""
    omit(mock, "api-version", method="DELETE")


@headers.breaks("K2")
def api_version_empty(mock: Mock) -> None:
    """The version of the API is an empty header."""
    say(mock, "api-version", "")


@headers.breaks("R2")
def sunset_missing_on_inventory(mock: Mock) -> None:
    """The inventory comes without the sunset header."""
    alter_success(mock, "GET", "inventory", lambda answer: answer.headers.pop("sunset"))


@headers.breaks("S4")
def sunset_in_words(mock: Mock) -> None:
    """The sunset header says never, which is neither a date nor n/a."""
    say(mock, "sunset", "never")


@headers.breaks("S4")
def sunset_of_writes_is_a_number(mock: Mock) -> None:
    """The sunset header of answers to POST is the number 0."""

    def changed(call: Call, answer: Answer) -> None:
        if call.method == "POST" and "sunset" in answer.headers:
            answer.headers["sunset"] = "0"

    alter(mock, changed)


@headers.breaks("R2", "K1")
def quota_headers_missing_on_creates(mock: Mock) -> None:
    """The answer to a created subscriber has none of the quota headers."""
    names = ("quota-interval", "quota-limit", "quota-used", "quota-reset-UTC", "quota-time-unit")
    alter_success(mock, "POST", "subscriber", lambda answer: [answer.headers.pop(name) for name in names])


@headers.breaks("R2")
def quota_reset_missing(mock: Mock) -> None:
    """No answer says when the quota window ends."""
    omit(mock, "quota-reset-UTC")


@headers.breaks("R2")
def quota_reset_in_words(mock: Mock) -> None:
    """The end of the quota window is given as tomorrow."""
    say(mock, "quota-reset-UTC", "tomorrow")


@headers.breaks("K1", "R2")
def quota_interval_with_unit(mock: Mock) -> None:
    """The quota interval carries its unit: 1h."""
    say(mock, "quota-interval", "1h")


@headers.breaks("K1")
def quota_unit_not_documented(mock: Mock) -> None:
    """The quota's time unit is second, which is not among the documented ones."""
    say(mock, "quota-time-unit", "second")


@headers.breaks("H20")
def no_date(mock: Mock) -> None:
    """No answer has a Date."""
    bend(mock.delivery, "date", lambda _: lambda: None)


@headers.breaks("H20")
def date_in_another_form(mock: Mock) -> None:
    """The Date of answers is a count of seconds."""
    bend(mock.delivery, "date", lambda _: lambda: str(int(mock.clock())).encode())


# Pages of another origin.


@headers.breaks("C1")
def credentials_with_capital(mock: Mock) -> None:
    """Access-Control-Allow-Credentials says True, which browsers do not take."""
    say(mock, CREDENTIALS, "True")


@headers.breaks("C1")
def credentials_of_preflight_say_yes(mock: Mock) -> None:
    """The answer to a preflight says yes for Access-Control-Allow-Credentials."""
    alter(
        mock,
        lambda call, answer: (
            call.method == "OPTIONS" and CREDENTIALS in answer.headers and answer.headers.update({CREDENTIALS: "yes"})
        ),
    )


@headers.breaks("C2")
def any_origin_with_credentials(mock: Mock) -> None:
    """Every origin is allowed by the wildcard, and credentials with it."""
    say(mock, ORIGIN, "*")


@headers.breaks("C2")
def origin_of_someone_else(mock: Mock) -> None:
    """Whatever origin asks, the answer allows another one."""
    say(mock, ORIGIN, "https://portal.example.com")


@headers.breaks("C3")
def vary_missing(mock: Mock) -> None:
    """An answer that repeats the origin does not say that it varies by it."""
    omit(mock, "vary")


@headers.breaks("C3")
def vary_by_encoding_only(mock: Mock) -> None:
    """Reads say that they vary by Accept-Encoding, and not by the origin that they repeat."""

    def changed(call: Call, answer: Answer) -> None:
        if call.method == "GET" and "vary" in answer.headers:
            answer.headers["vary"] = "Accept-Encoding"

    alter(mock, changed)


@headers.breaks("C4")
def preflight_needs_a_token(mock: Mock) -> None:
    """A preflight without a token is refused with 401."""
    bend(mock.gateway, "is_preflight", lambda _: lambda _call: False)


@headers.breaks("C4")
def preflight_for_one_subscriber_not_found(mock: Mock) -> None:
    """A preflight for one subscriber is answered with 404."""

    def around(preflight: Any) -> Any:
        def answered(call: Call) -> Answer:
            if call.at("OPTIONS", "subscriber/"):
                return mock.answers.error(404, "There is nothing at this address.")
            answer: Answer = preflight(call)
            return answer

        return answered

    bend(mock.gateway, "preflight", around)


@headers.breaks("C5")
def preflight_allows_get_only(mock: Mock) -> None:
    """The answer to a preflight allows GET and nothing else."""
    say_to_preflight(mock, "access-control-allow-methods", "GET")


@headers.breaks("C5")
def preflight_allows_any_header_by_wildcard(mock: Mock) -> None:
    """The answer to a preflight allows headers by the wildcard, which does not cover Authorization."""
    say_to_preflight(mock, "access-control-allow-headers", "*")


@headers.breaks("C5")
def preflight_forgets_content_type(mock: Mock) -> None:
    """The answer to a preflight does not allow the Content-Type header."""
    say_to_preflight(mock, "access-control-allow-headers", "authorization, accept, api-version")


@headers.breaks("C6")
def preflight_age_in_words(mock: Mock) -> None:
    """The answer to a preflight may be kept for one day, in words."""
    say_to_preflight(mock, "access-control-max-age", "1 day")


@headers.breaks("C6")
def preflight_age_with_fraction(mock: Mock) -> None:
    """The answer to a preflight may be kept for 600.0 seconds, where whole ones are asked for."""
    say_to_preflight(mock, "access-control-max-age", "600.0")
