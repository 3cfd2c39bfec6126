"""Little plays: a line of steps, played against a mock, gives a line of what was seen.

    up:3  down:2       order so many products            -> status code, or 201f 201r 202p with the order's first state
    new  new:ann       create a subscriber               -> status code; the server's own ones are called s1, s2, ...
    del:ann  del:s1    delete one                        -> status code
    stock              read the inventory                -> total/used/available
    list               read all orders                   -> +3f,-1f: sign, quantity, first letter of the state
    read:+3            read the first order of that kind and size by number -> as in list, 404
    head:order  options:inventory  get:inventory?x=1     -> status code
    wait:5             let the clock go on
    gx.<step>          the same as the other account

`steps * 3` after a step repeats it. What is seen of `wait` is nothing.
"""

from typing import Any

import httpx

from tests.mock.caller import Caller, ManualClock

DOMAIN = "@shop.example.org"


class Play:
    """Plays one line of steps."""

    def __init__(self, caller: Caller, clock: ManualClock) -> None:
        self.callers = {"": caller, "gx": caller.as_client("globex")}
        self.clock = clock
        self.names: dict[str, str] = {}
        self.numbers: dict[str, str] = {}

    def play(self, line: str) -> str:
        seen = []
        for step in line.split():
            times = 1
            if "*" in step:
                step, _, count = step.partition("*")
                times = int(count)
            for _ in range(times):
                seen.append(self.step(step))
        return " ".join(one for one in seen if one)

    def step(self, step: str) -> str:
        who, _, rest = step.rpartition(".") if step.startswith("gx.") else ("", "", step)
        caller = self.callers[who]
        word, _, argument = rest.partition(":")
        match word:
            case "up" | "down":
                return self.ordered(caller.order({"up": "increment", "down": "decrement"}[word], int(argument)))
            case "new":
                return self.created(caller.create(argument + DOMAIN if argument else None))
            case "del":
                return str(caller.delete(self.names.get(argument, argument + DOMAIN)).status_code)
            case "stock":
                return "/".join(map(str, caller.stock()))
            case "list":
                return self.shown(caller.call("GET", "/order"))
            case "read":
                return self.shown(caller.read(self.numbers[argument]))
            case "head" | "options" | "get" | "delete" | "put":
                return str(caller.call(word.upper(), "/" + argument).status_code)
            case "wait":
                self.clock.advance(float(argument))
                return ""
        raise ValueError(f"no such step: {step}")

    def ordered(self, answer: httpx.Response) -> str:
        if answer.status_code >= 300:
            return str(answer.status_code)
        order = answer.json()
        self.numbers.setdefault(short(order)[:-1], order["order_number"])
        return f"{answer.status_code}{order['status'][0]}"

    def created(self, answer: httpx.Response) -> str:
        if answer.status_code < 300:
            identity = answer.json()["identity"]
            if not identity.endswith(DOMAIN):
                self.names[f"s{len(self.names) + 1}"] = identity
        return str(answer.status_code)

    def shown(self, answer: httpx.Response) -> str:
        if answer.status_code != 200:
            return str(answer.status_code)
        return ",".join(short(order) for order in answer.json()["orders"]) or "-"


def short(order: dict[str, Any]) -> str:
    sign = "+" if order["order_type"] == "increment" else "-"
    return f"{sign}{order['quantity']}{order['status'][0]}"
