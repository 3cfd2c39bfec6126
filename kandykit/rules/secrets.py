"""R5: no answer shows a secret, nor the inside of the server.

Secrets are fingerprints by the time a rule sees them, and equal secrets have equal fingerprints; so a rule can tell
that a password comes back without ever having known it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kandykit.calls import Operation
from kandykit.exchange import Answer, Credential, Request
from kandykit.redaction import FINGERPRINT
from kandykit.rules.past import digits_of, token_digits
from kandykit.rules.rule import NOTHING, PAGE, Area, Sight, held, judges, quoted
from kandykit.verdict import Check, Finding, Verdict

HELD: Final = held("R5")

_SOURCE: Final = f"{PAGE}, Authentication; OWASP API Security Top 10 2023, API3 and API8"
_PASSWORD_MEMBER: Final = re.compile(r'"(?:password|passwd|pwd)"\s*:\s*"((?:[^"\\]|\\.)+)"', re.IGNORECASE)
_MASK: Final = re.compile(r"[*xX•.\-_]+|<[^>]*>|\[[^\]]*\]|redacted|hidden|masked", re.IGNORECASE)

# "at" as a word of its own; in JSON the tab before it is two characters, the second of which is a letter, or six.
_AT: Final = r"(?:(?<!\w)|(?<=\\[nrt])|(?<=\\u00[02][0-9a-fA-F]))at "

# What runtimes print when nobody catches an error. Each pattern is looked for only where its hint stands, because
# nearly all bodies hold none of the hints. In JSON the line ends are escaped, so no pattern relies on them.
TRACES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("Traceback (most recent", re.compile(r"Traceback \(most recent call last\)")),
    ('.py\\", line ', re.compile(r'File \\".{1,300}?\.py\\", line \d+')),
    ('.py", line ', re.compile(r'File ".{1,300}?\.py", line \d+')),
    (".java:", re.compile(_AT + r"[\w$.<>/@-]+\([\w$-]+\.java:\d+\)")),
    (".kt:", re.compile(_AT + r"[\w$.<>/@-]+\([\w$-]+\.kt:\d+\)")),
    (".scala:", re.compile(_AT + r"[\w$.<>/@-]+\([\w$-]+\.scala:\d+\)")),
    ("(Native Method)", re.compile(_AT + r"[\w$.<>/@-]+\(Native Method\)")),
    ("(node:internal/", re.compile(_AT + r".{1,200}?\(node:internal/[\w/-]+:\d+:\d+\)")),
    ("js:", re.compile(_AT + r"(?:[^\n]{1,200}? \()?(?:file://)?[\w$./\\:@ -]{1,300}?\.[cm]?js:\d+:\d+\)?")),
    (".ts:", re.compile(_AT + r"(?:[^\n]{1,200}? \()?(?:file://)?[\w$./\\:@ -]{1,300}?\.ts:\d+:\d+\)?")),
    (".cs:line ", re.compile(_AT + r"[\w.`<>+]+\(.{0,300}?\) in .{1,300}?\.cs:line \d+")),
    ("End of inner exception stack trace", re.compile(r"--- End of inner exception stack trace ---")),
    ("   at ", re.compile(r"(?:   at (?:\w+\.){2,}[\w`<>.]+\([^()]{0,300}\).{0,14}?){2}", re.DOTALL)),
    (".php(", re.compile(r"#\d+ .{1,300}?\.php\(\d+\): ")),
    ("PHP Fatal error", re.compile(r"PHP Fatal error:\s+Uncaught ")),
    ("goroutine ", re.compile(r"goroutine \d+ \[running\]:")),
    (".rb:", re.compile(r"\.rb:\d+:in [`']")),
    ("' panicked at ", re.compile(r"thread '[^']{1,100}' panicked at ")),
)
"""Hints and patterns of stack traces: Python, Java and its kin, JavaScript, .NET, PHP, Go, Ruby, Rust."""


@judges("R5")
def answers_show_no_secret(sight: Sight) -> tuple[Check, ...]:
    """A password stands in the answer that created it, a token in the one that minted it, a client secret nowhere."""
    answer = sight.exchange.answer
    if answer is None or sight.area is Area.ELSEWHERE:
        return NOTHING
    shown: dict[str, Finding] = {}
    for kind, digits, where in _fingerprints(answer):
        found = _leak(sight, answer, kind, digits, where)
        if found is not None:
            shown.setdefault(found.title, found)
    if not shown:
        member = _password_in_the_open(sight, answer)
        return HELD if member is None else (member,)
    return tuple(shown.values())


@judges("R5")
def answers_show_no_stack_trace(sight: Sight) -> tuple[Check, ...]:
    """No answer holds a stack trace."""
    answer = sight.exchange.answer
    if answer is None or not answer.body or sight.area is Area.ELSEWHERE:
        return NOTHING
    found = stack_trace(answer.body)
    if not found or _said_by_us(sight.exchange.request, found):
        return NOTHING
    return (
        sight.finding(
            "R5",
            f"{sight.label} answers with a stack trace",
            "an error without the inside of the server",
            f"{answer.status} with {quoted(found)}",
            source=_SOURCE,
        ),
    )


def stack_trace(body: str) -> str:
    """The first piece of a stack trace in a body; empty where there is none."""
    for hint, pattern in TRACES:
        if hint in body and (found := pattern.search(body)):
            return found[0]
    return ""


def _fingerprints(answer: Answer) -> Iterator[tuple[str, str, str]]:
    """Each secret that an answer shows: its kind, its digits, and where it stands."""
    if "{{" in answer.body:
        for found in FINGERPRINT.finditer(answer.body):
            yield found[1], found[2], "the body"
    for name, value in answer.headers:
        if "{{" in value:
            for found in FINGERPRINT.finditer(value):
                yield found[1], found[2], f"the header {name}"


def _leak(sight: Sight, answer: Answer, kind: str, digits: str, where: str) -> Finding | None:
    """The finding for one secret that an answer shows; None where it may."""
    past = sight.past
    if digits in past.tokens or kind == "access_token":
        return _token_leak(sight, answer, digits, where)
    if digits in past.client_secrets or kind == "client_secret":
        return _shown(sight, "a client secret", where, _verdict(sight, answer, digits))
    if digits in past.passwords or kind == "password":
        return _password_leak(sight, answer, digits, where)
    if kind == "authorization" and not _is_made_up(sight, digits):
        return _shown(sight, "a credential of the request", where, _verdict(sight, answer, digits))
    return None


def _token_leak(sight: Sight, answer: Answer, digits: str, where: str) -> Finding | None:
    if sight.area is Area.TOKEN and answer.status < 300 and where == "the body":
        # Whether a token should have been given at all is another question.
        return None
    return (
        None if _is_made_up(sight, digits) else _shown(sight, "an access token", where, _verdict(sight, answer, digits))
    )


def _password_leak(sight: Sight, answer: Answer, digits: str, where: str) -> Finding | None:
    if sight.operation is Operation.CREATE_SUBSCRIBER and answer.status < 300 and where == "the body":
        subscriber = sight.reply.subscriber
        own = digits_of(subscriber.password) if subscriber is not None else ""
        # That a new subscriber got somebody's password is a law's business; that his is shown beside it is ours.
        others = digits in sight.past.passwords and digits != own
        return _shown(sight, "another subscriber's password", where) if others else None
    return _shown(sight, "a password", where, _verdict(sight, answer, digits))


def _password_in_the_open(sight: Sight, answer: Answer) -> Finding | None:
    """A password member whose value was not recognised as a secret, in a success that creates nothing."""
    if answer.status >= 300 or sight.operation is Operation.CREATE_SUBSCRIBER or sight.area is Area.TOKEN:
        return None
    low = answer.body.lower()
    if '"passw' not in low and '"pwd"' not in low:
        return None
    for found in _PASSWORD_MEMBER.finditer(answer.body):
        if not _MASK.fullmatch(found[1]):
            return _shown(sight, "a password", "the body")
    return None


def _verdict(sight: Sight, answer: Answer, digits: str) -> Verdict:
    """A refusal may say under a telling name what is wrong with a value, and not the value: then it only warns.

    ``{"password": "is too short"}`` looks like a secret until it is known that none of that fingerprint exists.
    """
    past, request = sight.past, sight.exchange.request
    known = digits in past.tokens or digits in past.passwords or digits in past.client_secrets
    sent = digits in request.body or digits in request.url or digits == token_digits(request.headers)
    return Verdict.FAIL if known or sent or answer.status < 300 else Verdict.WARN


def _is_made_up(sight: Sight, digits: str) -> bool:
    """Whether the kit made this token up and the answer only repeats it: then it opens nothing."""
    if sight.credential not in (Credential.UNKNOWN, Credential.WRONG_SECRET, Credential.OTHER_SCHEME):
        return False
    return digits == token_digits(sight.exchange.request.headers) and digits not in sight.past.tokens


def _said_by_us(request: Request, text: str) -> bool:
    """Whether an answer only repeats what the request said."""
    return text in request.body or text in request.url


def _shown(sight: Sight, what: str, where: str, verdict: Verdict = Verdict.FAIL) -> Finding:
    return sight.finding(
        "R5",
        f"{sight.label} {'shows' if verdict is Verdict.FAIL else 'may show'} {what}",
        "no secret",
        f"{what} in {where} of the answer",
        verdict=verdict,
        source=_SOURCE,
    )
