"""A profile as TOML, with the reason of every guess beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kandykit.binding.keys import DEFAULTS, KEYS
from kandykit.guess.spelling import Guess, Guessed


@dataclass(slots=True)
class Draft:
    """What a profile is to say; no secret is in it, only where each one is (``env:NAME`` or ``file:PATH``)."""

    name: str
    base_url: str
    token_url: str
    client_id: str
    client_secret: str
    openapi: Path | None = None
    limit: int | None = None
    shared_account: bool = False
    peak_products: int = 5
    binding: dict[str, str] = field(default_factory=dict)


def profile_text(draft: Draft, guessed: Guessed | None, folder: Path) -> str:
    """The text of the profile; paths in it are relative to ``folder``, where it will stand."""
    lines = [
        "# Written by `kandykit init`. What is to be tested, as whom, and at what price.",
        "# Next: `kandykit doctor` holds it against the target, `kandykit plan` says what a run could cost.",
        "",
        "[target]",
        f"name = {_toml(draft.name)}",
        f"base_url = {_toml(draft.base_url)}",
        f"token_url = {_toml(draft.token_url)}",
    ]
    if draft.openapi is not None:
        lines.append(f"openapi = {_toml(os.path.relpath(draft.openapi, folder))}")
    lines += [
        "",
        "[[accounts]]                       # the account under test",
        f"client_id = {_toml(draft.client_id)}",
        f"client_secret = {_toml(draft.client_secret)}   # where the secret is; it never stands here",
        "",
        "# [[accounts]]                     # a second account of yours makes isolation testable",
        '# client_id = "env:KANDY_OTHER_CLIENT_ID"',
        '# client_secret = "env:KANDY_OTHER_CLIENT_SECRET"',
        "",
        "[readings]",
        f"limit = {draft.limit}"
        if draft.limit is not None
        else "# limit = 100    # the agreed limit on total products",
        f"shared_account = {_toml(draft.shared_account)}   # whether others use the account during a run",
    ]
    if guessed is not None and guessed.identity:
        lines.append(
            f"identity = {_toml(guessed.identity)}   # who chooses a subscriber's identity, as the document has it"
        )
    lines += [
        "",
        "[budget]",
        f"peak_products = {draft.peak_products}   # the most that total may rise, if the target does the worst thing",
        "",
        *_binding(draft, guessed),
    ]
    return "\n".join(lines) + "\n"


def _binding(draft: Draft, guessed: Guessed | None) -> list[str]:
    guesses = {each.key: each for each in guessed.guesses} if guessed else {}
    lines = ["[binding]"]
    if guessed is not None:
        kind = "Swagger" if guessed.outline.version.startswith("2") else "OpenAPI"
        lines += [
            f"# Guessed from {guessed.outline.path.name} ({kind} {guessed.outline.version}). Each guess has its reason;"
            " (?) asks you to look at it.",
            "# What is as in the kit's own document is left out, and stands here as a comment.",
            *(f"# Not found: {remark}" for remark in guessed.remarks),
        ]
    else:
        lines.append('# Only what differs from the default; `order.number = "/orderId"` for example.')
    room = ""
    for key in DEFAULTS:
        value = draft.binding.get(key, DEFAULTS[key])
        each = guesses.get(key)
        if value == DEFAULTS[key] and each is None:
            continue
        if key.partition(".")[0] != room:
            room = key.partition(".")[0]
            lines.append("")
        lines += _line(key, value, each)
    return lines


def _line(key: str, value: str, each: Guess | None) -> list[str]:
    own = each is None or each.value != value
    why = KEYS[key].says if each is None else "as you said" if own else each.why
    doubt = "" if each is None or each.sure or own else "(?) "
    text = f"{'# ' if value == DEFAULTS[key] else ''}{key} = {_toml(value)}"
    return [f"{text}   # {doubt}{_one_line(why)}"]


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _toml(value: Any) -> str:
    """A value as TOML writes it; JSON's strings are TOML's, but for DEL."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
