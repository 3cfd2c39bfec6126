"""How fast histories are judged: closed loops of clients on correct servers and faulty ones, some calls unanswered.

    python bench/linearize.py [--quick] [--only CLIENTS,CALLS,UNANSWERED,KIND] [--porcupine JUDGE] [--json FILE]

Latencies are log-normal, and every client calls again as soon as it was answered, so nearly as many calls overlap as
there are clients. Nothing here needs a network: the histories are counter problems, as the judge's first step leaves
them. Every explanation is replayed, and compared with what Porcupine says where that is had (see porcupine/main.go).

KIND is "correct", or what was done wrong once, in the second half: "oversell" (a create where nothing was available),
"lost return" (a delete that gave nothing back), "stale read" (numbers from before the last change), "misread" (a read
that is off by nine). A fault need not be a violation: overlapping calls can explain it.
"""

from __future__ import annotations

import argparse
import heapq
import json
import resource
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any, Final

from kandykit.linearize.certificate import explains
from kandykit.linearize.problem import Kind, Mutator, Observation, OutOfTime, Problem
from kandykit.linearize.search import Search

LIMIT: Final = 200
CREATE, DELETE = Kind(0, 1, 1), Kind(0, -1)
FAULTS: Final = ("oversell", "lost return", "stale read", "misread")

Shape = tuple[int, int, float, str]
"""Clients, calls, the share of calls that no answer came to, and what was done wrong."""

SHAPES: Final[list[Shape]] = [
    *((clients, calls, 0.0, "correct") for calls in (100, 1000, 10_000) for clients in (4, 8, 16, 32)),
    *((clients, calls, 0.01, "correct") for calls in (1000, 10_000) for clients in (4, 8, 16, 32)),
    *((clients, 100_000, 0.0, "correct") for clients in (4, 8, 16)),
    *((clients, 10_000, 0.0, fault) for fault in FAULTS for clients in (8, 16)),
]
TIMEOUT_S: Final = 20.0


@dataclass
class Server:
    """One account; ``fault`` is done once, after so many writes as ``left`` says."""

    fault: str
    random: Random
    left: int
    total: int = 100
    used: int = 40
    before: tuple[int, int] = (100, 40)
    ops: list[Mutator | Observation] = field(default_factory=list)

    def wrong(self, fault: str) -> bool:
        """Whether the fault is to be done now."""
        if self.fault != fault or self.left > 0:
            return False
        self.fault = ""
        return True

    def answer(self, word: str, quantity: int, called: float, due: float, seq: int, lost: bool) -> None:
        """One call takes effect, somewhere between its call and its answer."""
        self.left -= 1
        if word == "read":
            total, used = self.total, self.used
            if self.wrong("misread"):
                used -= 9
            elif self.before != (total, used) and self.wrong("stale read"):
                total, used = self.before
            self.ops.append(Observation(seq, called, due, total, used, total - used))
            return
        kind = {
            "create": CREATE,
            "delete": DELETE,
            "up": Kind(quantity, 0, 0, True),
            "down": Kind(-quantity, 0, quantity),
        }[word]
        allowed = kind.allowed(self.total, self.used, LIMIT) and self.used + kind.used >= 0
        if not allowed and word == "create" and not lost and self.wrong("oversell"):
            allowed = True
        if lost:
            self.ops.append(Mutator(seq, kind, called, inf, optional=True))
            allowed = allowed and self.random.random() < 0.5
        elif allowed:
            self.ops.append(Mutator(seq, kind, called, due))
        elif word == "up":
            self.ops.append(Observation(seq, called, due, total_above=LIMIT - quantity))
        elif word != "delete":
            self.ops.append(Observation(seq, called, due, available_below=kind.needs))
        if allowed and not (word == "delete" and not lost and self.wrong("lost return")):
            self.before = self.total, self.used
            self.total, self.used = self.total + kind.total, self.used + kind.used


