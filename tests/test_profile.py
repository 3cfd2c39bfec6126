"""A profile means what it says, hides its secrets, and is refused with file, line, key and remedy."""

from __future__ import annotations

import copy
import json
import logging
import math
import pickle
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandykit.errors import ProfileError
from kandykit.profile import Budget, Profile, Secret, load_profile, profile_from_options
from kandykit.profile.lines import Lines
from kandykit.requirements import specs_folder

HUSH = "correct-horse-battery-staple"
BASE = "https://api.example.com/kandy"
TOKEN = "https://login.example.com/token?grant_type=client_credentials"
MINIMAL = f"""\
[target]
base_url = "{BASE}"
token_url = "{TOKEN}"

[[accounts]]
client_id = "acme"
client_secret = "env:SECRET"
"""


@pytest.fixture(autouse=True)
def secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", HUSH)


def written(folder: Path, text: str) -> Path:
    file = folder / "profile.toml"
    file.write_text(text, encoding="utf-8")
    return file


def loaded(folder: Path, text: str) -> Profile:
    return load_profile(written(folder, text))


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ProfileError) as caught:
        loaded(folder, text)
    assert HUSH not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__, "pydantic's own error would carry the refused values"
    return str(caught.value)


# --- what a profile means --------------------------------------------------------------------------------------------


def test_a_profile_that_says_the_least_has_the_documented_defaults(tmp_path: Path) -> None:
    profile = loaded(tmp_path, MINIMAL)
    assert profile.target.name == "api.example.com"
    assert profile.target.openapi is None
    assert profile.accounts[0].client_id == "acme"
    assert profile.accounts[0].client_secret.reveal() == HUSH
    assert profile.budget == Budget(
        peak_products=25, calls=20_000, calls_per_second=20.0, unbounded_probes=False, unit_price=0.0
    )
    readings = profile.readings
    assert readings.declared == frozenset()
    assert (readings.limit, readings.fulfilment_s, readings.settle_s, readings.shared_account, readings.identity) == (
        (None,) * 5
    )
    assert readings.refusal_codes == {}
    assert readings.extra_codes == frozenset()
    assert readings.error_shape == "kpn"
    assert readings.sdk_url == ""
    assert profile.binding == {}
    assert not profile.is_loopback
    assert profile.hosts == {"api.example.com", "login.example.com"}


def test_a_profile_that_says_everything(tmp_path: Path) -> None:
    (tmp_path / "vendor.yaml").write_text("openapi: 3.0.3")
    profile = loaded(
        tmp_path,
        f"""
[target]
name = "vendor X"
base_url = "{BASE}/"
token_url = "{TOKEN}"
openapi = "vendor.yaml"
[[accounts]]
client_id = "acme"
client_secret = "env:SECRET"
[[accounts]]
client_id = "globex"
client_secret = "env:SECRET"
[readings]
limit = 1000
fulfilment_s = 5.0
settle_s = 0
shared_account = false
identity = "caller"
refusal_codes = {{ no_stock = [412], unknown = [404, 204] }}
extra_codes = [204, 409]
error_shape = "problem"
sdk_url = "https://SDK.example.com"
[budget]
peak_products = 3
calls = 100
calls_per_second = 5
unbounded_probes = true
unit_price = 1.5
[binding]
order.number = "/orderId"
"subscriber.delete" = "query:identity"
""",
    )
    assert profile.target.base_url == BASE
    assert profile.target.openapi == tmp_path / "vendor.yaml"
    assert [account.client_id for account in profile.accounts] == ["acme", "globex"]
    assert profile.readings.settle_s == 0
    assert profile.readings.shared_account is False
    assert "settle_s" in profile.readings.declared
    assert profile.readings.refusal_codes == {"no_stock": {412}, "unknown": {404, 204}}
    assert profile.readings.extra_codes == {204, 409}
    assert profile.budget.calls_per_second == 5.0
    assert profile.binding == {"order.number": "/orderId", "subscriber.delete": "query:identity"}
    assert "sdk.example.com" in profile.hosts


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "127.8.8.8", "localhost", "api.localhost:1", "[::1]:8080"])
def test_a_target_on_this_machine_has_a_generous_budget(tmp_path: Path, host: str) -> None:
    text = MINIMAL.replace("https://api.example.com", f"http://{host}")
    profile = loaded(tmp_path, text.replace("https://login.example.com", f"http://{host}"))
    assert profile.is_loopback
    assert profile.budget.calls == 1_000_000
    assert math.isinf(profile.budget.calls_per_second)
    assert profile.budget.unbounded_probes
    assert profile.budget.peak_products == 25


