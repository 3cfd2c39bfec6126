"""What goes back: answers, error bodies, and the headers that every answer carries."""

import json
import secrets
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    412: "Precondition Failed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
HSTS = "max-age=31536000; includeSubDomains; preload"
API_VERSION = "1.0"


@dataclass(eq=False)
class Answer:
    """An answer before it is written out; `content` is what will be JSON, nothing for an empty body."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """Bytes to send as they are, in place of `content`."""

    def body(self) -> bytes:
        """The bytes of the body."""
        if self.raw is not None:
            return self.raw
        return b"" if self.content is None else json.dumps(self.content, separators=(",", ":")).encode()


class Cause(Enum):
    """Why a call is refused, each with its documented code."""

    MALFORMED = "malformed", 400
    TAKEN = "taken", 400
    TOKEN = "token", 401
    UNKNOWN_ORDER = "unknown order", 404
    UNKNOWN_SUBSCRIBER = "unknown subscriber", 404
    UNKNOWN_PATH = "unknown path", 404
    METHOD = "method", 405
    NO_STOCK = "no stock", 412
    OVER_LIMIT = "over limit", 412
    BELOW_USE = "below use", 412
    QUOTA = "quota", 429

    @property
    def status(self) -> int:
        """The documented code."""
        return self.value[1]


class Refused(Exception):
    """Raised where a call is declined; nothing has been changed."""

    def __init__(self, cause: Cause, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.status = cause.status
        self.message = message
        self.headers = headers or {}


class Answers:
    """Makes the answers that are not an operation's own."""

    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
        """An error in the five-member form."""
        content = {
            "transactionId": secrets.token_hex(16),
            "status": str(status),
            "name": REASONS[status],
            "message": message,
            "info": "Kandy WebRTC provisioning, embedded mock",
        }
        return Answer(status, content, dict(headers or {}))

    def challenge(self, code: str, text: str) -> dict[str, str]:
        """The header that tells a client why its token was not taken."""
        return {"www-authenticate": f'Bearer realm="null",error="invalid_token",error_description="{code}: {text}"'}

    def standing_headers(self) -> dict[str, str]:
        """Headers of every answer below the base path, before or after authentication."""
        return {"sunset": "n/a", "api-version": API_VERSION, "strict-transport-security": HSTS}
