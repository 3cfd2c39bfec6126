"""How a call of a script proves itself: the recorded credential, made anew from this play's token and client.

The record holds fingerprints only. What a wrong credential was wrong in is read off the recorded header and form, and
where they cannot tell (a token that was too long by a character), off the programme that the case came from.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kandykit.counterfeit import COUNTERFEITS
from kandykit.exchange import Credential, Exchange
from kandykit.report.fingerprint import FINGERPRINT
from kandykit.report.shell import Piece, Variable
from kandykit.report.stock import account_of

_TOKENS: Final[Mapping[str, str]] = {
    "last character": '"$(other_end "$token_{n}")"',
    "longer": '"${{token_{n}}}x"',
    "shorter": '"${{token_{n}%?}}"',
    "other case": '"$(other_case "$token_{n}")"',
    "client id": '"$id_{n}"',
    "unsigned": '"$(unsigned "$id_{n}")"',
    **{name: shlex.quote(token) for name, token in COUNTERFEITS.items() if name},
}
_SECRETS: Final[Mapping[str, str]] = {
    "secret in other case": '"$(other_case "$secret_{n}")"',
    "secret and more": '"${{secret_{n}}}x"',
    "secret but its end": '"${{secret_{n}%?}}"',
}
_OF_ANOTHER: Final = "another client's secret"
_NEVER_MINTED: Final = '"unknown-$fresh"'
_ANY_TOKEN: Final = '"$(odd_token "$token_{n}")"'
_ANY_SECRET: Final = '"$(odd_secret "$secret_{n}")"'
_WRONG: Final = (Credential.UNKNOWN, Credential.OTHER_SCHEME, Credential.WRONG_SECRET)


def variants_of(calls: Sequence[Exchange], programme: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """For each call with a wrong credential, by its sequence number, in which way it was wrong (if that is known).

    The steps of a programme and the calls that came of them are told apart by what they are about, in order.
    """
    steps = [step for step in programme if step.get("step") == "Intrude"]
    variants: dict[int, str] = {}
    for call in calls:
        _, named, variant = call.intent.probe.partition(": ")
        if named and call.intent.credential in _WRONG:
            variants[call.seq] = variant
            continue
        for index, step in enumerate(steps):
            if call.intent.probe.startswith(f"{step.get('credential')} {step.get('what')}"):
                variants[call.seq] = str(step.get("variant", ""))
                del steps[index]
                break
    return variants


def accounts_of(calls: Sequence[Exchange], variants: Mapping[int, str]) -> list[str]:
    """The numbers of all accounts whose client a script needs."""
    needed = {account_of(call) for call in calls}
    needed |= {_other(account_of(call)) for call in calls if variants.get(call.seq) == _OF_ANOTHER}
    return sorted(needed)


def _other(number: str) -> str:
    """The account whose secret is tried in place of this one's."""
    return "2" if number == "1" else "1"


