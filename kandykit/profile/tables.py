"""The tables of a profile, every default filled in."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from kandykit.loopback import leads_here
from kandykit.profile.values import (
    BaseUrl,
    ClientId,
    ExistingFile,
    RefusalCodes,
    SdkUrl,
    Seconds,
    SecretElsewhere,
    Statuses,
    TokenUrl,
    Whole,
)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class Target(_Table):
    """What is tested; ``base_url`` has no slash at its end, ``openapi`` is the vendor's own document."""

    name: str = ""
    base_url: BaseUrl
    token_url: TokenUrl
    openapi: ExistingFile | None = None


class Account(_Table):
    """An account of the target; ``client_id`` is its value, wherever the profile took it from."""

    client_id: ClientId
    client_secret: SecretElsewhere


class Readings(_Table):
    """How this target reads what the contract leaves open; None is what the profile does not say.

    ``limit`` counts products; ``fulfilment_s`` and ``settle_s`` are seconds. ``refusal_codes`` holds only the reasons
    that were declared. `declared` tells a default from the same value in the profile.
    """

    limit: Whole | None = None
    fulfilment_s: Seconds | None = None
    settle_s: Seconds | None = None
    shared_account: bool | None = None
    identity: Literal["server", "caller"] | None = None
    refusal_codes: RefusalCodes = Field(default_factory=dict)
    extra_codes: Statuses = frozenset()
    error_shape: Literal["kpn", "errorResponse", "fault", "camara", "problem"] = "kpn"
    sdk_url: SdkUrl = ""

    @property
    def declared(self) -> frozenset[str]:
        """The names of the readings that the profile states."""
        return frozenset(self.model_fields_set)


class Budget(_Table):
    """What a run may cost: products above the level found, calls, calls per second (``math.inf``: any), probes.

    ``unbounded_probes`` lets out malformed orders whose worst case no number covers; ``below_use_probes`` orders that a
    faulty target would carry out with products that the run did not order. ``unit_price`` is per product and month, in
    the currency of whoever reads the plan.
    """

    peak_products: Whole = 25
    calls: Whole = 20_000
    calls_per_second: Annotated[float, Field(gt=0)] = 20.0
    unbounded_probes: bool = False
    below_use_probes: bool = False
    unit_price: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Profile(_Table):
    """What the user declared, every default filled in.

    The first of ``accounts`` is the one under test; the others are what it must be isolated from. ``binding`` holds
    dotted keys (``order.number``) and only those that the profile spells in its own way.
    """

    target: Target
    accounts: Annotated[tuple[Account, ...], Field(strict=False)]
    readings: Readings = Readings()
    budget: Budget = Budget()
    binding: Mapping[str, str] = Field(default_factory=dict)

    @property
    def is_loopback(self) -> bool:
        """Whether the target and its token endpoint are both on this machine."""
        return leads_here(self.target.base_url) and leads_here(self.target.token_url)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The lower-case host names, without ports, that a run may talk to."""
        urls = (self.target.base_url, self.target.token_url, self.readings.sdk_url)
        return frozenset(host for url in urls if url and (host := urlsplit(url).hostname))

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and the digest of `redacted`: equal for profiles that mean the same, whatever their layout.

        The port of a target on this machine does not count: a mock gets another one each night.
        """
        shown = self.redacted()
        if self.is_loopback:
            for name in ("base_url", "token_url"):
                parts = urlsplit(shown["target"][name])
                shown["target"][name] = parts._replace(netloc=parts.hostname or "").geturl()
        text = json.dumps(shown, sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def redacted(self) -> dict[str, Any]:
        """The effective profile as JSON values, for records: each secret is replaced by where it comes from."""
        shown = self.model_dump(mode="json")
        for codes in (shown["readings"], shown["readings"]["refusal_codes"]):
            for name, value in codes.items():
                if isinstance(value, list):
                    codes[name] = sorted(value)
        # A path says where somebody keeps his files, and differs from machine to machine.
        shown["target"]["openapi"] = self.target.openapi and self.target.openapi.name
        if math.isinf(self.budget.calls_per_second):
            shown["budget"]["calls_per_second"] = "unlimited"  # JSON has no infinity
        return shown
