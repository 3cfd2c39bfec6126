"""The words by which vendors call what the contract speaks of, and how well a name fits one of its meanings.

A name is taken apart into words (``orderRef``, ``order_ref`` and ``Order-Ref`` are the same two), and each meaning
gives each word a weight. The weights only order the candidates; what a guess rests on is said beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final


def weighed(text: str) -> dict[str, float]:
    """``order:3 id no:2`` -> the weight of each word; the number stands with the first word of its weight."""
    weights: dict[str, float] = {}
    for group in text.split(";"):
        words, _, weight = group.strip().partition(":")
        weights.update(dict.fromkeys(words.split(), float(weight)))
    return weights


def known(text: str) -> frozenset[str]:
    """Words, parted by blanks, of which each has the same sense."""
    return frozenset(text.split())


ORDERS: Final = weighed(
    "order orders:4; purchase purchases bestelling bestellingen:4; booking bookings requisition:3; change changes:1;"
    "transaction transactions request requests license-order:1; provisioning:0.5; place buy:1"
)
INVENTORY: Final = weighed(
    "inventory inventories stock voorraad:4; entitlement entitlements:4; balance allowance quota pool capacity:3;"
    "licence license licences licenses:2; availability holdings usage:2; products product overview:1"
)
SUBSCRIBERS: Final = weighed(
    "subscriber subscribers abonnee abonnees:4; user users endpoint endpoints member members:3.5;"
    "client clients party parties extension extensions line lines seat seats account accounts device devices:2.5;"
    "identity identities person people agent agents:3; enrol enroll create:0.5"
)
TOKENS: Final = frozenset({"token", "oauth", "oauth2", "accesstoken", "auth", "login"})

NUMBER: Final = weighed(
    "number no nr num nummer:3; id identifier key uuid:3; ref reference:3; code:1; order purchase booking:2; ticket:2;"
    "product account user customer subscriber external client correlation tenant sku parent:-5; total count:-4"
)
KIND: Final = weighed(
    "type kind action change operation direction mode soort:3; order:1; verb movement adjustment:2;"
    "product status state error media id ref reference number no code:-4"
)
QUANTITY: Final = weighed(
    "quantity qty amount count units unit aantal:3; number size volume delta:2; licences licenses seats products:2;"
    "items pieces:2; total:0.5; page limit offset max version:-4; id ref price cost:-5"
)
PRODUCT: Final = weighed(
    "product sku article item artikel:3; licence license offer offering service plan package:2; name code id:0.5;"
    "order user subscriber quantity count number:-4"
)
STATUS: Final = weighed("status state phase progress stage:3; result outcome fulfilment fulfillment:2; order:0.5")
CREATED: Final = weighed(
    "created placed submitted requested ordered creation:3; at date time timestamp on moment:1.5;"
    "updated modified expires completed due:-4"
)
TOTAL: Final = weighed(
    "total owned bought purchased ordered entitled:3; all capacity size allotted granted contracted:2; count:0.5;"
    "used free available assigned left remaining price:-5; limit:-2"
)
USED: Final = weighed(
    "used taken assigned occupied consumed allocated active inuse gebruikt:3; use in busy:1.5; count:0.5;"
    "unused unassigned unallocated inactive not free available total:-6"
)
AVAILABLE: Final = weighed(
    "available free left remaining vacant unused unassigned spare beschikbaar rest:3; balance open stock:1.5;"
    "count:0.5; used total assigned unavailable:-6"
)
IDENTITY: Final = weighed(
    "identity identifier:3; userid login username address uri sip email handle:3; user subscriber endpoint member:2;"
    "id name key:1.5; full first last display product order password account:-4"
)
PASSWORD: Final = weighed(
    "password passwd pwd passphrase wachtwoord pincode pin:4; secret credential:3; hint policy:-5"
)

MORE: Final = known(
    "add added more increment increase inc up plus grant buy purchase new order bestel in assign "
    "provision raise upgrade positive allocate expand activate"
)
FEWER: Final = known(
    "remove removed less fewer decrement decrease dec down minus revoke return cancel cancellation "
    "terminate out reduce release deprovision lower downgrade negative delete subtract withdraw shrink "
    "deactivate"
)
OPEN: Final = known(
    "pending open new waiting queued processing progress submitted received accepted acknowledged held "
    "scheduled requested created running started inprogress deferred partial"
)
DONE: Final = known(
    "fulfilled completed complete done finished closed delivered ready active success successful "
    "succeeded provisioned executed approved granted applied ok"
)
NOT_DONE: Final = known(
    "rejected failed cancelled canceled aborted denied declined refused error expired failure unsuccessful unfulfilled"
)


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: camelCase, snake_case, kebab-case and paths taken apart."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name)
    return [word.lower() for word in re.findall(r"[A-Za-z]+|[0-9]+", name)]


def fit(name: str, meaning: Mapping[str, float]) -> float:
    """How well a name fits a meaning: the sum of its words' weights; the whole name counts as a word too."""
    words = words_of(name)
    whole = "".join(words)
    if len(words) > 1 and whole in meaning:
        return meaning[whole] + 1
    return sum(meaning.get(word, 0.0) for word in dict.fromkeys(words))


def sense(word: Any, senses: Mapping[str, frozenset[str]]) -> str:
    """Which of several senses a word of a target has; empty for none, or for more than one."""
    if isinstance(word, bool) or not isinstance(word, str):
        return ""
    parts = words_of(word)
    found = [name for name, known in senses.items() if any(part in known for part in [*parts, "".join(parts)])]
    if "in" in parts and "progress" in parts:
        return "open" if "open" in senses else ""
    if len(found) > 1:
        whole = [name for name in found if "".join(parts) in senses[name] or parts[-1] in senses[name]]
        found = whole if len(whole) == 1 else found
    if parts and parts[0] in ("not", "un"):
        return ""
    return found[0] if len(found) == 1 else ""


def best_words(words: Iterable[Any], senses: Mapping[str, frozenset[str]]) -> dict[str, list[Any]]:
    """The words of each sense, in their order."""
    sorted_out: dict[str, list[Any]] = {name: [] for name in senses}
    for word in words:
        if found := sense(word, senses):
            sorted_out[found].append(word)
    return sorted_out
