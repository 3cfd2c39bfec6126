"""When a token is minted, renewed and given up, and what is said where none can be had."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from client_line import Line, MakeLine
from little_target import LittleTarget, Reply

from kandykit.calls import FetchToken
from kandykit.errors import NoToken
from kandykit.exchange import Credential, Intent
from kandykit.oauth import ClientCredentials, ClientSecret
from kandykit.redaction import Redactor


def mints(line: Line) -> int:
    return sum(path.startswith("/oauth") for _, path, _, _ in line.target.seen)


def with_life(make_line: MakeLine, life: Any) -> Line:
    target = LittleTarget()
    target.expires_in = life
    return make_line(target)


def look(line: Line, **intent: Any) -> int | None:
    exchange, _, _ = line.send(line.binding.read_inventory(), **intent)
    return exchange.answer.status if exchange.answer else None


def test_the_token_call_keeps_the_grant_in_the_query_and_the_secret_in_the_body(line: Line) -> None:
    assert look(line) == 200
    method, path, headers, body = line.target.seen[0]
    assert (method, path) == ("POST", "/oauth/client_credential/accesstoken?grant_type=client_credentials")
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in headers
    assert body == b"client_id=acme&client_secret=s3cret-Of%2FAcme%2B1"


def test_the_token_call_is_an_exchange_like_any_other(line: Line) -> None:
    look(line)
    exchange, call, _ = line.seen[0]
    assert call == FetchToken()
    assert exchange.intent == Intent("tests", "line", "account-1", Credential.CLIENT)
    assert line.seen[1][0].intent.credential is Credential.LIVE
    fingerprint = line.client.token_fingerprint()
    assert fingerprint
    assert fingerprint in (exchange.answer.body if exchange.answer else "")
    assert line.seen[1][0].request.header("authorization") == f"Bearer {fingerprint}"


@pytest.mark.parametrize("life", ["100", 100, 100.0, "100.5"])
def test_a_token_is_renewed_before_it_runs_out(make_line: MakeLine, life: Any) -> None:
    line = with_life(make_line, life)
    look(line)
    line.clock.now += 85
    look(line)
    assert mints(line) == 1
    line.clock.now += 6
    look(line)
    assert mints(line) == 2


@pytest.mark.parametrize("life", [None, "", "soon", 0, "0", -5, True, [], "inf", 10**12])
def test_a_token_of_unknown_life_is_kept_until_it_is_refused(make_line: MakeLine, life: Any) -> None:
    line = with_life(make_line, life)
    look(line)
    line.clock.now += 10**6
    look(line)
    assert mints(line) == 1
    assert line.client.token_life() is None
    line.target.tokens.clear()
    assert look(line) == 200
    assert mints(line) == 2


def test_a_read_that_is_refused_is_sent_once_more(make_line: MakeLine) -> None:
    line = make_line()
    look(line)
    line.target.tokens.clear()
    assert look(line) == 200
    assert [exchange.answer.status for exchange, _, _ in line.seen if exchange.answer] == [200, 200, 401, 200, 200]
    line.target.instead.extend([Reply(401, {}), None, Reply(401, {})])
    assert look(line) == 401
    assert mints(line) == 3


def test_a_refused_write_is_its_own_outcome_and_only_the_next_call_gets_a_token(line: Line) -> None:
    look(line)
    line.target.tokens.clear()
    exchange, _, _ = line.send(line.binding.create_subscriber())
    assert exchange.answer is not None
    assert exchange.answer.status == 401
    assert mints(line) == 1
    assert look(line) == 200
    assert mints(line) == 2


@pytest.mark.parametrize("credential", [c for c in Credential if c is not Credential.LIVE])
def test_calls_that_test_authentication_never_renew(line: Line, credential: Credential) -> None:
    assert look(line, credential=credential) == 401
    assert mints(line) == 0
    assert "authorization" not in line.target.seen[0][2]


def test_a_call_may_bring_a_live_token_of_its_own(line: Line) -> None:
    token = line.client.token()
    assert token is not None
    line.client.expire()
    outgoing = line.binding.read_inventory()
    with_token = type(outgoing)("GET", outgoing.url, (("Authorization", f"Bearer {token}"), *outgoing.headers))
    assert line.send(with_token)[0].answer is not None
    assert line.target.seen[-1][2]["authorization"] == f"Bearer {token}"
    assert mints(line) == 1


def test_each_account_has_a_token_of_its_own(line: Line) -> None:
    look(line)
    look(line, account="account-2")
    look(line)
    assert mints(line) == 2
    assert line.client.token_fingerprint("account-1") != line.client.token_fingerprint("account-2")


def test_a_suite_may_have_the_token_itself_and_give_it_up(line: Line) -> None:
    assert line.client.token_fingerprint() is None
    first = line.client.token()
    assert first == line.client.token()
    assert first in line.target.tokens
    line.client.expire()
    assert line.client.token() not in (None, first)
    assert line.client.token_life() == pytest.approx(3599, abs=1)


def test_the_token_before_may_be_used_again_as_long_as_it_lives(line: Line) -> None:
    def used() -> str:
        look(line)
        return str(line.target.seen[-1][2]["authorization"])

    older = used()
    line.client.fall_back()
    assert used() == older
    line.client.expire()
    newer = used()
    assert newer != older
    line.client.fall_back()
    assert used() == older
    line.client.fall_back()
    assert used() == newer
    assert mints(line) == 2


def test_no_token_to_be_had_is_no_error_for_who_only_asks(line: Line) -> None:
    line.target.instead.append(Reply(401, {}))
    assert line.client.token() is None


HTML = Reply(200, b"<html>Welcome</html>", (("content-type", "text/html"),))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            [Reply(401, {"ErrorCode": "invalid_client"})],
            r"refused account-1 with 401 \(invalid_client\); check its client",
        ),
        ([Reply(400, {"error": "invalid_request"})], r"refused account-1 with 400 \(invalid_request\)"),
        ([Reply(403, {})], "refused account-1 with 403; check"),
        (
            [Reply(404, {"message": "no"})],
            "is no OAuth token endpoint: it answered 404 with application/json; check target",
        ),
        ([Reply(404, b"<html>")], "is no OAuth token endpoint: it answered 404"),
        ([Reply(302, b"", (("location", "/login"),))], "is no OAuth token endpoint: it answered 302"),
        ([HTML], "is no OAuth token endpoint: it answered 200"),
        ([Reply(200, [1])], "is no OAuth token endpoint: it answered 200"),
        ([Reply(200, {})], "answered 200 without an access_token that can be used"),
        ([Reply(200, {"access_token": ""})], "without an access_token"),
        ([Reply(200, {"access_token": 7})], "without an access_token"),
        ([Reply(200, {"access_token": "a\r\nb"})], "without an access_token"),
        ([Reply(503, {})] * 4, "answered 503, 4 times"),
        ([Reply(429, {})] * 4, "answered 429, 4 times"),
        ([Reply(hang=True)] * 4, "did not answer, 4 times"),
        ([Reply(401, {"error": "s3cret-Of/Acme+1 is wrong"})], r"with 401 \(\{\{client_secret:"),
    ],
)
def test_no_token_is_said_in_one_sentence_without_the_secret(line: Line, answers: list[Reply], said: str) -> None:
    line.target.instead.extend(answers)
    with pytest.raises(NoToken, match=said) as raised:
        look(line)
    assert "s3cret" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert mints(line) == len(answers) == len(line.seen)


def test_a_hiccup_of_the_token_endpoint_is_waited_out(line: Line) -> None:
    line.target.instead.extend([Reply(503, {}), Reply(hang=True)])
    assert look(line) == 200
    assert line.clock.slept == [0.5, 1.0]


def test_a_token_endpoint_that_is_busy_is_asked_again_when_it_says(line: Line) -> None:
    told, untold, too_long = (("retry-after", "7"),), (), (("retry-after", "3600"),)
    line.target.instead.extend([Reply(429, {}, told), Reply(429, {}, untold), Reply(503, {}, too_long)])
    assert look(line) == 200
    assert line.clock.slept == [7.0, 1.0, 60.0]


def test_threads_share_one_token(make_line: MakeLine) -> None:
    target = LittleTarget()
    with target.serve() as origin:
        line = make_line(target, origin=origin, real_time=True)
        threads = [threading.Thread(target=look, args=(line,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert mints(line) == 1
    assert len(line.seen) == 9


def test_it_works_with_any_httpx_client() -> None:
    target = LittleTarget()
    url = "http://127.0.0.1/oauth/client_credential/accesstoken?grant_type=client_credentials"
    auth = ClientCredentials("account-1", url, ClientSecret("acme", target.secrets["acme"]), Redactor())
    with httpx.Client(transport=target.transport(), auth=auth) as client:
        answer = client.get("http://127.0.0.1/communication/kandy/provisioning/inventory")
    assert answer.status_code == 200


def test_a_secret_does_not_show_itself() -> None:
    assert "hush" not in repr(ClientSecret("acme", "hush"))
