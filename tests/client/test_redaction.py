"""What must never be written is not: wherever it stands, however it is spelt."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from kandykit.exchange import Answer
from kandykit.redaction import RECENT, Redactor

SECRET = 'S3cr&t/"of"+the=profile'


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(b"key")


def test_a_fingerprint_tells_equal_from_different_and_nothing_else(redactor: Redactor) -> None:
    first, again = redactor.fingerprint("password", "abc"), redactor.fingerprint("access_token", "abc")
    assert first[11:-2] == again[15:-2]
    assert first.startswith("{{password:")
    assert first.endswith("}}")
    assert len(first) == len("{{password:}}") + 12
    assert first != redactor.fingerprint("password", "abd")
    assert first != Redactor(b"another key").fingerprint("password", "abc")
    assert Redactor().fingerprint("password", "abc") != Redactor().fingerprint("password", "abc")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("password", "password"),
        ("Password", "password"),
        ("initial_password", "password"),
        ("sipPassword", "password"),
        ("passwd", "password"),
        ("password_hash", "password"),
        ("client_secret", "client_secret"),
        ("clientSecret", "client_secret"),
        ("secret", "secret"),
        ("access_token", "access_token"),
        ("accessToken", "access_token"),
        ("refresh_token", "refresh_token"),
        ("id_token", "token"),
        ("hmacToken", "token"),
        ("pass\\u0077ord", "password"),
    ],
)
def test_members_whose_name_says_so_are_replaced(redactor: Redactor, name: str, kind: str) -> None:
    text = redactor.text(f'{{"identity": "a@b", "{name}" : "hunter2!"}}')
    assert text == f'{{"identity": "a@b", "{name}" : "{redactor.fingerprint(kind, "hunter2!")}"}}'


@pytest.mark.parametrize(
    "body",
    [
        '{"token_type": "Bearer", "expires_in": "3599"}',
        '{"refresh_token_expires_in": "0", "refresh_token": ""}',
        '{"tokenType": "bearer", "token_endpoint": "https://x", "tokenUrl": "https://x"}',
        '{"password": 12, "secret": null, "token": true, "tokens": ["a", "b"]}',
        '{"password_policy": "long", "password_required": "yes", "token_status": "approved"}',
        '{"message": "the password is wrong", "info": "no token"}',
        '["password", "abcdef"]',
    ],
)
def test_what_is_only_about_a_secret_stays(redactor: Redactor, body: str) -> None:
    assert redactor.text(body) == body


def test_a_password_that_the_end_of_the_text_cuts_off_is_replaced(redactor: Redactor) -> None:
    assert "hunt" not in redactor.text('{"identity": "a@b", "password": "hunt')


def test_escapes_do_not_change_what_a_password_is(redactor: Redactor) -> None:
    assert redactor.fingerprint("password", 'a"b/c') in redactor.text(r'{"password": "a\"b\/c"}')


def test_the_profile_may_name_another_member() -> None:
    redactor = Redactor(b"key", members=("pin_code",))
    assert "7788" not in redactor.text('{"pin_code": "7788"}')
    assert redactor.text('{"zip_code": "7788"}') == '{"zip_code": "7788"}'


def test_credentials_keep_their_scheme(redactor: Redactor) -> None:
    headers = (
        ("Authorization", "Bearer abcdef"),
        ("authorization", "bearer  abcdef"),
        ("AUTHORIZATION", "Basic YWJjOmRlZg=="),
        ("Authorization", "Token abcdef"),
        ("Authorization", "abcdef"),
        ("Authorization", "Bearer"),
        ("Proxy-Authorization", "Basic YWJjOmRlZg=="),
    )
    bearer, basic = (
        redactor.fingerprint("access_token", "abcdef"),
        redactor.fingerprint("authorization", "YWJjOmRlZg=="),
    )
    other = redactor.fingerprint("authorization", "abcdef")
    assert [value for _, value in redactor.headers(headers)] == [
        f"Bearer {bearer}",
        f"bearer {bearer}",
        f"Basic {basic}",
        f"Token {other}",
        other,
        other.replace(other[16:28], redactor.fingerprint("authorization", "Bearer")[16:28]),
        f"Basic {basic}",
    ]


def test_cookies_keep_their_names(redactor: Redactor) -> None:
    kept = redactor.headers((("Cookie", "a=1234; b=5678"), ("Set-Cookie", "sid=1234; Path=/; HttpOnly")))
    assert "1234" not in str(kept)
    assert "5678" not in str(kept)
    assert kept[1][1].startswith("sid={{cookie:")
    assert kept[1][1].endswith("; Path=/; HttpOnly")


def test_form_fields_are_replaced_in_bodies_and_urls(redactor: Redactor) -> None:
    fingerprint = redactor.fingerprint("client_secret", "a b&c")
    assert redactor.text("client_id=acme&client_secret=a+b%26c") == f"client_id=acme&client_secret={fingerprint}"
    url = redactor.text("https://x/token?grant_type=client_credentials&client_secret=a%20b%26c#top")
    assert url == f"https://x/token?grant_type=client_credentials&client_secret={fingerprint}#top"
    assert redactor.text("token_type=Bearer&expires_in=5") == "token_type=Bearer&expires_in=5"


@pytest.mark.parametrize(
    "spelt",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        "".join(f"%{octet:02x}" for octet in SECRET.encode()),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(b"acme:" + SECRET.encode()).decode(),
        base64.b64encode(b"user:" + SECRET.encode() + b":more").decode(),
        base64.urlsafe_b64encode(b"x" + SECRET.encode() + b"yz").decode(),
    ],
)
@pytest.mark.parametrize("place", ["{}", "before {} after", '{{"info": "see {}!"}}', "https://x/a?b={}&c=d", "a,{}"])
def test_a_learnt_secret_is_found_however_it_is_spelt(redactor: Redactor, spelt: str, place: str) -> None:
    redactor.learn("client_secret", SECRET)
    text = redactor.text(place.format(spelt))
    assert spelt not in text
    assert "{{client_secret:" in text
    assert text.startswith(place.partition("{}")[0].replace("{{", "{"))


def test_a_learnt_secret_is_found_at_every_place_of_a_text(redactor: Redactor) -> None:
    fingerprint = redactor.learn("access_token", "abcdefg")
    for before in range(9):
        assert redactor.text("-" * before + "abcdefg" + "-") == "-" * before + fingerprint + "-"


def test_a_password_of_an_answer_is_known_from_then_on(redactor: Redactor) -> None:
    answer = redactor.answer(Answer(201, (), '{"identity": "a@b", "password": "xK9-pQ2z"}'))
    assert answer.body == f'{{"identity": "a@b", "password": "{redactor.fingerprint("password", "xK9-pQ2z")}"}}'
    assert "xK9-pQ2z" not in redactor.text("deleted a@b (xK9-pQ2z)")
    assert "xK9-pQ2z" not in str(redactor.headers((("location", "/x?p=xK9-pQ2z"),)))


def test_headers_seen_before_a_secret_was_learnt_are_looked_at_again(redactor: Redactor) -> None:
    redactor.headers((("x-trace", "xK9-pQ2z-1"),))
    redactor.learn("password", "xK9-pQ2z")
    assert "xK9" not in redactor.headers((("x-trace", "xK9-pQ2z-1"),))[0][1]


def test_a_short_secret_is_replaced_only_as_a_whole_value(redactor: Redactor) -> None:
    fingerprint = redactor.learn("password", "12")
    assert redactor.text('{"total": 1200, "note": "12", "12": "x12"}') == (
        f'{{"total": 1200, "note": "{fingerprint}", "12": "x12"}}'
    )
    assert redactor.text("a=12&b=123") == f"a={fingerprint}&b=123"
    assert redactor.headers((("x-pin", "12"), ("content-length", "120"))) == (
        ("x-pin", fingerprint),
        ("content-length", "120"),
    )


@pytest.mark.parametrize("pin", ["12", "1005", "700101", "5b"])
def test_a_weak_secret_is_not_looked_for_where_a_value_has_a_meaning_of_its_own(pin: str) -> None:
    redactor = Redactor(b"key", plain=("order_number", "total"))
    redactor.answer(Answer(201, (), f'{{"identity": "a@b", "password": "{pin}"}}'))
    headers = (("quota-used", pin), ("Location", f"/order?order_number={pin}"), ("content-length", pin))
    assert redactor.headers(headers) == headers
    number = pin if pin.isdigit() else "1"
    body = f'{{"order_number": "{pin}", "total" : {number}, "status": "{pin}", "orders": [{{"order_number":"{pin}"}}]}}'
    assert redactor.text(body) == body
    url = f"https://x/order?order_number={pin}"
    assert redactor.request("GET", url, (), "").url == url
    mark = redactor.fingerprint("password", pin)
    assert redactor.text(f'{{"info": "{pin}"}}') == f'{{"info": "{mark}"}}'
    assert redactor.headers((("x-pin", pin),)) == (("x-pin", mark),)


def test_a_pin_is_no_part_of_a_longer_name() -> None:
    """Order ORD-000812 is no leak of the PIN 000812, wherever it is named; neither is a date with these digits."""
    redactor = Redactor(b"key", plain=("order_number", "created_at"))
    mark = redactor.learn("password", "000812")
    own = '{"order_number":"ORD000812","created_at":"2026-11-29T23:40:26.000812Z"}'
    assert redactor.text(own) == own
    for named in ("there is no order ORD-000812", "a-000812-b", "/order?order_number=ORD000812"):
        assert redactor.text(named) == named
    for leak in ("the PIN is 000812", "pin=000812", '{"info": "1: 000812"}', "(000812)", "- 000812 -"):
        assert redactor.text(leak) == leak.replace("000812", mark)


def test_a_secret_that_is_not_weak_is_looked_for_everywhere() -> None:
    redactor = Redactor(b"key", plain=("order_number",))
    redactor.answer(Answer(201, (), '{"password": "xK9-pQ2z"}'))
    assert "xK9" not in redactor.text('{"order_number": "xK9-pQ2z", "status": "xK9-pQ2z"}')
    assert "xK9" not in str(redactor.headers((("location", "/x?order_number=xK9-pQ2z"), ("quota-used", "xK9-pQ2z"))))
    assert "xK9" not in redactor.request("GET", "https://x/order?order_number=xK9-pQ2z", (), "").url


def test_a_secret_of_six_characters_is_replaced_anywhere(redactor: Redactor) -> None:
    fingerprint = redactor.learn("password", "aB3$xY")
    assert redactor.text("it is aB3$xY.") == f"it is {fingerprint}."


def test_a_secret_of_digits_breaks_neither_numbers_nor_json(redactor: Redactor) -> None:
    redactor.learn("password", "12345678")
    body = redactor.text('{"at": 9123456780, "pin": 12345678, "text": "it is 12345678!"}')
    assert json.loads(body)["at"] == 9123456780
    assert "12345678" not in body.replace("9123456780", "")


@pytest.mark.parametrize("password", ["password", "identity", "KPN-VoiceVideo-C", "product_name", "example.com"])
def test_a_password_that_is_a_word_of_the_contract_blacks_out_nothing_else(redactor: Redactor, password: str) -> None:
    redactor.answer(Answer(201, (), json.dumps({"identity": "a@b", "password": password})))
    body = '{"identity": "c@example.com", "product_name": "KPN-VoiceVideo-C"}'
    assert redactor.text(body) == body


def test_an_identity_is_no_secret_even_where_it_is_the_password_too(redactor: Redactor) -> None:
    redactor.answer(Answer(201, (), '{"identity": "user-17@b.nl", "password": "user-17@b.nl"}'))
    assert redactor.text("https://x/subscriber/user-17@b.nl") == "https://x/subscriber/user-17@b.nl"


def test_a_password_that_an_answer_shows_twice_is_replaced_twice(redactor: Redactor) -> None:
    answer = Answer(201, (("x-pin", "xK9-pQ2z"),), '{"pin": "xK9-pQ2z", "password": "xK9-pQ2z"}')
    assert "xK9" not in str(redactor.answer(answer))


def test_a_credential_that_differs_from_a_good_one_is_known_too(redactor: Redactor) -> None:
    redactor.request(
        "POST", "https://x/token", (("authorization", "Bearer almost-a-token"),), "client_secret=almost-it-is"
    )
    assert "almost" not in redactor.text("unknown: almost-a-token and almost-it-is")


def test_what_is_redacted_stays_as_it_is_when_redacted_again(redactor: Redactor) -> None:
    once = redactor.text('{"password": "hunter2!", "access_token": "abcdefgh"}')
    assert redactor.text(once) == once


def test_old_passwords_are_still_replaced_as_whole_values(redactor: Redactor) -> None:
    passwords = [f"pw-{number:05d}-x" for number in range(3 * RECENT)]
    for password in passwords:
        redactor.learn("password", password)
    for password in (passwords[0], passwords[-1]):
        assert password not in redactor.text(json.dumps({"x": password}))
    assert passwords[-1] not in redactor.text(f"({passwords[-1]})")


def test_a_hostile_text_takes_no_time(redactor: Redactor) -> None:
    redactor.learn("client_secret", SECRET)
    text = '{"a": "' + '\\"' * 100_000 + "%" + "a" * 100_000 + '", "token'
    assert len(redactor.text(text)) == len(text)


def test_octets_that_are_no_text_survive(redactor: Redactor) -> None:
    redactor.learn("client_secret", SECRET)
    text = b"\xff\xfe{\x00".decode("utf-8", "surrogateescape")
    assert redactor.text(text) == text
