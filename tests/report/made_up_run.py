"""A made-up run with everything in it that a report must be able to show: used by tests and for looking at pages."""

# ruff: noqa: E501  (the rows of a table are easier to read on one line each)
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from kandykit.exchange import Answer, Credential, Exchange, Intent, Request
from kandykit.gate.history import Night
from kandykit.judgement import Case, Judgement
from kandykit.report.statement import RunFacts, build_statement
from kandykit.verdict import Finding, Level, Verdict

BASE = "http://127.0.0.1:8089/communication/kandy/provisioning"

STANDARD_HEADERS = (
    ("content-type", "application/json"),
    ("sunset", "n/a"),
    ("api-version", "1.2.0"),
    ("quota-interval", "1"),
    ("quota-limit", "100000"),
    ("quota-used", "412"),
    ("quota-time-unit", "hour"),
    ("quota-reset-UTC", "2026-11-23T15:00:00Z"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
)


@dataclass(frozen=True)
class Clause:
    """A stand-in for a registry row with the same members."""

    id: str
    level: Level
    title: str
    sentence: str
    source: str
    area: str
    twin: str = ""
    reason: str = ""


def _clause(id: str, level: str, title: str, sentence: str, source: str, area: str, **more: str) -> Clause:
    return Clause(id, Level(level), title, sentence, source, area, **more)


REGISTRY: dict[str, Any] = {
    clause.id: clause
    for clause in [
        _clause("L1", "must", "Total follows orders", "Only a fulfilled order changes the total, by exactly its quantity.", "Provision products and subscribers, steps 1 to 3", "Laws"),
        _clause("L2", "must", "A subscriber uses one product", "Used goes up by one with each subscriber and down by one with each deletion.", "Conceptual model, Subscribers", "Laws"),
        _clause("L3", "must", "The numbers stay in bounds", "Available is total less used, and none of the three is ever out of bounds.", "Conceptual model", "Laws"),
        _clause("L4", "must", "A refusal changes nothing", "Whatever is refused leaves orders, inventory and subscribers alone.", "RFC 9110, 15.5", "Laws"),
        _clause("L5", "must", "Without stock no subscriber", "With nothing available a subscriber is refused, and with something it is created.", "Provision products and subscribers, step 4", "Laws"),
        _clause("L7", "must", "The agreed limit holds", "An increment above the agreed limit is never fulfilled.", "Provision products and subscribers, step 2", "Laws"),
        _clause("L10", "must", "A deletion frees one product once", "Deleting again frees nothing more.", "Conceptual model, Subscribers", "Laws", twin="H10"),
        _clause("L11", "must", "Accounts are apart", "No account sees or changes what is another's.", "Conceptual model", "Laws"),
        _clause("L14", "info", "The billing peak", "The monthly charge follows the highest total.", "How charging works", "Laws"),
        _clause("L15", "must", "Deleted means forced out", "A deleted subscriber's credentials stop working in the SDK.", "Conceptual model, Subscribers", "Laws", reason="needs the SDK's own server (sdk_url)"),
        _clause("R1", "must", "Only documented codes", "Every status is one of the return-code table.", "Return codes", "Rules"),
        _clause("R2", "must", "Answers match the document", "Bodies and headers have the documented shape.", "OpenAPI document", "Rules"),
        _clause("R5", "must", "No secret leaks", "No answer shows a secret that is not its own to show.", "Security constraint", "Rules"),
        _clause("R6", "must", "No token, no service", "Nothing succeeds without a live Bearer token.", "Authentication", "Rules"),
        _clause("T2", "must", "The token answer", "A token answer is JSON with access_token and a Bearer type.", "RFC 6749, 5.1", "Token endpoint"),
        _clause("T4", "should", "Tokens are not cached", "A token answer forbids caches to keep it.", "RFC 6749, 5.1", "Token endpoint"),
        _clause("T8", "info", "Basic for clients", "Clients may authenticate with HTTP Basic.", "RFC 6749, 2.3.1", "Token endpoint", reason="the primary document names the body only"),
        _clause("H2", "should", "405 names what is allowed", "Every 405 has an Allow header.", "RFC 9110, 15.5.6", "HTTP"),
        _clause("H10", "must", "DELETE is idempotent in effect", "A second DELETE frees nothing more.", "RFC 9110, 9.2.2", "HTTP", twin="L10"),
        _clause("H14", "must", "Content-Length is true", "Content-Length equals the octets that came.", "RFC 9110, 8.6", "HTTP"),
        _clause("S1", "must", "HSTS is sent", "Every answer carries HSTS exactly once.", "Response headers", "Security headers"),
        _clause("C3", "should", "Vary with an echoed origin", "An echoed origin comes with Vary: Origin.", "Fetch, CORS and caches", "CORS"),
        _clause("K1", "must", "Quota headers are whole", "Quota numbers are non-negative and used never goes down inside a window.", "Response headers", "Quota"),
        _clause("K2", "must", "Errors can be read", "An error has a message, and its status is the HTTP status.", "Return codes", "Quota"),
    ]
}  # fmt: skip


@dataclass
class Tape:
    """Writes exchanges one after the other, as a client would."""

    seq: int = 0
    clock: float = 0.0
    taken: list[Exchange] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        status: int | None,
        answer: Any = None,
        body: Any = None,
        *,
        account: str = "account-1",
        credential: Credential = Credential.LIVE,
        probe: str = "",
        headers: tuple[tuple[str, str], ...] = STANDARD_HEADERS,
        seconds: float = 0.004,
        failure: str = "",
        suite: str = "stateful",
    ) -> Exchange:
        """One exchange; ``answer`` and ``body`` are texts as they are, or JSON values."""
        self.seq += 1
        self.clock += 0.01
        text = answer if isinstance(answer, str) else json.dumps(answer) if answer is not None else ""
        sent = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
        auth = (("authorization", "Bearer sha:4be1"),) if credential is Credential.LIVE else ()
        kind = (("content-type", "application/json"),) if body is not None else ()
        exchange = Exchange(
            seq=self.seq,
            intent=Intent(suite=suite, account=account, credential=credential, probe=probe),
            request=Request(method, path if "://" in path else BASE + path, (("accept", "application/json"), *auth, *kind), sent),
            answer=None if status is None else Answer(status, headers, text, len(text.encode("utf-8", "surrogateescape"))),
            started=self.clock,
            ended=self.clock + seconds,
            at=f"2026-11-23T14:02:{self.clock:09.6f}Z"[:-4] + "Z",
            failure=failure,
        )  # fmt: skip
        self.taken.append(exchange)
        return exchange

    def inventory(self, total: int, used: int, available: int | None = None) -> Exchange:
        """A read of the inventory."""
        row = {"product_name": "KPN-VoiceVideo-C", "total": total, "used": used}
        row["available"] = total - used if available is None else available
        return self.call("GET", "/inventory", 200, {"products": [row]})

    def subscriber(self, identity: str, status: int = 201) -> Exchange:
        """A subscriber, created or refused."""
        answer = (
            {"identity": identity, "password": f"<secret {identity[:2]}9f>", "product_name": "KPN-VoiceVideo-C"}
            if status < 300
            else refusal(status, "no product available")
        )
        return self.call("POST", "/subscriber", status, answer, {"product_name": "KPN-VoiceVideo-C"})

    def delete(self, identity: str, status: int = 200) -> Exchange:
        """A deletion."""
        answer = {"identity": identity, "product_name": "KPN-VoiceVideo-C"}
        return self.call("DELETE", "/subscriber/" + identity.replace("@", "%40"), status, answer)

    def order(self, kind: str, quantity: int, status: int = 201, number: str = "KO-1041") -> Exchange:
        """An order."""
        sent = {"product_name": "KPN-VoiceVideo-C", "order_type": kind, "quantity": quantity}
        answer: Any = {"order_number": number, **sent, "status": "fulfilled", "created_at": "2026-11-23T14:02:11Z"}
        if status >= 300:
            answer = refusal(status, "above the agreed limit")
        return self.call("POST", "/order", status, answer, sent)