def test_a_loopback_budget_can_be_narrowed(tmp_path: Path) -> None:
    text = MINIMAL.replace("https://api.example.com", "http://localhost").replace(
        "https://login.example.com", "http://localhost"
    )
    profile = loaded(tmp_path, text + "[budget]\ncalls = 7\n")
    assert profile.budget.calls == 7
    assert profile.budget.unbounded_probes


def test_one_foreign_url_makes_a_target_live(tmp_path: Path) -> None:
    profile = loaded(tmp_path, MINIMAL.replace("https://api.example.com", "http://localhost"))
    assert not profile.is_loopback
    assert profile.budget.calls == 20_000


def test_a_byte_order_mark_is_no_reason_to_refuse(tmp_path: Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert load_profile(file).target.base_url == BASE


def test_a_secret_and_a_client_id_come_from_files_beside_the_profile(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("acme-from-file\n")
    (tmp_path / "secret").write_text(HUSH + "\n")
    text = MINIMAL.replace('"acme"', '"file:id"').replace("env:SECRET", "file:secret")
    account = loaded(tmp_path, text).accounts[0]
    assert account.client_id == "acme-from-file"
    assert account.client_secret.reveal() == HUSH


def test_the_digest_is_that_of_the_meaning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = loaded(tmp_path, MINIMAL)
    spelled = loaded(tmp_path, MINIMAL + "[budget] # the defaults\npeak_products = 25\ncalls_per_second = 20.0\n")
    other = loaded(tmp_path, MINIMAL + "[budget]\npeak_products = 24\n")
    monkeypatch.setenv("SECRET", "another")
    rotated = loaded(tmp_path, MINIMAL)
    assert plain.digest == spelled.digest == rotated.digest
    assert plain.digest != other.digest
    assert plain.digest.startswith("sha256:")
    assert len(plain.digest) == len("sha256:") + 64


def test_the_shipped_profiles_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KANDY_MOCK_ACME_SECRET", "KANDY_MOCK_GLOBEX_SECRET", "KANDY_CLIENT_ID", "KANDY_CLIENT_SECRET"):
        monkeypatch.setenv(name, HUSH + name)
    mock = load_profile(specs_folder() / "profiles" / "mock.toml")
    assert mock.is_loopback
    assert [account.client_id for account in mock.accounts] == ["acme", "globex"]
    live = load_profile(specs_folder() / "profiles" / "kpn.toml")
    assert live.hosts == {"api-prd.kpn.com"}
    assert live.budget.peak_products <= 5
    assert not live.budget.unbounded_probes


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    profile = loaded(tmp_path, MINIMAL)
    secret = profile.accounts[0].client_secret
    logging.getLogger("test").warning("%s %r", profile, secret)
    shown = [
        repr(secret), str(secret), f"{secret:>40}", "{}".format(secret), "%s" % secret,  # noqa: UP031, UP032
        repr(profile), str(profile), json.dumps(profile.redacted()), profile.model_dump_json(),
        str(profile.model_dump()), repr(copy.deepcopy(profile)), caplog.text,
    ]  # fmt: skip
    assert not [text for text in shown if HUSH in text]
    assert "env:SECRET" in json.dumps(profile.redacted())


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(HUSH))


def test_secrets_compare_by_value() -> None:
    assert Secret(HUSH, "env:A") == Secret(HUSH, "env:B")
    assert len({Secret(HUSH), Secret(HUSH)}) == 1
    assert Secret(HUSH) != Secret("other")
    assert Secret(HUSH) != HUSH
    assert copy.copy(Secret(HUSH)).reveal() == HUSH


@pytest.mark.parametrize("literal", [HUSH, f"env {HUSH}", f"env:{HUSH}", "", "file:"])
def test_a_literal_secret_is_refused_and_not_repeated(tmp_path: Path, literal: str) -> None:
    text = complaint(tmp_path, MINIMAL.replace("env:SECRET", literal))
    assert ":7: accounts[0].client_secret: must be" in text
    assert '"env:NAME" or "file:PATH"' in text


def test_a_secret_under_a_wrong_key_is_not_repeated(tmp_path: Path) -> None:
    text = complaint(tmp_path, MINIMAL + f'client_secert = "{HUSH}"\n')
    assert ":8: accounts[0].client_secert: is no key of [[accounts]]; did you mean client_secret?" in text


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("env:NOT_SET_AT_ALL", "the environment variable NOT_SET_AT_ALL is not set"),
        ("env:EMPTY", "the environment variable EMPTY is empty"),
        ("file:nowhere", "nowhere cannot be read"),
        ("file:blank", "blank is empty"),
        ("file:binary", "binary is no UTF-8 text"),
    ],
)
def test_what_a_secret_points_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, why: str
) -> None:
    monkeypatch.setenv("EMPTY", "")
    (tmp_path / "blank").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    text = complaint(tmp_path, MINIMAL.replace("env:SECRET", reference))
    assert ":7: accounts[0].client_secret: " in text
    assert why in text


