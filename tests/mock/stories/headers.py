"""Stories of headers."""

from typing import Any

import httpx

from tests.mock.caller import BASE, Caller
from tests.mock.stories import Story
from tests.mock.stories.status import Ask, after, bob, code, create, has_header, header, no_bob, seen, up

ORIGIN = {"origin": "https://shop.example.org"}
PREFLIGHT = ORIGIN | {"access-control-request-method": "POST"}
HSTS = "max-age=31536000; includeSubDomains; preload"


def inventory(caller: Caller) -> httpx.Response:
    return caller.inventory()


def from_elsewhere(caller: Caller) -> httpx.Response:
    return caller.call("GET", "/inventory", ORIGIN)


def preflight(path: str = "/order") -> Ask:
    return lambda caller: caller.http.options(BASE + path, headers=PREFLIGHT)


def told_by(ask: Ask, name: str, correct: object, faulty: object) -> Story:
    return seen(ask, header(name), correct, faulty)


def quota_headers(answer: httpx.Response) -> int:
    return len([name for name in answer.headers if name.startswith("quota-")])


def times_hsts(answer: httpx.Response) -> int:
    return len(answer.headers.get_list("strict-transport-security"))


def is_a_date(answer: httpx.Response) -> Any:
    return answer.headers["date"].endswith(" GMT")


def allows_content_type(answer: httpx.Response) -> bool:
    return "content-type" in answer.headers["access-control-allow-headers"]


STORIES: dict[str, Story] = {
    "hsts-missing": told_by(inventory, "strict-transport-security", HSTS, None),
    "hsts-sent-twice": seen(inventory, times_hsts, 1, 2),
    "hsts-with-two-ages": told_by(inventory, "strict-transport-security", HSTS, HSTS + "; max-age=0"),
    "hsts-for-a-day": told_by(
        inventory, "strict-transport-security", HSTS, "max-age=86400; includeSubDomains; preload"
    ),
    "hsts-of-writes-without-subdomains": told_by(up, "strict-transport-security", HSTS, "max-age=31536000; preload"),
    "api-version-missing-on-deletes": told_by(after(up, bob, no_bob), "api-version", "1.0", None),
    "api-version-empty": told_by(inventory, "api-version", "1.0", ""),
    "sunset-missing-on-inventory": told_by(inventory, "sunset", "n/a", None),
    "sunset-in-words": told_by(inventory, "sunset", "n/a", "never"),
    "sunset-of-writes-is-a-number": told_by(up, "sunset", "n/a", "0"),
    "quota-headers-missing-on-creates": seen(after(up, create), quota_headers, 5, 0),
    "quota-reset-missing": seen(inventory, has_header("quota-reset-utc"), True, False),
    "quota-reset-in-words": told_by(inventory, "quota-reset-utc", "1790003600000", "tomorrow"),
    "quota-interval-with-unit": told_by(inventory, "quota-interval", "1", "1h"),
    "quota-unit-not-documented": told_by(inventory, "quota-time-unit", "hour", "second"),
    "no-date": seen(inventory, has_header("date"), True, False),
    "date-in-another-form": seen(inventory, is_a_date, True, False),
    # Pages of another origin.
    "credentials-with-capital": told_by(from_elsewhere, "access-control-allow-credentials", "true", "True"),
    "credentials-of-preflight-say-yes": told_by(preflight(), "access-control-allow-credentials", "true", "yes"),
    "any-origin-with-credentials": told_by(from_elsewhere, "access-control-allow-origin", ORIGIN["origin"], "*"),
    "origin-of-someone-else": told_by(
        from_elsewhere, "access-control-allow-origin", ORIGIN["origin"], "https://portal.example.com"
    ),
    "vary-missing": told_by(from_elsewhere, "vary", "Origin", None),
    "vary-by-encoding-only": told_by(from_elsewhere, "vary", "Origin", "Accept-Encoding"),
    "preflight-needs-a-token": seen(preflight(), code, 200, 401),
    "preflight-for-one-subscriber-not-found": seen(preflight("/subscriber/ann@shop.example.org"), code, 200, 404),
    "preflight-allows-get-only": told_by(
        preflight(), "access-control-allow-methods", "GET, HEAD, POST, OPTIONS", "GET"
    ),
    "preflight-allows-any-header-by-wildcard": told_by(
        preflight(), "access-control-allow-headers", "authorization, content-type, accept, api-version", "*"
    ),
    "preflight-forgets-content-type": seen(preflight(), allows_content_type, True, False),
    "preflight-age-in-words": told_by(preflight(), "access-control-max-age", "3600", "1 day"),
    "preflight-age-with-fraction": told_by(preflight(), "access-control-max-age", "3600", "600.0"),
}
