"""A failure's script shows it on the target that has it, calls it gone on one that has not, and leaves nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request as WebRequest
from urllib.request import urlopen

import pytest
from made_up_run import made_up_judgement
from tiny_target import BASE_PATH, CLIENTS, TOKEN_PATH, TinyTarget, tiny_target

from kandykit.binding import Binding
from kandykit.exchange import Answer, Credential, Exchange, Intent, Request
from kandykit.judgement import Case, Judgement
from kandykit.report.curl import failure_record, failure_script, write_failures
from kandykit.verdict import Finding

pytestmark = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")

PRODUCT = {"product_name": "KPN-VoiceVideo-C"}
QUERY = "?grant_type=client_credentials"


@dataclass
class Recorder:
    """Plays calls against a target and keeps them as the kit would, secrets replaced by fingerprints."""

    target: TinyTarget
    taken: list[Exchange] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def binding(self) -> Binding:
        return Binding(self.target.origin + BASE_PATH, self.target.origin + TOKEN_PATH + QUERY)

    def token(self, account: str) -> str:
        if account not in self.tokens:
            name = list(CLIENTS)[int(account[-1]) - 1]
            form = urlencode({"client_id": name, "client_secret": CLIENTS[name]}).encode()
            with urlopen(self.target.origin + TOKEN_PATH + QUERY, form) as answer:
                self.tokens[account] = json.load(answer)["access_token"]
        return self.tokens[account]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        account: str = "account-1",
        credential: Credential = Credential.LIVE,
        bearer: str = "",
        probe: str = "",
    ) -> dict[str, Any]:
        credential = Credential.UNKNOWN if bearer else credential
        octets = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json"} if octets is not None else {}
        bearer = bearer or (self.token(account) if credential is Credential.LIVE else "")
        live = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return self.send(
            method,
            self.target.origin + BASE_PATH + path,
            octets,
            sent,
            live,
            Intent("stateful", "test", account, credential, probe),
        )

    def mint(self, form: dict[str, str]) -> None:
        """A token call with a wrong secret."""
        octets = urlencode(form).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        intent = Intent("security", "test", "account-1", Credential.WRONG_SECRET, "client token")
        self.send("POST", self.target.origin + TOKEN_PATH + QUERY, octets, headers, {}, intent)

    def send(
        self, method: str, url: str, octets: bytes | None, sent: dict[str, str], live: dict[str, str], intent: Intent
    ) -> dict[str, Any]:
        started = time.monotonic()
        try:
            answer = urlopen(WebRequest(url, octets, {**sent, **live}, method=method))
        except HTTPError as error:
            answer = error
        with answer:
            text = answer.read().decode()
            headers = tuple((name.lower(), value) for name, value in answer.headers.items())
        text = re.sub(r"token-[0-9]+-of-[a-z]+", "{{access_token:0123456789ab}}", text)
        redacted = re.sub(r"pass-(\d+)", lambda found: f"{{{{password:{int(found[1]):012x}}}}}", text)
        hidden = {"authorization": "Bearer {{access_token:0123456789ab}}"} if live else {}
        self.taken.append(
            Exchange(
                seq=len(self.taken) + 1,
                intent=intent,
                request=Request(method, url, tuple({**sent, **hidden}.items()), hidden_form((octets or b"").decode())),
                answer=Answer(answer.status or 0, headers, redacted, len(text)),
                started=started,
                ended=time.monotonic(),
            )
        )
        return json.loads(text) if text.startswith("{") else {}

    def together(self, *calls: tuple[str, str, Any]) -> None:
        """Send calls at the same time."""
        self.token("account-1")
        threads = [threading.Thread(target=self.call, args=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def inventory(self) -> None:
        self.call("GET", "/inventory")

    def order(self, kind: str, quantity: int) -> str:
        return str(
            self.call("POST", "/order", {**PRODUCT, "order_type": kind, "quantity": quantity}).get("order_number")
        )

    def create(self, identity: str | None = None) -> str:
        body = PRODUCT if identity is None else {**PRODUCT, "identity": identity}
        return str(self.call("POST", "/subscriber", body).get("identity"))

    def delete(self, identity: str) -> None:
        self.call("DELETE", "/subscriber/" + quote(identity, safe=""))

    def case(self, requirement: str, title: str, stateful: bool = True, **more: Any) -> Case:
        finding = Finding(
            requirement,
            title,
            more.pop("expected", "x"),
            more.pop("actual", "y"),
            (len(self.taken),),
            stateful=stateful,
        )
        # Threads may finish in any order; the journal numbers calls as they went out.
        self.taken.sort(key=lambda call: call.started)
        return Case(finding, tuple(self.taken))


def hidden_form(body: str) -> str:
    return re.sub(r"client_secret=[^&]*", "client_secret={{client_secret:00000000beef}}", body)


def oversell(play: Recorder) -> Case:
    play.inventory()
    play.order("increment", 1)
    play.create()
    play.create()
    play.inventory()
    return play.case("L5", "A subscriber is created although nothing is available")


def double_free(play: Recorder) -> Case:
    play.inventory()
    play.order("increment", 2)
    first = play.create("k7-a@acme.example")
    play.create("k7-b@acme.example")
    play.delete(first)
    play.delete(first)
    play.inventory()
    return play.case("L10", "Deleting a subscriber twice frees two products")


def below_use(play: Recorder) -> Case:
    play.order("increment", 1)
    play.create()
    play.order("decrement", 1)
    play.inventory()
    return play.case("L6", "A decrement goes below what is in use")


def forgets_orders(play: Recorder) -> Case:
    play.order("increment", 1)
    play.call("GET", "/order")
    return play.case("L8", "An order is missing from the list")


def crosses_accounts(play: Recorder) -> Case:
    number = play.order("increment", 1)
    play.call("GET", f"/order?order_number={number}", account="account-2")
    return play.case("L11", "An account sees another account's order")


def wrong_sum(play: Recorder) -> Case:
    play.inventory()
    return play.case("L3", "Available is not total less used")


def race(play: Recorder) -> Case:
    play.inventory()
    play.order("increment", 1)
    play.together(*[("POST", "/subscriber", PRODUCT)] * 3)
    play.inventory()
    return play.case("L12", "The last product is given to two subscribers")


def delete_204(play: Recorder) -> Case:
    play.order("increment", 1)
    identity = play.create()
    play.delete(identity)
    play.taken[:] = play.taken[-1:]  # a rule on one exchange shows only that one
    return replace_evidence(play.case("R1", "A deletion is answered with an undocumented code", stateful=False))


def no_hsts(play: Recorder) -> Case:
    play.inventory()
    return play.case("S1", "An answer comes without HSTS", stateful=False)


def no_allow(play: Recorder) -> Case:
    play.call("PUT", "/inventory")
    return play.case("H2", "A 405 comes without Allow", stateful=False)


def leaks_password(play: Recorder) -> Case:
    play.order("increment", 1)
    play.delete(play.create())
    return play.case("R5", "An answer shows a password that it did not create", stateful=False)


def malformed_500(play: Recorder) -> Case:
    play.call("POST", "/order", b'{"quantity": ')
    return play.case("R3", "Malformed JSON is answered with a server error", stateful=False)


def no_token_needed(play: Recorder) -> Case:
    play.call("GET", "/inventory", credential=Credential.NONE)
    return play.case("R6", "A call without a token succeeds", stateful=False)


def orders_change(play: Recorder) -> Case:
    number = play.order("increment", 2)
    play.call("GET", f"/order?order_number={number}")
    return play.case("L8", "An order changes after it was placed")


def quota_falls(play: Recorder) -> Case:
    play.inventory()
    play.inventory()
    return play.case("K1", "The number of used calls falls", stateful=False)


def quoted_quantity(play: Recorder) -> Case:
    play.call("POST", "/order", {**PRODUCT, "order_type": "increment", "quantity": "3"})
    return play.case("R3", "A malformed order is accepted", stateful=False)


def start_of_a_token(play: Recorder) -> Case:
    play.call("GET", "/inventory", bearer=play.token("account-1") + "x", probe="unknown inventory")
    case = play.case("R6", "A call succeeds without a live token", stateful=False)
    case.programme = [{"step": "Intrude", "credential": "unknown", "what": "inventory", "variant": "longer"}]
    return case


def start_of_the_secret(play: Recorder) -> Case:
    play.mint({"client_id": "acme", "client_secret": CLIENTS["acme"] + "x"})
    case = play.case("R6", "A token is minted for a wrong secret", stateful=False)
    case.programme = [{"step": "Intrude", "credential": "client", "what": "token", "variant": "secret and more"}]
    return case


def leaks_token(play: Recorder) -> Case:
    play.call("GET", "/nowhere")
    return play.case("R5", "A refusal shows the token that came with the call", stateful=False)


def replace_evidence(case: Case) -> Case:
    """The case with the finding pointing at what is left of its calls."""
    return Case(replace(case.finding, evidence=tuple(call.seq for call in case.calls)), case.calls)


STORIES: dict[str, Callable[[Recorder], Case]] = {
    "oversell": oversell,
    "double-free": double_free,
    "below-use": below_use,
    "forgets-orders": forgets_orders,
    "shared": crosses_accounts,
    "wrong-sum": wrong_sum,
    "race": race,
    "delete-204": delete_204,
    "no-hsts": no_hsts,
    "no-allow": no_allow,
    "leaks-password": leaks_password,
    "malformed-500": malformed_500,
    "no-token-needed": no_token_needed,
    "orders-change": orders_change,
    "quota-falls": quota_falls,
    "quoted-quantity": quoted_quantity,
    "start-of-a-token": start_of_a_token,
    "start-of-the-secret": start_of_the_secret,
    "leaks-token": leaks_token,
}
QUICK = {"oversell", "no-hsts", "leaks-password", "start-of-a-token"}
"""One of each kind; a failure is played many times before it is called gone."""


def environment(target: TinyTarget | None = None, **more: str) -> dict[str, str]:
    known = {"PATH": os.environ["PATH"], "KANDY_CLIENT_ID": "acme", "KANDY_CLIENT_SECRET": CLIENTS["acme"]}
    known |= {"KANDY_CLIENT_ID_2": "other", "KANDY_CLIENT_SECRET_2": CLIENTS["other"]}
    if target is not None:
        known["KANDY_BASE_URL"] = target.origin + BASE_PATH
        known["KANDY_TOKEN_URL"] = target.origin + TOKEN_PATH + QUERY
    return {name: value for name, value in (known | more).items() if value}


def run(script: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", str(script)], env=environ, capture_output=True, text=True, timeout=120, check=False)


def script_of(case: Case, play: Recorder, folder: Path) -> Path:
    judgement = Judgement(cases={case.finding.id: case})
    (script,) = write_failures(judgement, folder, play.binding)
    return script


@pytest.mark.parametrize("fault", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in STORIES])
def test_a_failure_is_still_there_on_the_faulty_target_and_gone_on_a_good_one(fault: str, tmp_path: Path) -> None:
    with tiny_target(fault) as recorded:
        play = Recorder(recorded)
        script = script_of(STORIES[fault](play), play, tmp_path)
    with tiny_target(fault) as faulty:
        done = run(script, environment(faulty))
        assert (done.returncode, done.stderr) == (1, ""), done.stdout
        assert "Still there" in done.stdout
    with tiny_target() as good:
        done = run(script, environment(good))
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert "Gone: call" in done.stdout
        account = good.accounts["acme"]
        assert (account["total"], account["users"]) == (0, {})


def test_a_boundary_is_met_again_on_an_account_that_holds_more(tmp_path: Path) -> None:
    with tiny_target("oversell") as recorded:
        play = Recorder(recorded)
        script = script_of(oversell(play), play, tmp_path)
    with tiny_target() as good, tiny_target("oversell") as faulty:
        for target, status in ((good, 0), (faulty, 1)):
            target.accounts["acme"] |= {"total": 7, "users": {"somebody@else.example": "p"}}
            done = run(script, environment(target))
            assert done.returncode == status, done.stdout
            assert target.accounts["acme"]["total"] == 7
            assert list(target.accounts["acme"]["users"]) == ["somebody@else.example"]
        assert run(script, environment(good, KANDY_PREPARE="no")).returncode == 2


def test_what_it_makes_on_another_account_is_put_back_too(tmp_path: Path) -> None:
    with tiny_target() as recorded:
        play = Recorder(recorded)
        for kind, quantity in (("increment", 3), ("decrement", 1)):
            body = {**PRODUCT, "order_type": kind, "quantity": quantity}
            play.call("POST", "/order", body, account="account-2")
        play.call("POST", "/subscriber", PRODUCT, account="account-2")
        script = script_of(play.case("R1", "Something about the second account", stateful=False), play, tmp_path)
    with tiny_target() as target:
        done = run(script, environment(target))
        assert done.returncode == 1, done.stdout
        assert (target.accounts["other"]["total"], target.accounts["other"]["users"]) == (0, {})
        assert target.seen.count(("POST", f"{BASE_PATH}/order")) == 3


def test_a_target_that_cannot_be_reached_or_gives_no_token_is_not_called_gone(tmp_path: Path) -> None:
    with tiny_target("wrong-sum") as recorded:
        play = Recorder(recorded)
        script = script_of(wrong_sum(play), play, tmp_path)
        assert run(script, environment(KANDY_CLIENT_SECRET="wrong")).returncode == 2
        assert run(script, environment(KANDY_CLIENT_ID="")).returncode == 2
        assert run(script, environment()).returncode == 1  # the recorded URLs, where no others are given
    done = run(script, environment())
    assert done.returncode == 2
    assert "Could not tell" in done.stdout


def test_no_secret_is_in_a_script_nor_in_what_it_prints(tmp_path: Path) -> None:
    with tiny_target("leaks-password") as target:
        play = Recorder(target)
        script = script_of(leaks_password(play), play, tmp_path)
        done = run(script, environment(target))
        assert CLIENTS["acme"] not in script.read_text() + done.stdout + done.stderr
        assert not re.search(r"token-\d+-of|pass-\d", script.read_text() + done.stdout)


def test_hostile_text_runs_nothing(tmp_path: Path) -> None:
    nasty = "$(touch {0}/owned) `touch {0}/owned` '; touch {0}/owned; ' \n touch {0}/owned \x1b[2J".replace(
        "{0}", str(tmp_path)
    )
    with tiny_target() as target:
        play = Recorder(target)
        play.call("POST", "/order", nasty.encode())
        call = play.taken[0]
        request = replace(call.request, headers=(*call.request.headers, ("x-odd", nasty.replace("\n", " "))))
        assert call.answer is not None
        answer = replace(call.answer, body=nasty)
        case = Case(
            Finding("R2", nasty, nasty, nasty, (1,), source=nasty), (replace(call, request=request, answer=answer),)
        )
        done = run(script_of(case, play, tmp_path / "failures"), environment(target))
    assert not (tmp_path / "owned").exists()
    assert done.returncode in (0, 1)
    assert "\x1b" not in done.stdout


def test_a_body_is_sent_octet_by_octet(tmp_path: Path) -> None:
    octets = bytes(range(256)) * 3
    with tiny_target() as target:
        play = Recorder(target)
        play.call("POST", "/order", b"{}")
        call = play.taken[0]
        odd = replace(call, request=replace(call.request, body=octets.decode("utf-8", "surrogateescape")))
        script = script_of(Case(Finding("R3", "t", "e", "a", (1,)), (odd,)), play, tmp_path)
        text = script.read_text()
        body = re.search(r"^  (\{ .*call\.sent\")$", text, re.MULTILINE)
        assert body
        command = body.group(1).replace("$work", str(tmp_path))
        subprocess.run(["bash", "-c", command], check=True)
    assert (tmp_path / "call.sent").read_bytes() == octets


def test_every_made_up_finding_has_a_script_that_bash_can_read_and_a_record(tmp_path: Path) -> None:
    judgement, _ = made_up_judgement()
    binding = Binding("http://127.0.0.1:1/base", "http://127.0.0.1:1/token")
    for script in write_failures(judgement, tmp_path, binding):
        subprocess.run(["bash", "-n", str(script)], check=True)
        record = json.loads(script.with_suffix(".json").read_text())
        assert record["finding"]["id"] == script.stem
        assert len(record["calls"]) == len(judgement.cases[script.stem].calls)


def test_the_same_case_makes_the_same_script() -> None:
    binding = Binding("http://127.0.0.1:1/base", "http://127.0.0.1:1/token")
    first, second = (next(iter(made_up_judgement()[0].cases.values())) for _ in range(2))
    assert failure_script(first, binding) == failure_script(second, binding)
    assert failure_record(first, binding) == failure_record(second, binding)


@pytest.mark.parametrize(("law", "status"), [("L8", 0), ("L9", 2)])
def test_what_rests_on_calls_far_apart_says_so(tmp_path: Path, law: str, status: int) -> None:
    """Whether an identity comes again cannot be told by so few calls at all."""
    with tiny_target("forgets-orders") as recorded:
        play = Recorder(recorded)
        case = forgets_orders(play)
        first, last = case.calls
        finding = replace(case.finding, requirement=law)
        far = replace(case, finding=finding, calls=(first, replace(last, seq=last.seq + 200)))
        script = script_of(far, play, tmp_path)
    with tiny_target() as good:
        done = run(script, environment(good, KANDY_PLAYS="1"))
        assert done.returncode == status, done.stdout
        assert "calls apart, and those between were not played" in done.stdout