def refusal(status: int, message: str) -> dict[str, str]:
    """The five-member error."""
    return {"transactionId": "7f3c", "status": str(status), "name": "refused", "message": message, "info": ""}


def made_up_judgement(hostile: bool = True) -> tuple[Judgement, list[Exchange]]:
    """A judgement with every kind of row and finding, and all exchanges of its run."""
    tape = Tape()
    judgement = Judgement()
    for name, requirement in REGISTRY.items():
        judgement.checked[name] = 0 if requirement.reason or name == "L7" else 3 + len(requirement.title) * 7
    judgement.checked["H10"] = 0
    judgement.checked["L11"] = 0
    judgement.reasons["L7"] = "the limit is not declared, and the budget of 25 products never reached one"
    judgement.inconclusive["L11"] = "the second account got no token (503 three times)"

    def add(finding: Finding, calls: list[Exchange], seen: int = 1) -> None:
        judgement.cases[finding.id] = Case(finding, tuple(calls), seen=seen)

    calls = [
        tape.inventory(5, 4),
        tape.subscriber("k7-ann@acme.example"),
        tape.inventory(5, 5),
        tape.subscriber("k7-bob@acme.example"),
        tape.inventory(5, 6, -1),
    ]
    add(
        Finding("L5", "A subscriber is created although nothing is available", "refused with 400, 403 or 412 while available = 0",
                "201, and available = -1 afterwards", tuple(c.seq for c in calls), also=("L3",), source="Provision products and subscribers, step 4", stateful=True),
        calls, 3,
    )  # fmt: skip
    calls = [
        tape.inventory(5, 4),
        tape.delete("k7-ann@acme.example"),
        tape.delete("k7-ann@acme.example"),
        tape.inventory(5, 2),
    ]
    add(
        Finding("L10", "Deleting a subscriber twice frees two products", "used = 3 after the second DELETE", "used = 2",
                tuple(c.seq for c in calls), source="Conceptual model, Subscribers", stateful=True),
        calls,
    )  # fmt: skip
    nasty = "<script>alert('owned')</script><img src=x onerror=alert(1)>\u202egnitrever\u202c \x1b[31mred\x1b[0m \udcff\udcfe"
    body = (nasty + "A" * 9_000) if hostile else "Internal Server Error"
    call = tape.call("POST", "/order", 500, body, '{"quantity": ', probe="malformed: JSON that ends early",
                     headers=(("content-type", "text/html"), ("x-trace", "<b>bold</b>")))  # fmt: skip
    add(
        Finding(
            "R2",
            "Malformed JSON is answered with a server error",
            "400 with the five error members",
            f"500 {body[:80]}",
            (call.seq,),
            also=("K2",),
            source="Return codes",
        ),
        [call],
    )
    call = tape.call("PUT", "/inventory", 405, refusal(405, "no"), probe="undocumented method")
    add(
        Finding(
            "H2",
            "A 405 comes without Allow",
            "an Allow header with the documented methods",
            "no Allow header",
            (call.seq,),
            source="RFC 9110, 15.5.6",
        ),
        [call],
        14,
    )
    call = tape.call("DELETE", "/subscriber/k7-eve%40acme.example", 204, "")
    add(
        Finding(
            "R1",
            "A deletion is answered with an undocumented code",
            "200, 202 or 404",
            "204",
            (call.seq,),
            source="Return codes",
        ),
        [call],
        6,
    )
    call = tape.call("GET", "/inventory", None, failure="timeout", seconds=10.0)
    add(
        Finding(
            "K1",
            "Quota used goes down inside a window",
            "412 or more",
            "no answer to the read that would tell",
            (call.seq,),
            verdict=Verdict.INCONCLUSIVE,
            source="Response headers",
        ),
        [call],
    )
    call = tape.call("GET", "/inventory", 200, {"products": []}, headers=STANDARD_HEADERS[:-1])
    add(
        Finding(
            "S1",
            "An answer comes without HSTS",
            "strict-transport-security once",
            "no such header",
            (call.seq,),
            source="Response headers",
        ),
        [call],
        120,
    )
    tape.call("POST", "http://127.0.0.1:8089/oauth/client_credential/accesstoken?grant_type=client_credentials", 200,
              {"access_token": "<secret 71a0>", "token_type": "Bearer", "expires_in": "3599"}, "client_id=acme&client_secret=<secret 88bc>", credential=Credential.CLIENT)  # fmt: skip
    return judgement, tape.taken


