"""Judging histories in which calls overlap: linearizability against the contract's laws (L12, and the others by name).

    judge.py        the judge: a history of events in, an explanation, a violation or "unknown" out
    verdict.py      these three answers
    stories.py      subscribers, judged one by one and taken out
    ledger.py       orders, their numbers and lists, judged by themselves and taken out
    problem.py      what is left: a problem of counters, laid out in time
    search.py       its search, for thousands of calls: the scout, and at its dead ends a proof
    scout.py        looks for one explanation; ways.py has its steps, pending.py what is under way, sums.py the sums
    frontier.py     proves that there is none
    certificate.py  replays an explanation
    general.py      the general search, where identities cannot be taken out
    evidence.py     the fewest calls that show a violation, and the law they break

Intervals are closed: calls that touch overlap. Nothing here knows the network or a clock; a deadline is a question
that the caller answers.
"""

from kandykit.linearize.judge import judge_history
from kandykit.linearize.verdict import Judged, Ok, Unknown, Violation

__all__ = ["Judged", "Ok", "Unknown", "Violation", "judge_history"]
