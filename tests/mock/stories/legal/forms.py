"""Stories of unusual forms."""

import re
from email.utils import parsedate_to_datetime

import httpx

from tests.mock.caller import BASE, Caller, ManualClock
from tests.mock.stories import Story, told
from tests.mock.stories.authentication import asked, member
from tests.mock.stories.headers import from_elsewhere, inventory, told_by
from tests.mock.stories.status import has_header, seen, unknown_order
from tests.mock.wire import raw

TOKEN_WORDS = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def extra(caller: Caller) -> list[bool]:
    answers = [caller.up(2), caller.inventory(), caller.create(), caller.order("increment", 0), caller.delete("x@y.z")]
    return ["x_extension" in answer.json() for answer in answers]


def inner_extra(caller: Caller) -> bool:
    return "x_extension" in caller.inventory().json()["products"][0]


def layout(caller: Caller) -> tuple[int, list[str]]:
    answer = caller.up(2)
    return answer.text.count("\n"), list(answer.json())[:2]


def framing(caller: Caller) -> tuple[str | None, str | None]:
    headers = caller.inventory().headers
    return headers.get("content-length") and "length", headers.get("transfer-encoding")


def coding(caller: Caller) -> tuple[str | None, int]:
    answer = caller.call("GET", "/inventory", {"accept-encoding": "gzip"})
    assert int(answer.headers["content-length"]) == answer.num_bytes_downloaded
    return answer.headers.get("content-encoding"), answer.json()["products"][0]["total"]


def capitals(caller: Caller) -> bool:
    caller.up(2)
    assert caller.stock() == (2, 0, 2)
    assert caller.call("HEAD", "/inventory").content == b""
    assert caller.call("BREW", "/inventory").status_code == 405
    return b"\r\nQUOTA-USED: " in raw(caller, f"GET {BASE}/inventory")


def reset(caller: Caller) -> str:
    return re.sub(r"\d", "9", caller.inventory().headers["quota-reset-UTC"])


def sunset(caller: Caller) -> object:
    value = caller.inventory().headers["sunset"]
    return value if value == "n/a" else parsedate_to_datetime(value).year


def minted_again(caller: Caller, clock: ManualClock) -> tuple[bool, str]:
    first = caller.mint().json()["access_token"]
    clock.advance(10)
    second = caller.mint().json()
    return first == second["access_token"], second["expires_in"]


def words(caller: Caller) -> bool:
    assert caller.stock() == (0, 0, 0)
    assert TOKEN_WORDS.fullmatch(caller.token)
    return len(caller.token) > 1000


def refused_secret(answer: httpx.Response) -> list[str]:
    return sorted(answer.json())


HSTS = "max-age=31536000; includeSubDomains; preload"
STORIES: dict[str, Story] = {
    "extra-members-everywhere": told(
        lambda caller: (extra(caller), inner_extra(caller)), ([False] * 5, False), ([True] * 5, True)
    ),
    "spacious-json": told(layout, (0, ["order_number", "order_type"]), (8, ["status", "quantity"])),
    "content-type-with-charset": told_by(
        inventory, "content-type", "application/json", "Application/JSON;Charset=UTF-8"
    ),
    "answers-in-chunks": told(framing, ("length", None), (None, "chunked")),
    "answers-compressed": told(coding, (None, 0), ("gzip", 0)),
    "header-names-in-capitals": told(capitals, False, True),
    "connection-ends-with-each-answer": told_by(inventory, "connection", None, "close"),
    "quota-reset-as-a-date": told(reset, "9999999999999", "9999-99-99T99:99:99+99:99"),
    "quota-reset-in-seconds": told(reset, "9999999999999", "9999999999"),
    "quota-reset-as-programs-print-it": told(
        lambda caller: bool(re.fullmatch(r"\w{3} \w{3} \d\d [\d:]{8} UTC \d{4}", reset(caller))), False, True
    ),
    "quota-by-the-month": told_by(inventory, "quota-time-unit", "hour", "month"),
    "sunset-on-a-date": told(sunset, "n/a", 2029),
    "hsts-in-another-order": told_by(
        inventory, "strict-transport-security", HSTS, 'PRELOAD ; IncludeSubdomains;Max-Age="31536000"'
    ),
    "unknown-origins-get-nothing": seen(from_elsewhere, has_header("access-control-allow-origin"), True, False),
    "another-version": told_by(inventory, "api-version", "1.0", "v2.3-2026-11"),
    "refusals-without-standard-headers": seen(
        unknown_order,
        lambda answer: ("quota-used" in answer.headers, "content-type" in answer.headers),
        (True, True),
        (False, True),
    ),
    "token-life-as-a-number": asked("3599", 3599, member("expires_in")),
    "short-tokens": asked("3599", "5", member("expires_in")),
    "token-is-kept-while-it-lives": Story(minted_again, (False, "3599"), (True, "3589")),
    "long-tokens": told(words, False, True),
    "token-errors-by-the-standard": asked(
        ["Error", "ErrorCode"], ["error", "error_description"], refused_secret, client_secret="wrong"
    ),
    "missing-credentials-are-401": asked(400, 401, client_secret=None),
    "bearer-in-lower-case": asked("Bearer", "bearer", member("token_type")),
}
