"""One call as it came in, undecoded."""

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from kandykit.mock.settings import BASE_PATH

HEX = frozenset(b"0123456789abcdefABCDEF")


@dataclass(eq=False)
class Call:
    """One HTTP request. The path stays percent-encoded, so that an identity with a slash is still one segment."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes = b""
    oversized: bool = False

    @classmethod
    def of(cls, scope: Scope) -> "Call":
        """The call of an ASGI scope, body not yet read."""
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers[name] = headers[name] + b", " + value if name in headers else value
        return cls(scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"], headers)

    def header(self, name: str) -> str | None:
        """A request header; repeated ones joined with commas."""
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")

    def at(self, method: str, resource: str) -> bool:
        """Whether this is that method on that resource; `subscriber/` stands for any one subscriber."""
        path = f"{BASE_PATH}/{resource}"
        return self.method == method and (self.path.startswith(path) if resource.endswith("/") else self.path == path)

    def media_type(self) -> tuple[str, dict[str, str]]:
        """The content type in lower case, and its parameters."""
        kind, *rest = (self.header("content-type") or "").split(";")
        pairs = (parameter.partition("=") for parameter in rest)
        return kind.strip().lower(), {name.strip().lower(): value.strip(' "').lower() for name, _, value in pairs}


def decode(text: bytes) -> str | None:
    """Undo percent-encoding strictly: nothing for a broken escape or for bytes that are not UTF-8."""
    parts = text.split(b"%")
    if any(len(part) < 2 or part[0] not in HEX or part[1] not in HEX for part in parts[1:]):
        return None
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        return None


def form(text: bytes) -> list[tuple[str, str]] | None:
    """The pairs of a query or form body; nothing when one of them is malformed."""
    pairs = []
    for piece in text.split(b"&"):
        if not piece:
            continue
        name, _, value = piece.replace(b"+", b" ").partition(b"=")
        decoded_name, decoded_value = decode(name), decode(value)
        if decoded_name is None or decoded_value is None:
            return None
        pairs.append((decoded_name, decoded_value))
    return pairs