def authorization(
    call: Exchange, name: str, variants: Mapping[int, str], known: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Lines that make the Authorization header of the call called ``name``, and the curl argument that sends it."""
    number = account_of(call)
    seen, variant = call.seq in variants, variants.get(call.seq, "")
    said = call.request.header("authorization")
    scheme, _, word = (said or "").partition(" ")
    match call.intent.credential:
        case Credential.LIVE | Credential.PRESUMED if said is None:
            return [], []
        case Credential.LIVE | Credential.PRESUMED if word in known:
            return _header(name, f"{scheme} %s", f'"${{{known[word]}}}"')
        case Credential.LIVE | Credential.PRESUMED if scheme.lower() == "bearer":
            return _header(name, f"{scheme} %s", f'"$token_{number}"')
        case Credential.EXPIRED:
            return _header(name, "Bearer %s", f'"$expired_{number}"')
        case Credential.UNKNOWN if said is not None and not word:
            return _header(name, "Bearer%s", "''" if said == "Bearer" else "' '")
        case Credential.UNKNOWN:
            odd = _TOKENS.get(variant, _NEVER_MINTED) if seen else _ANY_TOKEN
            return _header(name, "Bearer %s", odd.format(n=number))
        case Credential.OTHER_SCHEME if variant == "client":
            return _header(
                name, "Basic %s", f"\"$(printf '%s' \"$id_{number}:$secret_{number}\" | base64 | tr -d '\\n')\""
            )
        case Credential.WRONG_SECRET if scheme.lower() == "basic":
            return _header(name, "Basic %s", f"\"$(printf '%s' \"$id_{number}:wrong-$fresh\" | base64 | tr -d '\\n')\"")
        case Credential.OTHER_SCHEME if not word:
            return _header(name, "%s", f'"$token_{number}"')
        case Credential.OTHER_SCHEME:
            plain = scheme if re.fullmatch(r"[A-Za-z]+", scheme) else "Token"
            return _header(name, f"{plain} %s", f'"$token_{number}"')
        case _:
            return [], []


def form(call: Exchange, text: str, variants: Mapping[int, str]) -> tuple[list[str], list[Piece]]:
    """The form of a token call: lines that make its wrong secret, and its pieces with this play's client in them."""
    number = account_of(call)
    variant = variants.get(call.seq, "")
    secret: dict[str, Piece] = {}
    lines: list[str] = []
    if call.intent.credential is Credential.CLIENT:
        secret = {"client_secret": Variable(f"secret_{number}", encoded=True)}
    elif call.intent.credential is Credential.WRONG_SECRET:
        if variant in _SECRETS or (call.seq not in variants and "client_id=" in text):
            odd = _SECRETS.get(variant, _ANY_SECRET).format(n=number)
            lines = [f"odd={odd}", 'encode "$odd"; odd_encoded=$value']
            secret = {"client_secret": Variable("odd", encoded=True)}
        elif variant == _OF_ANOTHER:
            secret = {"client_secret": Variable(f"secret_{_other(number)}", encoded=True)}
        elif variant == "no client":
            secret = {"client_secret": Variable(f"secret_{number}", encoded=True)}
    else:
        return [], [text]
    values = {"client_id": Variable(f"id_{number}", encoded=True), **secret}
    if variant == "unknown client":
        values = {"client_secret": Variable(f"secret_{number}", encoded=True)}
    pieces: list[Piece] = []
    for part in re.split(r"((?:^|&)client_(?:id|secret)=[^&]+)", text):
        key = part.lstrip("&").partition("=")[0]
        lead = "&" if part.startswith("&") else ""
        pieces += [f"{lead}{key}=", values[key]] if key in values and "=" in part else [part]
    return lines, pieces


def with_token(call: Exchange, text: str) -> list[Piece]:
    """A part of a URL, with this play's token wherever the recorded one stood in it."""
    pieces: list[Piece] = []
    for number, part in enumerate(re.split(r"(\{\{[a-z_]+:[0-9a-f]{12}\}\})", text)):
        pieces.append(Variable(f"token_{account_of(call)}", encoded=True) if number % 2 else part)
    return pieces


def guesses(calls: Sequence[Exchange], variants: Mapping[int, str]) -> bool:
    """Whether the record does not tell how a credential was wrong, so that each play tries another way."""
    return any(
        call.intent.credential in (Credential.UNKNOWN, Credential.WRONG_SECRET) and call.seq not in variants
        for call in calls
    )


def leaked(call: Exchange, token: str) -> list[tuple[str, str]]:
    """Secrets of this account that an answer shows, or might: the variable that holds each, and its digits.

    ``token`` is the digits of the token that the call was made with.
    """
    number = account_of(call)
    answer = call.answer
    if answer is None:
        return []
    text = "\n".join([answer.body, *(value for _, value in answer.headers)])
    found = [(f"token_{number}", token)] if token else []
    for kind, digits in sorted(set(FINGERPRINT.findall(text))):
        if kind == "client_secret" or (kind == "secret" and digits != token):
            found.append((f"secret_{number}", digits))
    return found


def token_digits(call: Exchange) -> str:
    """The digits of the fingerprint of the token that a call was made with."""
    match = FINGERPRINT.search(call.request.header("authorization") or "")
    return match.group(2) if match else ""


def _header(name: str, form: str, value: str) -> tuple[list[str], list[str]]:
    # By way of a file: a command line can be read by everybody on the machine.
    file = f'"$work/{name}.authorization"'
    return [f"printf 'Authorization: {form}\\n' {value} > {file}"], [f"--header @{file}"]