# --- refusals --------------------------------------------------------------------------------------------------------

BAD = [
    # text appended to the minimal profile, then line, key, and part of the complaint
    ("[readings]\nlimit = -1\n", 9, "readings.limit", "must be 0 or more"),
    ("[readings]\nlimit = 1.5\n", 9, "readings.limit", "must be a whole number"),
    ("[readings]\nlimit = true\n", 9, "readings.limit", "must be a whole number"),
    ('[readings]\nsettle_s = "0"\n', 9, "readings.settle_s", "must be a number"),
    ("[readings]\nsettle_s = inf\n", 9, "readings.settle_s", "must be a finite number"),
    ("[readings]\nfulfilment_s = nan\n", 9, "readings.fulfilment_s", "must be a finite number"),
    ("[readings]\nshared_account = 1\n", 9, "readings.shared_account", "must be true or false"),
    ('[readings]\nidentity = "me"\n', 9, "readings.identity", "must be one of 'server' or 'caller'"),
    ('[readings]\nerror_shape = "xml"\n', 9, "readings.error_shape", "must be one of 'kpn'"),
    ("[readings]\nextra_codes = 204\n", 9, "readings.extra_codes", "must be a list of statuses"),
    ("[readings]\nextra_codes = [204, 99]\n", 9, "readings.extra_codes[1]", "from 100 to 599, not 99"),
    ("[readings]\nextra_codes = [\n 204,\n 99\n]\n", 11, "readings.extra_codes[1]", "from 100 to 599"),
    ("[readings]\nrefusal_codes = 4\n", 9, "readings.refusal_codes", "must be a table"),
    ("[readings]\nrefusal_codes = { no_stok = [412] }\n", 9, "readings.refusal_codes.no_stok", "mean no_stock?"),
    ("[readings.refusal_codes]\ntaken = []\n", 8, "readings.refusal_codes", "taken: name at least one status"),
    ("[readings.refusal_codes]\ntaken = [200]\n", 8, "readings.refusal_codes", "from 300 to 499, not 200"),
    ('[readings]\nsdk_url = "sdk"\n', 9, "readings.sdk_url", "must be an absolute http or https URL"),
    ("[readings]\nlimt = 3\n", 9, "readings.limt", "did you mean limit?"),
    ("[readings]\ncalls = 3\n", 9, "readings.calls", "write it under [budget]"),
    ("[budget]\ncalls_per_second = 0\n", 9, "budget.calls_per_second", "must be more than 0"),
    ("[budget]\ncalls = -1 # fewer\n", 9, "budget.calls", "must be 0 or more"),
    ("[budget]\nunit_price = inf\n", 9, "budget.unit_price", "must be a finite number"),
    ("[budget]\nfoo = 1\n", 9, "budget.foo", "known: peak_products, calls"),
    ("[[accounts]]\nclient_id = 3\nclient_secret = 'env:SECRET'\n", 9, "accounts[1].client_id", "must be text"),
    ('[[accounts]]\nclient_id = ""\nclient_secret = "env:SECRET"\n', 9, "accounts[1].client_id", "must not be empty"),
    ('[[accounts]]\nclient_id = "env:"\nclient_secret = "env:SECRET"\n', 9, "accounts[1].client_id", 'be "env:NAME"'),
    ('[[accounts]]\nclient_id = "x"\n', 8, "accounts[1].client_secret", "is missing; add client_secret ="),
    (
        '[[accounts]]\nclient_secret = "env:SECRET"\nclient_id = "acme"\n',
        10, "accounts[1].client_id", "is that of an account above",
    ),
    ("[accounts.more]\nx = 1\n", 8, "accounts[0].more", "is no key of [[accounts]]"),
    ("[bindings]\n", 8, "bindings", "is no table of a profile; did you mean binding?"),
    ('[binding]\norder.numbr = "/x"\n', 9, "binding.order.numbr", "did you mean order.number?"),
    ("[binding]\norder.number = 3\n", 9, "binding.order.number", 'must be text, such as "/order_number"'),
    ('[binding]\n"order.number" = 3\n', 9, "binding.order.number", "must be text"),
    ("[binding.order]\n\n# here\nnumber = 3\n", 11, "binding.order.number", "must be text"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "why"), BAD, ids=[f"{row[2]}: {row[3]}" for row in BAD])