def made_up_facts(**changes: Any) -> RunFacts:
    """The facts of the made-up run."""
    facts: dict[str, Any] = {
        "contract": "sha256:" + "3f9a7c21" * 8,
        "target": "acceptance of vendor X, staging",
        "base_url": BASE,
        "profile": "sha256:" + "b02d55e9" * 8,
        "run_id": "20261123-140211-k7",
        "started": "2026-11-23T14:02:11Z",
        "seconds": 74.3,
        "seed": 20261123,
        "depth": "standard",
        "calls": 18_204,
        "calls_by_operation": {"POST /order": 3120, "GET /order": 2904, "GET /inventory": 6011, "POST /subscriber": 3350, "DELETE /subscriber": 2544, "POST token": 41, "other": 234},
        "calls_by_status": {
            "POST /order": {"201": 2011, "400": 640, "412": 463, "500": 6},
            "GET /order": {"200": 2801, "404": 103},
            "GET /inventory": {"200": 6009, "401": 1, "timeout": 1},
            "POST /subscriber": {"201": 2544, "400": 300, "412": 506},
            "DELETE /subscriber": {"200": 1270, "404": 1268, "204": 6},
            "POST token": {"200": 33, "401": 8},
            "other": {"401": 12, "404": 80, "405": 142},
        },
        "readings": {"identity": "either", "fulfilment": "at once", "lag": "none met in 30 write-then-read pairs, counted as 0", "no_stock": 412, "below_use": 412, "over_limit": "not met", "order_read": "query"},
        "billing": {"peak_before": 5, "peak_during": 23, "worst_case": 25},
        "residue": [{"kind": "subscriber", "identity": "k7-zoe@acme.example", "why": "its deletion was answered 503 three times"}],
        "suites": ("contract", "workflow", "stateful", "concurrency", "security"),
    }  # fmt: skip
    return RunFacts(**(facts | changes))


