"""Tokens, paths, methods, quota, cross-origin rules and headers of the correct mock."""

from collections.abc import Callable

import pytest

from tests.mock.caller import BASE, TOKEN, Caller, ManualClock

Start = Callable[..., Caller]
FORM = {"client_id": "acme", "client_secret": "acme-secret"}
STANDARD = {
    "sunset",
    "api-version",
    "quota-interval",
    "quota-limit",
    "quota-used",
    "quota-reset-utc",
    "quota-time-unit",
    "strict-transport-security",
    "content-type",
    "content-length",
}


def test_a_token_answer_is_all_strings(caller: Caller) -> None:
    answer = caller.mint()
    assert answer.status_code == 200
    body = answer.json()
    assert all(isinstance(value, str) for value in body.values())
    assert (body["token_type"], body["expires_in"], body["status"]) == ("Bearer", "3599", "approved")
    assert answer.headers["cache-control"] == "no-store"
    assert "acme-secret" not in answer.text


def test_every_token_is_new_and_the_older_ones_stay_good(caller: Caller) -> None:
    tokens = [caller.mint().json()["access_token"] for _ in range(3)]
    assert len(set(tokens)) == 3
    for token in tokens:
        assert caller.call("GET", "/inventory", {"authorization": f"bearer {token}"}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "globex"}, 401, "invalid_client"),
        ({"client_id": "nobody", "client_secret": ""}, 400, "invalid_request"),
        ({"client_secret": None}, 400, "invalid_request"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_secret": "ä\ud7ff"}, 401, "invalid_client"),
    ],
)
def test_a_bad_client_gets_no_token(caller: Caller, changes: dict[str, str], status: int, code: str) -> None:
    answer = caller.mint(**changes)
    assert (answer.status_code, answer.json()["ErrorCode"], len(answer.json())) == (status, code, 2)


@pytest.mark.parametrize(
    ("query", "form", "code"),
    [
        ("", FORM, "invalid_request"),
        ("?grant_type=", FORM, "invalid_request"),
        ("?grant_type=password", FORM, "unsupported_grant_type"),
        ("?grant_type=client_credentials&grant_type=password", FORM, "invalid_request"),
        ("?grant_type=%zz", FORM, "invalid_request"),
        ("?grant_type=client_credentials&client_id=acme&client_secret=acme-secret", {}, "invalid_request"),
    ],
)
def test_a_bad_token_request_is_refused(caller: Caller, query: str, form: dict[str, str], code: str) -> None:
    answer = caller.http.post(TOKEN + query, data=form)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, code)


def test_the_grant_type_may_stand_in_the_form(caller: Caller) -> None:
    assert caller.http.post(TOKEN, data=FORM | {"grant_type": "client_credentials"}).status_code == 200