def test_a_wrong_value_is_refused_with_its_place(tmp_path: Path, text: str, line: int, key: str, why: str) -> None:
    message = complaint(tmp_path, MINIMAL + text)
    assert message.startswith(f"{tmp_path / 'profile.toml'}:{line}: {key}: ")
    assert why in message
    assert "\n" not in message, "one mistake, one complaint"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("api.example.com", "must be an absolute http or https URL"),
        ("ftp://api.example.com", "must be an absolute http or https URL"),
        ("https://", "must be an absolute http or https URL"),
        ("https://[::1", "is no URL"),
        ("https://host:99999/", "is no URL"),
        ("https://host/a b", "without spaces"),
        (f"https://me:{HUSH}@host/", "must not hold a user name or password"),
        ("https://host/#top", "without a fragment"),
        ("https://host/?a=b", "without a query"),
    ],
)
def test_a_base_url_that_cannot_be_called_is_refused(tmp_path: Path, url: str, why: str) -> None:
    message = complaint(tmp_path, MINIMAL.replace(BASE, url))
    assert ":2: target.base_url: " in message
    assert why in message


def test_a_token_url_with_a_secret_is_refused(tmp_path: Path) -> None:
    message = complaint(tmp_path, MINIMAL.replace(TOKEN, f"https://host/token?client_secret={HUSH}"))
    assert ":3: target.token_url: must not hold client_secret" in message


def test_an_openapi_document_that_is_not_there_is_refused(tmp_path: Path) -> None:
    message = complaint(tmp_path, MINIMAL.replace("[[acc", 'openapi = "vendor.yaml"\n[[acc', 1))
    assert ":5: target.openapi: cannot be read: " in message
    assert str(tmp_path / "vendor.yaml") in message


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("", "target", "is missing; add a table [target]"),
        (MINIMAL.replace("[[accounts]]", "[accounts]"), "accounts", "begin each with [[accounts]]"),
        ("accounts = []\n" + MINIMAL.split("[[")[0], "accounts", "is empty"),
        ("base_url = 'x'\n" + MINIMAL, "base_url", "stands outside any table; write it under [target]"),
        ("target = 3\n", "target", "must be a table"),
        ("budget = 3\n" + MINIMAL, "budget", "must be a table"),
        ("binding = 3\n" + MINIMAL, "binding", "must be a table"),
        ("readings = 3\n" + MINIMAL, "readings", "must be a table"),
    ],
)
def test_tables_that_are_missing_or_none(tmp_path: Path, text: str, key: str, why: str) -> None:
    message = complaint(tmp_path, text)
    assert any(f": {key}: " in line and why in line for line in message.splitlines())


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    lines = complaint(tmp_path, MINIMAL + "[budget]\ncals = 3\ncalls = 'x'\n[binding]\na.b = 1\n").splitlines()
    assert len(lines) == 3


