"""The archive of a package: a plain tar file of which there is exactly one for the same members.

Any ``tar`` opens it. Everything in it that is no content is fixed: order, owner, mode, time, padding. So a change of
what no hash covers, such as a renamed member, a new time or an octet after the end, makes it another archive than the
one that its members have, and it is refused.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping
from typing import Final

_BLOCK: Final = 512
_RECORD: Final = 10_240
_TIME: Final = 315_532_800
"""The modification time of every member, 1 January 1980: some tools complain of 1970."""
_NAME: Final = re.compile(r"(?!/)(?!.*//)(?!(?:.*/)?\.{1,2}(?:/|$))[A-Za-z0-9._/-]{1,99}(?<!/)")


class Unsound(Exception):
    """A package is not what was sealed; the message says what is wrong."""


def pack(members: Mapping[str, bytes], first: str) -> bytes:
    """The archive of these members: ``first``, then the others by name. Raises `ValueError` for an unusable name."""
    parts = []
    for name in _ordered(members, first):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a member")
        content = members[name]
        parts += [_header(name, len(content)), content, bytes(-len(content) % _BLOCK)]
    parts.append(bytes(2 * _BLOCK))
    length = sum(map(len, parts))
    return b"".join([*parts, bytes(-length % _RECORD)])


def unpack(octets: bytes, first: str) -> dict[str, bytes]:
    """The members of an archive that `pack` made; raises `Unsound` for any other, if it differs by a single bit."""
    members: dict[str, bytes] = {}
    at = 0
    while any(header := octets[at : at + _BLOCK]):
        name = header[:100].rstrip(b"\0").decode("ascii", "replace")
        size = re.fullmatch(rb"([0-7]{11})\0", header[124:136])
        if len(header) < _BLOCK or not _NAME.fullmatch(name) or size is None:
            raise Unsound(f"no member of a package begins at octet {at}")
        length = int(size[1], 8)
        if header != _header(name, length):
            raise Unsound(f"the header of {name} is not the one that it was packed with")
        if name in members:
            raise Unsound(f"{name} is in it twice")
        content = octets[at + _BLOCK : at + _BLOCK + length]
        if len(content) < length:
            raise Unsound(f"{name} is cut short")
        members[name] = content
        at += _BLOCK + length + -length % _BLOCK
    if not members:
        raise Unsound("it is no package: no member is in it")
    # What is left to go wrong: order, padding, the end. There is one right form of them, so it is made and compared.
    if first not in members or octets != pack(members, first):
        raise Unsound("order, padding or end of the archive are not those that it was packed with")
    return members


def _ordered(members: Mapping[str, bytes], first: str) -> list[str]:
    return [first, *sorted(name for name in members if name != first)]


def _header(name: str, length: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = length, _TIME, 0o644
    return member.tobuf(tarfile.USTAR_FORMAT)
