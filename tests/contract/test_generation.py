"""What is generated from a document, and what it becomes before it is sent."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from kandykit.binding import Binding
from kandykit.calls import Malformed, Operation
from kandykit.explore.generate.cases import ABSENT, Case, Cases, Documented, Phase
from kandykit.explore.generate.filling import Filler, Unfit
from kandykit.explore.generate.programmes import Programmes
from kandykit.explore.generate.request import FRESH, body_of, order, outgoing, raw_of, subscriber
from kandykit.explore.steps import Look, Raw, from_json, to_json
from kandykit.openapi import load_document
from kandykit.requirements import specs_folder
from tests.contract.target import OPERATIONS, cases_of

BASE = "http://127.0.0.1:1/communication/kandy/provisioning"
SHIPPED = specs_folder() / "kandy-provisioning.openapi.yaml"
ORDER = Documented("POST", "/order")
CREATE = Documented("POST", "/subscriber")
DELETE = Documented("DELETE", "/subscriber/{identity}")


@pytest.fixture(scope="module")
def binding() -> Binding:
    return Binding(BASE, "http://127.0.0.1:1/oauth/client_credential/accesstoken")


@pytest.fixture(scope="module")
def cases() -> Cases:
    return cases_of(SHIPPED, 0)


def requests_of(cases: Cases, binding: Binding, operation: Operation, phase: Phase, most: int = 20) -> list[Raw]:
    programmes = Programmes(cases, binding, room=20).of(operation, phase, most)
    return [step for programme in programmes for step in programme if isinstance(step, Raw)]


def meaning(binding: Binding, raw: Raw) -> object:
    class Any(dict[str, str]):
        def __missing__(self, label: str) -> str:
            return f"{label}@example.com"

    made = outgoing(raw, BASE, Any(), Any(), lambda: "kk-mark-1@example.com")
    assert made is not None
    request = made[0]
    return binding.call_of(
        request.method, request.url, request.headers, (request.body or b"").decode("utf-8", "replace")
    )


# -- steps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        Raw("GET", "/inventory"),
        Raw("POST", "/order", (("content-type", "application/json"), ("x", "1")), '{"a": "\u00e9"}', label="g0"),
        Raw("POST", "/order", (), "/wA=", octets=True, probe="generated"),
    ],
)
def test_a_raw_step_survives_json(raw: Raw) -> None:
    assert from_json(json.loads(json.dumps(to_json([raw, Look()])))) == [raw, Look()]


def test_placeholders_become_identities_and_numbers() -> None:
    raw = Raw("POST", f"/subscriber/{subscriber('a')}?n={order('o')}", (("x", subscriber("a")),), f'{{"i": "{FRESH}"}}')
    made = outgoing(raw, BASE, {"a": "a b@x.nl"}, {"o": "K/1"}, lambda: "new@x.nl")
    assert made is not None
    request, minted = made
    assert request.url == f"{BASE}/subscriber/a%20b%40x.nl?n=K%2F1"
    assert request.headers == (("x", "a b@x.nl"),)
    assert request.body == b'{"i": "new@x.nl"}'
    assert minted == "new@x.nl"


def test_a_step_that_names_what_there_is_not_is_left_out() -> None:
    assert outgoing(Raw("DELETE", f"/subscriber/{subscriber('gone')}"), BASE, {}, {}, lambda: "new@x.nl") is None


@pytest.mark.parametrize(
    "octets", [None, b"", b'{"a": 1}', b"\xff\x00", "\ud83d\ude00".encode("utf-16", "surrogatepass")]
)
def test_a_body_comes_back_as_it_was(octets: bytes | None) -> None:
    body, is_octets = body_of(octets)
    made = outgoing(Raw("POST", "/order", (), body, is_octets), BASE, {}, {}, lambda: "")
    assert made is not None
    assert made[0].body == octets


def test_a_request_of_the_binding_becomes_a_step(binding: Binding) -> None:
    raw = raw_of(binding.delete_subscriber(subscriber("a")), BASE, probe="p")
    assert raw.path == "/subscriber/{{subscriber:a}}"
    made = outgoing(raw, BASE, {"a": "a@x.nl"}, {}, lambda: "")
    assert made is not None
    assert made[0].url == f"{BASE}/subscriber/a%40x.nl"


# -- cases -----------------------------------------------------------------------------------------------------------


def test_drawing_uses_the_versions_it_was_written_for() -> None:
    """Both are pinned: one draws with what Hypothesis keeps to itself, the other changes with most releases."""
    assert (version("hypothesis"), version("schemathesis")) == ("6.170.15", "4.32.5")


def test_every_operation_of_the_shipped_document_has_cases(cases: Cases, binding: Binding) -> None:
    programmes = Programmes(cases, binding, room=20)
    assert not cases.unusable
    assert not programmes.elsewhere()
    assert all(programmes.documented(operation) for operation in OPERATIONS)


@pytest.mark.parametrize("phase", list(Phase))
def test_the_same_seed_gives_the_same_programmes(cases: Cases, binding: Binding, phase: Phase) -> None:
    again = Cases(SHIPPED, 0)
    for operation in OPERATIONS:
        first, second = (list(Programmes(one, binding, room=20).of(operation, phase, 12)) for one in (cases, again))
        assert first == second


def test_another_seed_draws_others(cases: Cases, binding: Binding) -> None:
    ours = requests_of(cases, binding, Operation.PLACE_ORDER, Phase.FORBIDDEN)
    assert ours != requests_of(Cases(SHIPPED, 1), binding, Operation.PLACE_ORDER, Phase.FORBIDDEN)


@pytest.mark.parametrize("phase", list(Phase))
def test_no_case_brings_credentials(cases: Cases, binding: Binding, phase: Phase) -> None:
    """The document's oauth2 scheme is the client's business."""
    for operation in OPERATIONS:
        for raw in requests_of(cases, binding, operation, phase):
            names = {name.lower() for name, _ in raw.headers}
            assert not names & {"authorization", "proxy-authorization", "cookie"}
            assert "access_token" not in raw.path


# -- what becomes of them --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.EXAMPLES, Phase.ALLOWED])
def test_what_is_allowed_is_a_well_formed_call_of_the_contract(cases: Cases, binding: Binding, phase: Phase) -> None:
    for operation in OPERATIONS:
        made = requests_of(cases, binding, operation, phase)
        assert made
        for raw in made:
            assert not raw.probe
            assert not isinstance(meaning(binding, raw), Malformed)


def test_orders_stay_small(cases: Cases, binding: Binding) -> None:
    for phase in (Phase.EXAMPLES, Phase.COVERAGE, Phase.ALLOWED):
        for raw in requests_of(cases, binding, Operation.PLACE_ORDER, phase):
            if not raw.probe:
                assert 1 <= json.loads(raw.body or "")["quantity"] <= 3


def test_identities_are_ours(cases: Cases, binding: Binding) -> None:
    for raw in requests_of(cases, binding, Operation.CREATE_SUBSCRIBER, Phase.ALLOWED):
        assert json.loads(raw.body or "").get("identity", FRESH) == FRESH
    deletes = requests_of(cases, binding, Operation.DELETE_SUBSCRIBER, Phase.ALLOWED)
    assert all(FRESH in raw.path or "{{subscriber:" in raw.path for raw in deletes)
    assert any(FRESH in raw.path for raw in deletes)
    assert any("{{subscriber:" in raw.path for raw in deletes)


@pytest.mark.parametrize("operation", [Operation.PLACE_ORDER, Operation.CREATE_SUBSCRIBER])
def test_what_is_forbidden_is_malformed_in_the_contract_too(
    cases: Cases, binding: Binding, operation: Operation
) -> None:
    made = requests_of(cases, binding, operation, Phase.FORBIDDEN, 60)
    assert len(made) == 60
    for raw in made:
        assert raw.probe
        assert isinstance(meaning(binding, raw), Malformed)


def _case(operation: Documented, body: object, *, allowed: bool, method: str = "", **parts: object) -> Case:
    made = {"path": {}, "query": {}, "headers": {}, "about": ""} | parts
    return Case(
        operation=operation,
        method=method or operation.method,
        body=body,
        allowed=allowed,
        phase=Phase.COVERAGE,
        **made,  # type: ignore[arg-type]
    )


def _filled(binding: Binding, case: Case) -> Raw:
    return Filler(binding, 3).fill(case, 0, ["s0"], ["o0"])


def test_what_the_contract_allows_is_not_sent_as_forbidden(binding: Binding) -> None:
    """A document may be narrower than the contract: then success and refusal are both right, and nothing is learnt."""
    body = {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 3}
    with pytest.raises(Unfit, match="either answer is right"):
        _filled(binding, _case(ORDER, body, allowed=False))


def test_members_of_the_document_alone_are_left_out(binding: Binding) -> None:
    """What a vendor's member does is not the contract's business."""
    body = {"product_name": "x", "order_type": "increment", "quantity": 7, "cost_centre": "A"}
    raw = _filled(binding, _case(ORDER, body, allowed=True))
    sent = json.loads(raw.body or "")
    assert sent == {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": 2}


def test_a_document_that_spells_otherwise_is_not_sent_as_allowed() -> None:
    other = Binding(BASE, "http://127.0.0.1:1/token", {"order.kind": "/direction", "order.increment": "up"})
    body = {"product_name": "KPN-VoiceVideo-C", "quantity": 1}
    raw = _filled(other, _case(ORDER, {**body, "direction": "up"}, allowed=True))
    assert json.loads(raw.body or "")["direction"] == "up"
    with pytest.raises(Unfit, match="no JSON object"):
        _filled(other, _case(ORDER, b"<order/>", allowed=True))


def test_a_forbidden_order_is_tamed_where_its_size_is_not_the_point(binding: Binding) -> None:
    body = {"product_name": "AAA", "order_type": "increment", "quantity": 5_000}
    sent = json.loads(_filled(binding, _case(ORDER, body, allowed=False)).body or "")
    assert sent["product_name"] == "AAA"
    assert 0 <= sent["quantity"] <= 3
    body = {"product_name": "KPN-VoiceVideo-C", "order_type": "increment", "quantity": -984_358}
    sent = json.loads(_filled(binding, _case(ORDER, body, allowed=False)).body or "")
    assert -3 <= sent["quantity"] < 0
    body["quantity"] = 2**70
    assert json.loads(_filled(binding, _case(ORDER, body, allowed=False)).body or "") == body


def test_a_forbidden_create_carries_an_identity_of_ours(binding: Binding) -> None:
    body = {"product_name": "AAA", "identity": "somebody@video.example.com"}
    assert json.loads(_filled(binding, _case(CREATE, body, allowed=False)).body or "")["identity"] == FRESH


def test_another_method_never_names_a_stranger(binding: Binding) -> None:
    raw = _filled(binding, _case(DELETE, ABSENT, allowed=False, method="PATCH", path={"identity": "agent-7%40x.nl"}))
    assert (raw.method, raw.path) == ("PATCH", f"/subscriber/{FRESH}")


@pytest.mark.parametrize(
    ("place", "template", "shows"),
    [
        ("path", "/subscriber/{identity}", "/subscriber/{{subscriber:s0}}"),
        ("query:who", "/subscriber", "/subscriber?who={{subscriber:s0}}"),
    ],
)
def test_the_identity_goes_where_the_binding_says(place: str, template: str, shows: str) -> None:
    binding = Binding(BASE, "http://127.0.0.1:1/token", {"subscriber.delete": place})
    case = _case(
        Documented("DELETE", template), ABSENT, allowed=True, path={"identity": "0"} if "{" in template else {}
    )
    assert _filled(binding, case).path == shows


def test_the_identity_may_go_into_a_header_or_the_body() -> None:
    binding = Binding(BASE, "http://127.0.0.1:1/token", {"subscriber.delete": "header:x-identity"})
    bare = Documented("DELETE", "/subscriber")
    raw = _filled(binding, _case(bare, ABSENT, allowed=True, headers={"X-Identity": "0"}))
    assert ("x-identity", "{{subscriber:s0}}") in raw.headers
    binding = Binding(BASE, "http://127.0.0.1:1/token", {"subscriber.delete": "body:/identity"})
    raw = _filled(binding, _case(bare, {"identity": "0"}, allowed=True))
    assert json.loads(raw.body or "") == {"identity": "{{subscriber:s0}}"}


def test_one_order_may_be_read_by_path() -> None:
    binding = Binding(BASE, "http://127.0.0.1:1/token", {"order.read": "path"})
    filler = Filler(binding, 3)
    one = Documented("GET", "/order/{number}")
    assert filler.operation_of(one) is Operation.READ_ORDERS
    assert filler.operation_of(Documented("GET", "/webhooks")) is Operation.OTHER
    raw = filler.fill(_case(one, ABSENT, allowed=True, path={"number": "0"}), 0, [], ["o0"])
    assert raw.path == "/order/{{order:o0}}"


def test_a_document_that_schemathesis_cannot_use_is_our_problem(tmp_path: Path) -> None:
    from kandykit.errors import KitError

    path = tmp_path / "broken.yaml"
    path.write_text("just: text\n")
    with pytest.raises(KitError, match=r"broken\.yaml"):
        Cases(path, 0)


def test_paths_that_repeat_the_base_url_are_not_sent_twice(tmp_path: Path) -> None:
    """Some documents write the base path into every path."""
    text = SHIPPED.read_text(encoding="utf-8")
    for path in ("/order:", "/inventory:", "/subscriber:", "/subscriber/{identity}:"):
        text = text.replace(f"\n  {path}", f"\n  /v1{path}")
    document = tmp_path / "prefixed.yaml"
    document.write_text(text, encoding="utf-8")
    prefix = load_document(document).prefix("http://127.0.0.1:1/v1")
    assert prefix == "/v1"
    assert load_document(document).prefix("http://127.0.0.1:1/kandy") == ""
    bound = Binding("http://127.0.0.1:1/v1", "http://127.0.0.1:1/token")
    programmes = Programmes(Cases(document, 0, prefix), bound, room=20)
    assert not programmes.elsewhere()
    made = [step for steps in programmes.of(Operation.PLACE_ORDER, Phase.EXAMPLES, 2) for step in steps]
    assert {step.path for step in made if isinstance(step, Raw)} == {"/order"}