def made_up_points() -> list[tuple[float, int, int, int]]:
    """An inventory that rises and falls: seconds, total, used, available."""
    points, total, used = [], 5, 3
    for step in range(240):
        total = max(used, min(23, total + (2 if step % 11 == 0 else -1 if step % 7 == 3 else 0)))
        used = max(0, min(total, used + (1 if step % 3 == 0 else -1 if step % 4 == 1 else 0)))
        points.append((step * 0.31, total, used, total - used))
    return points


def made_up_nights() -> list[Night]:
    """Four weeks: a failure that was waived and mended, one that came up late, and a requirement that wavers."""
    made = []
    for day in range(28):
        verdicts = dict.fromkeys(REGISTRY, "pass") | {"L15": "skipped", "H2": "warn"}
        verdicts["L5"] = "fail" if 5 < day < 10 else "waived" if 9 < day < 15 else "pass"
        verdicts["L7"] = "inconclusive" if day in (12, 20) else "skipped"
        verdicts["R1"] = "fail" if day > 24 else "pass"
        word = "not_conformant" if "fail" in verdicts.values() else "conformant"
        started = f"2026-10-{day + 1:02}T02:00:00.000Z"
        made.append(Night(f"run-{day}", started, word, "0.1.0", "standard", 18_000, verdicts, {}))
    return made


def made_up_statement(**changes: Any) -> tuple[dict[str, Any], Judgement, list[Exchange]]:
    """The statement of the made-up run, with what it was made from."""
    judgement, exchanges = made_up_judgement()
    return build_statement(judgement, made_up_facts(**changes), REGISTRY), judgement, exchanges
