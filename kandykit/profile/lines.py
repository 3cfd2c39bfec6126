"""Where a key stands in a TOML file."""

from __future__ import annotations

import re
import tomllib

from kandykit.profile.complaints import Key, written


class Lines:
    """Where each key of a TOML source stands. The source is known to be valid, so this reads no more than it must."""

    _BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
    _STRING = re.compile(
        r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
    )
    _BARE = re.compile(r"[A-Za-z0-9_-]+")
    _SCALAR = re.compile(r"[^,\]}\n#]+")

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._found: dict[str, int] = {}
        self._last: dict[Key, int] = {}  # of each array of tables, the index of its last one
        table: Key = ()
        while self._skip_blank() < len(source):
            if source.startswith("[[", self._at):
                table = self._table(self._inside("[["))
                self._last[table] = self._last.get(table, -1) + 1
                table = (*table, self._last[table])
                self._note(table)
                self._expect("]]")
            elif source[self._at] == "[":
                table = self._table(self._inside("["))
                table = (*table, self._last[table]) if table in self._last else table
                self._note(table)
                self._expect("]")
            else:
                self._pair(table)

    def of(self, key: Key) -> int:
        """The line of a key, else of the nearest table around it; 1 where there is none."""
        for end in range(len(key), 0, -1):
            line = self._found.get(written(key[:end]))
            if line:
                return line
        return 1

    def _note(self, key: Key) -> None:
        for end in range(1, len(key) + 1):
            self._found.setdefault(written(key[:end]), self._source.count("\n", 0, self._at) + 1)

    def _skip_blank(self) -> int:
        blank = self._BLANK.match(self._source, self._at)
        self._at = blank.end() if blank else self._at
        return self._at

    def _expect(self, text: str) -> None:
        self._skip_blank()
        self._at += len(text) if self._source.startswith(text, self._at) else 0

    def _inside(self, bracket: str) -> Key:
        self._at += len(bracket)
        return self._key()

    def _table(self, header: Key) -> Key:
        """[accounts.x] after [[accounts]] means the last of the accounts."""
        table: Key = ()
        for index, part in enumerate(header):
            table = (*table, part)
            if index < len(header) - 1 and table in self._last:
                table = (*table, self._last[table])
        return table

    def _key(self) -> Key:
        parts: list[str | int] = []
        while True:
            self._skip_blank()
            text = self._BARE.match(self._source, self._at) or self._STRING.match(self._source, self._at)
            if text is None:
                return tuple(parts)
            quoted = text[0][0] in "\"'"
            parts.append(tomllib.loads(f"key = {text[0]}")["key"] if quoted else text[0])
            self._at = text.end()
            self._skip_blank()
            if not self._source.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _pair(self, table: Key) -> None:
        start = self._at
        key = (*table, *self._key())
        end, self._at = self._at, start
        self._note(key)
        self._at = end
        self._expect("=")
        self._value(key)

    def _value(self, key: Key) -> None:
        self._skip_blank()
        self._note(key)
        opening = self._source[self._at]
        if opening in "[{":
            closing = "]" if opening == "[" else "}"
            self._at += 1
            index = 0
            while not self._source.startswith(closing, self._skip_blank()):
                if opening == "[":
                    self._value((*key, index))
                else:
                    self._pair(key)
                index += 1
                self._expect(",")
            self._at += 1
            return
        value = self._STRING.match(self._source, self._at) or self._SCALAR.match(self._source, self._at)
        self._at = value.end() if value else self._at + 1