def test_what_is_no_toml_is_named_with_its_line(tmp_path: Path) -> None:
    assert f"{tmp_path / 'profile.toml'}:2: this is no TOML" in complaint(tmp_path, "[target]\nname = vendor\n")
    assert "this is no TOML" in complaint(tmp_path, f'x = "{HUSH}')


def test_a_profile_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"nowhere\.toml: the profile cannot be read: No such file"):
        load_profile(tmp_path / "nowhere.toml")
    with pytest.raises(ProfileError, match="cannot be read: Is a directory"):
        load_profile(str(tmp_path))
    (tmp_path / "latin").write_bytes(b"name = '\xe9'")
    with pytest.raises(ProfileError, match="no UTF-8 text"):
        load_profile(tmp_path / "latin")


# --- options ---------------------------------------------------------------------------------------------------------


def test_four_options_make_a_profile() -> None:
    profile = profile_from_options(BASE + "/", TOKEN, "acme", "SECRET")
    assert profile.target.base_url == BASE
    assert profile.accounts[0].client_secret.reveal() == HUSH
    assert profile.budget.calls == 20_000


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((BASE, None, "acme", "SECRET"), "--token-url: is missing; give --base-url, --token-url"),
        ((BASE, TOKEN, "", "SECRET"), "--client-id: is missing"),
        (("example.com", TOKEN, "acme", "SECRET"), "--base-url: must be an absolute"),
        ((BASE, TOKEN, "acme", "NOT_SET_AT_ALL"), "--client-secret-env: the environment variable NOT_SET_AT_ALL is"),
        ((BASE, TOKEN, "acme", HUSH), "--client-secret-env: must be the name"),
    ],
)
def test_a_wrong_option_is_named(options: tuple[str | None, str | None, str | None, str | None], why: str) -> None:
    with pytest.raises(ProfileError) as caught:
        profile_from_options(*options)
    assert why in str(caught.value)
    assert HUSH not in str(caught.value)


# --- lines -----------------------------------------------------------------------------------------------------------

AWKWARD = '''\
# [fake]
"top level" = 1
[a] # [b]
text = "# no comment ] \\" = "
literal = 'C:\\'
long = """
[c]
x = "1" ""\\"
""""
raw = \'\'\'
y = 2\'\'\'\'
after.long = 1
list = [ # one
  [1, 2],
  { z = 3, "q.r" = [ 4 ] },

  "]",
]
[[rows]]
k = 1979-05-27T07:32:00Z
[rows.sub]
k = 0x1F
[[rows]]
[[rows.inner]]
k = 1.5e3
[[rows.inner]]
k = -inf
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("top level",), 2), (("a",), 3), (("a", "text"), 4), (("a", "literal"), 5), (("a", "long"), 6),
        (("a", "raw"), 10), (("a", "after", "long"), 12), (("a", "list"), 13), (("a", "list", 0, 1), 14),
        (("a", "list", 1, "z"), 15), (("a", "list", 1, "q.r", 0), 15), (("a", "list", 2), 17), (("rows", 0), 19),
        (("rows", 0, "k"), 20), (("rows", 0, "sub", "k"), 22), (("rows", 1), 23), (("rows", 1, "inner", 0, "k"), 25),
        (("rows", 1, "inner", 1, "k"), 27), (("rows", 1, "nowhere", "at all"), 23), (("nowhere",), 1),
    ],
)  # fmt: skip
def test_a_key_is_found_on_its_line(key: tuple[str | int, ...], line: int) -> None:
    tomllib.loads(AWKWARD)  # the example is TOML
    assert Lines(AWKWARD).of(key) == line


@given(st.text(alphabet="[]{}=.,\"'#\\\n ab1"))
def test_no_valid_toml_confuses_the_line_finder(text: str) -> None:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = Lines(text)
    assert all(1 <= lines.of((key,)) <= text.count("\n") + 1 for key in tables)