def history(shape: Shape, seed: int) -> Problem:
    """What clients in a closed loop met, as a counter problem."""
    clients, calls, unanswered, fault = shape
    random = Random(seed)
    server = Server(fault, random, calls * 2 // 3)
    queue: list[tuple[float, int, tuple[Any, ...] | None]] = [(random.random() / 100, n, None) for n in range(clients)]
    heapq.heapify(queue)
    started, tie = 0, clients
    while queue:
        now, _, act = heapq.heappop(queue)
        tie += 2
        if act is not None:
            server.answer(*act)
        elif started < calls:
            latency = random.lognormvariate(0, 0.5)
            word = random.choices(("create", "delete", "up", "down", "read"), (35, 25, 10, 10, 20))[0]
            lost = word != "read" and random.random() < unanswered
            call = (word, random.randint(1, 2), now, now + latency, started, lost)
            heapq.heappush(queue, (now + latency * random.random(), tie, call))
            heapq.heappush(queue, (now + latency + 1e-6, tie + 1, None))
            started += 1
    mutators = tuple(op for op in server.ops if isinstance(op, Mutator))
    return Problem(100, 40, mutators, tuple(op for op in server.ops if isinstance(op, Observation)), LIMIT)


# -- judging ----------------------------------------------------------------------------------------------------


def judged(problem: Problem) -> tuple[float, str]:
    """Seconds of processor time, and how it ended."""
    ends = time.monotonic() + TIMEOUT_S
    began = time.process_time()
    try:
        walked = Search(problem, expired(ends)).walk()
    except OutOfTime:
        return time.process_time() - began, "no answer"
    seconds = time.process_time() - began
    if walked.stuck is not None:
        return seconds, "violation"
    if not explains(problem, walked.trail):
        raise AssertionError("an explanation explains nothing")
    return seconds, "explained"


def expired(ends: float) -> Callable[[], bool]:
    return lambda: time.monotonic() > ends


def one_shape(shape: Shape, seeds: Sequence[int]) -> tuple[list[tuple[float, str]], int, int]:
    """Times and ends, megabytes of the process before the first history was judged, and at most."""
    problems = [history(shape, seed) for seed in seeds]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    results = [judged(problem) for problem in problems]
    return results, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def second_opinions(judge: Path, shape: Shape, seeds: Sequence[int], timeout_s: float) -> Iterator[tuple[float, str]]:
    """What Porcupine says, each history to a process of its own, for it may take all the memory there is."""
    for seed in seeds:
        told = json.dumps(in_words(history(shape, seed), timeout_s))
        done = subprocess.run([judge], input=told, capture_output=True, text=True)
        seconds, _, word = done.stdout.strip().partition(" ")
        yield (float(seconds), word) if done.returncode == 0 and word else (timeout_s, "no answer")


def in_words(problem: Problem, timeout_s: float) -> dict[str, Any]:
    """A problem as porcupine/main.go reads it."""
    calls: list[dict[str, Any]] = []
    for op in (*problem.mutators, *problem.observations):
        call: dict[str, Any] = {"Called": op.called, "Due": None if op.due == inf else op.due}
        if isinstance(op, Mutator):
            kind = op.kind
            call |= {"Mutates": True, "Optional": op.optional, "Total": kind.total, "Used": kind.used}
            call |= {"Needs": kind.needs, "Limited": kind.limited}
        else:
            call |= {"ShowsTotal": op.total, "ShowsUsed": op.used, "ShowsAvailable": op.available}
            call |= {"AvailableBelow": op.available_below, "TotalAbove": op.total_above}
        calls.append(call)
    limit = None if problem.limit == inf else problem.limit
    return {"Timeout": timeout_s, "Total": problem.total, "Used": problem.used, "Limit": limit, "Calls": calls}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three histories of each shape instead of fifteen")
    parser.add_argument("--only", help="one shape, as CLIENTS,CALLS,UNANSWERED or CLIENTS,CALLS,UNANSWERED,KIND")
    parser.add_argument("--porcupine", type=Path, help="the judge that was built from porcupine/main.go")
    parser.add_argument("--porcupine-timeout", type=float, default=TIMEOUT_S, help="seconds for each history")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    seeds = range(3 if arguments.quick else 15)
    shapes = SHAPES
    if arguments.only:
        clients, calls, share, *kind = arguments.only.split(",")
        shapes = [(int(clients), int(calls), float(share), kind[0] if kind else "correct")]
    rows: list[dict[str, Any]] = []
    print("clients   calls  unanswered  kind          median s    worst s  peak MB  ended")
    for shape in shapes:
        # A process of its own for each shape, so that the memory is that of its histories.
        with get_context("spawn").Pool(1) as pool:
            results, before, peak = pool.apply(one_shape, (shape, seeds))
        seconds = [taken for taken, _ in results]
        ends = Counter(word for _, word in results)
        row = dict(zip(("clients", "calls", "unanswered", "kind"), shape, strict=True))
        row |= {"median_s": statistics.median(seconds), "worst_s": max(seconds), "peak_mb": peak, "ended": dict(ends)}
        row["before_mb"] = before
        print(
            f"{shape[0]:7} {shape[1]:7} {shape[2]:11}  {shape[3]:12} {row['median_s']:9.3f} {row['worst_s']:10.3f} "
            f"{peak:8}  {dict(ends)}",
            flush=True,
        )
        if arguments.porcupine:
            others = list(second_opinions(arguments.porcupine.resolve(), shape, seeds, arguments.porcupine_timeout))
            differ = sum(
                mine != other and "no answer" not in (mine, other)
                for (_, mine), (_, other) in zip(results, others, strict=True)
            )
            middle = statistics.median(taken for taken, _ in others)
            ended = dict(Counter(word for _, word in others))
            row |= {"porcupine_median_s": middle, "porcupine_ended": ended, "verdicts_that_differ": differ}
            print(f"{'Porcupine':>42} {middle:9.3f} {'':10} {'':8}  {ended}; {differ} differ", flush=True)
        rows.append(row)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