@pytest.mark.parametrize("body", [b"client_id=acme&client_id=acme&client_secret=acme-secret", b"%zz=1", b"\xff", b"{}"])
def test_a_malformed_form_is_refused(caller: Caller, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = caller.http.post(TOKEN + "?grant_type=client_credentials", content=body, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_no_other_method_gets_a_token(caller: Caller, method: str) -> None:
    answer = caller.http.request(method, TOKEN, params=FORM | {"grant_type": "client_credentials"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer x", "Basic YWNtZTphY21lLXNlY3JldA==", "{token}", "Token {token}",
     "Bearer {token}x", "Bearer {token} x", "Bearer {lower}", "Bearer {token}, Bearer {token}", "Bearer \xe9"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/inventory"), ("POST", "/order"), ("GET", "/none"), ("PUT", "/order")]
)
def test_without_a_good_token_nothing_is_served(
    caller: Caller, authorization: str | None, method: str, path: str
) -> None:
    token = caller.token
    value = authorization and authorization.format(token=token, lower=token.swapcase()).encode("latin-1")
    answer = caller.call(method, path, {"authorization": value})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith(
        'Bearer realm="null",error="invalid_token",error_description="'
    )
    assert set(answer.json()) == {"transactionId", "status", "name", "message", "info"}
    assert token not in answer.text


def test_a_token_lives_as_long_as_it_says(start: Start, clock: ManualClock) -> None:
    caller = start(token_life=30)
    assert caller.mint().json()["expires_in"] == "30"
    assert caller.inventory().status_code == 200
    clock.advance(29.9)
    assert caller.inventory().status_code == 200
    clock.advance(0.1)
    assert caller.inventory().status_code == 401


def test_outside_the_base_path_there_is_nothing_and_no_token_is_asked_for(caller: Caller) -> None:
    for path in ("/", "/order", "/communication/kandy", BASE + "x/order", TOKEN + "/x"):
        assert caller.http.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/orders",
        "/order/",
        "/order/KO1",
        "/Order",
        "/inventory/x",
        "/subscriber/",
        "/subscriber/a/b",
        "//order",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_another_path_below_the_base_is_not_there(caller: Caller, method: str, path: str) -> None:
    assert caller.call(method, path).status_code == 404


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/order", "GET, HEAD, POST"),
        ("/inventory", "GET, HEAD"),
        ("/subscriber", "POST"),
        ("/subscriber/ann@shop.example.org", "DELETE"),
        ("/%6frder", "GET, HEAD, POST"),
    ],
)
def test_another_method_is_refused_and_the_right_ones_named(caller: Caller, path: str, allow: str) -> None:
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - set(
        allow.split(", ")
    ):
        answer = caller.call(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allow)
        assert set(answer.headers) >= STANDARD


def test_head_is_get_without_content(caller: Caller) -> None:
    get, head = caller.inventory(), caller.call("HEAD", "/inventory")
    assert (head.status_code, head.content) == (200, b"")
    varying = {"quota-used", "date"}
    assert {name: value for name, value in head.headers.items() if name not in varying} == {
        name: value for name, value in get.headers.items() if name not in varying
    }


def test_every_authenticated_answer_carries_the_standard_headers(caller: Caller) -> None:
    for answer in (caller.up(1), caller.create(), caller.delete("x@y.z"), caller.inventory(), caller.order("up", 1)):
        assert set(answer.headers) >= STANDARD
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
        assert answer.headers["sunset"] == "n/a"


def test_an_origin_is_answered_with_itself(caller: Caller) -> None:
    answer = caller.call("GET", "/inventory", {"origin": "https://shop.example.org"})
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.org"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in caller.inventory().headers


@pytest.mark.parametrize("path", ["/order", "/inventory", "/subscriber", "/subscriber/ann@x.org", "/none"])
def test_a_preflight_needs_no_token(caller: Caller, path: str) -> None:
    asking = {"origin": "https://shop.example.org", "access-control-request-method": "POST"}
    answer = caller.http.options(BASE + path, headers=asking)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.org"
    assert answer.headers["access-control-max-age"].isdigit()
    assert {"authorization", "content-type"} <= set(answer.headers["access-control-allow-headers"].split(", "))


def test_the_quota_is_counted_refuses_and_opens_again(start: Start, clock: ManualClock) -> None:
    caller = start(quota=4, quota_seconds=60)
    used = [caller.up(1).headers["quota-used"] for _ in range(4)]
    assert used == ["1", "2", "3", "4"]
    clock.advance(59.5)
    over = caller.up(1)
    assert over.status_code == 429
    assert (over.headers["quota-used"], over.headers["quota-limit"], over.headers["retry-after"]) == ("4", "4", "1")
    assert (over.headers["quota-interval"], over.headers["quota-time-unit"]) == ("1", "minute")
    assert set(over.json()) == {"transactionId", "status", "name", "message", "info"}
    assert int(over.headers["quota-reset-UTC"]) == int((clock() + 0.5) * 1000)
    assert caller.as_client("globex").stock() == (0, 0, 0)
    clock.advance(0.5)
    again = caller.inventory()
    assert again.headers["quota-used"] == "1"
    assert again.json()["products"][0]["total"] == 4


@pytest.mark.parametrize(
    ("seconds", "interval", "unit"),
    [(3600, "1", "hour"), (7200, "2", "hour"), (120, "2", "minute"), (172800, "2", "day")],
)
def test_the_window_is_described_in_the_largest_unit_that_fits(
    start: Start, seconds: int, interval: str, unit: str
) -> None:
    headers = start(quota_seconds=seconds).inventory().headers
    assert (headers["quota-interval"], headers["quota-time-unit"]) == (interval, unit)


def test_a_call_without_a_token_costs_no_quota(start: Start) -> None:
    caller = start(quota=5)
    for _ in range(9):
        caller.call("GET", "/inventory", {"authorization": None})
    assert caller.inventory().headers["quota-used"] == "1"
