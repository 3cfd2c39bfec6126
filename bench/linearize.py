"""How fast histories are judged: closed loops of clients on a correct server, some calls unanswered, some faults.

    python bench/linearize.py [--quick] [--json FILE]

Latencies are log-normal, and every client calls again as soon as it was answered, so nearly as many calls overlap as
there are clients. Nothing here needs a network; the histories are counter problems as the judge's first step leaves
them, and the last column says how they ended.
"""

from __future__ import annotations

import argparse
import heapq
import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from kandykit.linearize.frontier import OutOfTime, Search
from kandykit.linearize.problem import Kind, Mutator, Observation, Problem

LIMIT = 200
CREATE, DELETE = Kind(0, 1, 1), Kind(0, -1)
SHAPES = [
    *((clients, calls, 0.0) for calls in (100, 1000, 10_000) for clients in (4, 8, 16, 32)),
    *((clients, calls, 0.01) for calls in (1000, 10_000) for clients in (4, 8, 16, 32)),
]
TIMEOUT_S = 20.0


def history(clients: int, calls: int, seed: int, unanswered: float) -> Problem:
    """A correct server's history, as a counter problem."""
    random = Random(seed)
    total, used = 100, 40
    ops: list[Mutator | Observation] = []
    queue: list[tuple[float, int, tuple[Any, ...] | None]] = [(random.random() / 100, n, None) for n in range(clients)]
    heapq.heapify(queue)
    started, tie = 0, clients
    while queue:
        now, _, act = heapq.heappop(queue)
        tie += 2
        if act is None:
            if started < calls:
                latency = random.lognormvariate(0, 0.5)
                word = random.choices(("create", "delete", "up", "down", "read"), (35, 25, 10, 10, 20))[0]
                lost = word != "read" and random.random() < unanswered
                call = (word, random.randint(1, 2), now, now + latency, started, lost)
                heapq.heappush(queue, (now + latency * random.random(), tie, call))
                heapq.heappush(queue, (now + latency + 1e-6, tie + 1, None))
                started += 1
            continue
        word, quantity, called, due, seq, lost = act
        kind = {
            "create": CREATE,
            "delete": DELETE,
            "up": Kind(quantity, 0, 0, True),
            "down": Kind(-quantity, 0, quantity),
        }
        if word == "read":
            ops.append(Observation(seq, called, due, total, used, total - used))
            continue
        what = kind[word]
        allowed = total - used >= what.needs and total + what.total <= LIMIT and used + what.used >= 0
        if lost:
            if allowed and random.random() < 0.5:
                total, used = total + what.total, used + what.used
            ops.append(Mutator(seq, what, called, inf, optional=True))
        elif allowed:
            total, used = total + what.total, used + what.used
            ops.append(Mutator(seq, what, called, due))
        elif word == "up":
            ops.append(Observation(seq, called, due, total_above=LIMIT - quantity))
        elif word != "delete":
            ops.append(Observation(seq, called, due, available_below=what.needs))
    return Problem(
        100,
        40,
        tuple(op for op in ops if isinstance(op, Mutator)),
        tuple(op for op in ops if isinstance(op, Observation)),
        LIMIT,
    )


def with_a_stale_read(problem: Problem, seed: int) -> Problem:
    """The same history, but for one read in its second half that shows one product less in use."""
    random = Random(seed)
    reads = [index for index, seen in enumerate(problem.observations) if seen.used is not None]
    chosen = random.choice(reads[len(reads) // 2 :])
    seen = problem.observations[chosen]
    wrong = replace(seen, used=(seen.used or 0) - 9, available=(seen.available or 0) + 9)
    return problem.with_observations((*problem.observations[:chosen], wrong, *problem.observations[chosen + 1 :]))


def judged(problem: Problem) -> tuple[float, str]:
    """Seconds of processor time, and how it ended."""
    began = time.process_time()
    ends = time.monotonic() + TIMEOUT_S
    try:
        stuck = Search(problem, expired(ends)).walk().stuck
        word = "explained" if stuck is None else "violation"
    except OutOfTime:
        word = "no answer"
    return time.process_time() - began, word


def expired(ends: float) -> Callable[[], bool]:
    return lambda: time.monotonic() > ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three histories of each shape instead of fifteen")
    parser.add_argument("--only", help="one shape, as CLIENTS,CALLS,UNANSWERED")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    seeds = range(3 if arguments.quick else 15)
    rows: list[dict[str, Any]] = []
    shapes = SHAPES
    if arguments.only:
        clients, calls, share = arguments.only.split(",")
        shapes = [(int(clients), int(calls), float(share))]
    print("clients   calls  unanswered   median s    worst s   peak MB  ended")
    for clients, calls, share in shapes:
        results = [judged(history(clients, calls, seed, share)) for seed in seeds]
        seconds = [taken for taken, _ in results]
        words = {word: sum(1 for _, said in results if said == word) for _, word in results}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        rows.append(
            {
                "clients": clients,
                "calls": calls,
                "unanswered": share,
                "median_s": statistics.median(seconds),
                "worst_s": max(seconds),
                "peak_mb": peak,
                "ended": words,
            }
        )
        middle, worst = statistics.median(seconds), max(seconds)
        print(f"{clients:7} {calls:7} {share:11} {middle:10.3f} {worst:10.3f} {peak:9}  {words}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
