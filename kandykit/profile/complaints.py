"""What is wrong with a profile, in the words of a profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from kandykit.profile.tables import Account, Budget, Readings, Target
from kandykit.profile.values import REFUSALS

Key = tuple[str | int, ...]
"""The way to a value: names of tables and keys, places in lists."""

_WANTED: Final = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "mapping_type": "a table",
    "dict_type": "a table",
    "frozen_set_type": "a list of statuses, such as [412]",
    "path_type": "the path of a file, in quotes",
}
_TABLES: Final[Mapping[str, type[BaseModel]]] = {
    "target": Target,
    "accounts": Account,
    "readings": Readings,
    "budget": Budget,
}


def complaint_of(detail: ErrorDetails) -> tuple[Key, str]:
    """One complaint of pydantic's in the words of a profile; the value is left out, it may be a secret."""
    key, kind, context = tuple(detail["loc"]), detail["type"], detail.get("ctx", {})
    if kind == "refused":
        return key, str(context["why"])
    if key[-1] == "[key]":
        return key[:-1], f"is no reason for a refusal{did_you_mean(str(key[-2]), REFUSALS)}"
    if kind == "extra_forbidden":
        return key, _unknown(key)
    if kind == "missing":
        return key, _missing(key)
    if key == ("accounts",):
        return key, "must be a list of tables; begin each with [[accounts]]"
    if kind == "literal_error":
        return key, f"must be one of {context['expected']}"
    if kind == "greater_than_equal":
        return key, f"must be {context['ge']:g} or more"
    if kind == "greater_than":
        return key, f"must be more than {context['gt']:g}"
    if kind in _WANTED:
        return key, f"must be {_WANTED[kind]}"
    return key, detail["msg"]


def _unknown(key: Key) -> str:
    name = str(key[-1])
    if len(key) == 1:
        owner = _owner(name)
        if owner:
            return f"stands outside any table; write it under {owner}"
        return f"is no table of a profile{did_you_mean(name, (*_TABLES, 'binding'))}"
    known = _TABLES[str(key[0])].model_fields
    owner = _owner(name)
    if owner and name not in known:
        return f"does not belong here; write it under {owner}"
    return f"is no key of {_header(str(key[0]))}{did_you_mean(name, known)}"


def _missing(key: Key) -> str:
    if len(key) == 1:
        return f"is missing; add a table {_header(str(key[0]))}"
    example = {
        "base_url": '"https://api-prd.kpn.com/communication/kandy/provisioning"',
        "token_url": '"https://api-prd.kpn.com/oauth/client_credential/accesstoken?grant_type=client_credentials"',
        "client_id": '"env:KANDY_CLIENT_ID"',
        "client_secret": '"env:KANDY_CLIENT_SECRET"',
    }
    return f"is missing; add {key[-1]} = {example.get(str(key[-1]), '...')} to {_header(str(key[0]))}"


def _owner(name: str) -> str:
    return next((_header(table) for table, model in _TABLES.items() if name in model.model_fields), "")


def _header(table: str) -> str:
    return "[[accounts]]" if table == "accounts" else f"[{table}]"


def did_you_mean(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """What was meant instead of this name, else every name that is known."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"


def written(key: Key) -> str:
    """A key as people write it: ``accounts[1].client_secret``; accounts are counted from 0."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
