"""Asking for what a profile needs, with a guess for as much of it as can be guessed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from kandykit.binding.keys import DEFAULTS, KEYS, complaint_about
from kandykit.errors import ProfileError, UsageError
from kandykit.guess.outline import outline
from kandykit.guess.spelling import Guess, Guessed, guess
from kandykit.guess.writing import Draft, profile_text
from kandykit.loopback import leads_here
from kandykit.profile import complaint_about_url, load_profile

CAUTIOUS: Final = 5
"""So many products a run may add where they cost somebody money, unless he says otherwise."""
ORDINARY: Final = 25
"""And where the target is on this machine."""

CLIENT_ID: Final = "env:KANDY_CLIENT_ID"
CLIENT_SECRET: Final = "env:KANDY_CLIENT_SECRET"

_SOURCE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+")


def asking(
    *,
    profile: str,
    openapi: str | None,
    base_url: str | None,
    token_url: str | None,
    name: str | None,
    client_id: str | None,
    client_secret: str | None,
    limit: int | None,
    peak_products: int | None,
    yes: bool,
    force: bool,
) -> int:
    """Ask, write the profile, and say what comes next; returns the exit status.

    Raises `UsageError` for a document that cannot be used, a file that is there already, or an answer that is missing.
    """
    path = Path(profile)
    if path.exists() and not force:
        raise UsageError(f"{path}: is there already; name another file with --profile, or say --force to write over it")
    ask = _Asker(yes)
    document = openapi if openapi is not None else ask.text("OpenAPI document (a file; empty: none)", "", _no_complaint)
    guessed: Guessed | None = None
    if document:
        laid_out = outline(document)
        known = laid_out.base_url
        base_url = base_url or ask.text("Base URL of the API", known, complaint_about_url)
        guessed = guess(laid_out, base_url)
        token_url = token_url or ask.text("URL of the token endpoint", laid_out.token_url, complaint_about_url)
    else:
        base_url = base_url or ask.text("Base URL of the API", "", complaint_about_url)
        token_url = token_url or ask.text("URL of the token endpoint", "", complaint_about_url)
    is_live = not leads_here(base_url)
    draft = Draft(
        name=name
        or ask.text("Name of the target, for reports", guessed.outline.title if guessed else "", _no_complaint),
        base_url=base_url,
        token_url=token_url,
        client_id=client_id or ask.text("Client id (env:NAME, file:PATH, or the id)", CLIENT_ID, _no_complaint),
        client_secret=_secret(client_secret)
        if client_secret
        else ask.text(
            "Where the client secret is (env:NAME or file:PATH; never the secret itself)",
            CLIENT_SECRET,
            _secret_complaint,
        ),
        openapi=Path(document) if document else None,
        limit=limit if limit is not None else ask.number("Agreed limit on products (empty: not known)", None),
        shared_account=ask.yes_no("Do others use the account during a run?", False),
        peak_products=peak_products
        if peak_products is not None
        else ask.number("Most products a run may add", CAUTIOUS if is_live else ORDINARY) or 0,
    )
    if guessed is not None:
        draft.binding = _checked(guessed, ask)
    text = profile_text(draft, guessed, path.parent)
    _try_out(text, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    _say_what_is_next(path, draft, guessed)
    return 0


class _Asker:
    """Asks on the terminal, or takes defaults where it is told to."""

    def __init__(self, yes: bool) -> None:
        self.yes = yes

    def text(self, question: str, default: str, complaint: Callable[[str], str]) -> str:
        """A text; asked again as long as there is a complaint about it."""
        while True:
            answer = default if self.yes else str(click.prompt(question, default=default, show_default=bool(default)))
            wrong = complaint(answer)
            if not wrong:
                return answer
            if self.yes:
                raise UsageError(f"{question}: {wrong}")
            click.echo(f"  {wrong}")

    def number(self, question: str, default: int | None) -> int | None:
        """A whole number, or None."""
        answer = self.text(question, "" if default is None else str(default), _number_complaint)
        return int(answer) if answer.strip() else None

    def yes_no(self, question: str, default: bool) -> bool:
        """A decision."""
        return default if self.yes else click.confirm(question, default=default)


def _checked(guessed: Guessed, ask: _Asker) -> dict[str, str]:
    """The binding, with every unsure guess confirmed or corrected."""
    binding = dict(guessed.binding)
    unsure = [each for each in guessed.guesses if not each.sure]
    if unsure and not ask.yes:
        click.echo("Some guesses about how the document spells things want a look:")
    for each in unsure:
        said = ask.text(f"{each.key} ({KEYS[each.key].says}; {each.why})", each.value, _complaint_of(each))
        if said == DEFAULTS[each.key]:
            binding.pop(each.key, None)
        else:
            binding[each.key] = said
    return binding


def _complaint_of(each: Guess) -> Callable[[str], str]:
    return lambda value: complaint_about(each.key, value)


def _try_out(text: str, path: Path) -> None:
    """What is written must be readable again; only that a secret is not there yet is no mistake."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(re.sub(r"^openapi = .*$", "", text, flags=re.MULTILINE), encoding="utf-8")
        try:
            load_profile(copy)
        except ProfileError as error:
            others = [line for line in str(error).splitlines() if "client_" not in line]
            if others:
                raise UsageError("\n".join(line.replace(str(copy), str(path)) for line in others)) from None


def _say_what_is_next(path: Path, draft: Draft, guessed: Guessed | None) -> None:
    click.echo(f"wrote {path}")
    if guessed is not None:
        unsure = sum(not each.sure for each in guessed.guesses)
        click.echo(
            f"  {len(guessed.guesses)} keys of the binding guessed from {guessed.outline.path.name}, "
            f"{len(draft.binding)} of them differ from the default; the reasons stand beside them"
        )
        if unsure:
            click.echo(f"  {unsure} of them are marked (?): look at them")
        for remark in guessed.remarks:
            click.echo(f"  not found: {remark}")
    names = [source[4:] for source in (draft.client_id, draft.client_secret) if source.startswith("env:")]
    if names:
        click.echo("next:  export " + " ".join(f"{each}=..." for each in names))
    click.echo(f"{'then' if names else 'next'}:  kandykit doctor --profile {path}")
    click.echo(f"       kandykit plan --profile {path}")
    click.echo(f"       kandykit run --profile {path}")


def _secret(source: str) -> str:
    """The source of a secret, if it is one; what was said is not repeated, it may be the secret itself."""
    if complaint := _secret_complaint(source):
        raise UsageError(f"--client-secret: {complaint}")
    return source


def _secret_complaint(source: str) -> str:
    if _SOURCE.fullmatch(source):
        return ""
    return "must be env:NAME or file:PATH, never the secret itself, which would stand in the file"


def _number_complaint(text: str) -> str:
    text = text.strip()
    return "" if not text or (text.isascii() and text.isdigit()) else "must be a whole number, or empty"


def _no_complaint(_: str) -> str:
    return ""
