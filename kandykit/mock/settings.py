"""What one mock is told when it starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

BASE_PATH = "/communication/kandy/provisioning"
TOKEN_PATH = "/oauth/client_credential/accesstoken"
PRODUCT = "KPN-VoiceVideo-C"
CLIENTS = ("acme", "globex")


def secrets_from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The client secret of each account: `KANDY_MOCK_ACME_SECRET`, `KANDY_MOCK_GLOBEX_SECRET`, or `<client>-secret`."""
    return {client: environment.get(f"KANDY_MOCK_{client.upper()}_SECRET") or f"{client}-secret" for client in CLIENTS}


@dataclass(frozen=True)
class Settings:
    """Everything about a mock that is decided before its first call."""

    token_life: float = 3599
    """Seconds that an access token lives."""
    limit: int | None = None
    """The agreed limit on total products of each account; none is no limit."""
    quota: int = 1_000_000
    """Calls that an account may make in one quota window."""
    quota_seconds: float = 3600
    """Length of the quota window."""
    fulfil_after: float | None = None
    """Seconds that an order stays pending; none fulfils it with the answer."""
    initial_total: int = 0
    """Products that the first account holds before anybody calls."""
    initial_subscribers: int = 0
    """Subscribers that others keep on the first account."""
    dialect: str = ""
    """The stranger's wire that it speaks; empty for its own."""
    secrets: Mapping[str, str] = field(default_factory=secrets_from_environment, repr=False)
    """Client secret per client id; the first client is the first account."""
