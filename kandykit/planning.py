"""Planning from the command line: make a plan, keep it, and print it for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isinf
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from kandykit.embedded import EmbeddedMock
from kandykit.errors import UsageError
from kandykit.plan import FOLDER, Plan, plan_hash, terms_of_run
from kandykit.plugin import SUITES
from kandykit.profile import Profile, load_profile, profile_from_options
from kandykit.rehearsal import rehearse


def planning(
    *,
    profile: str | None,
    base_url: str | None,
    token_url: str | None,
    client_id: str | None,
    client_secret_env: str | None,
    suite: Sequence[str],
    depth: str,
    time_budget: float | None,
    seed: int,
    read_only: bool,
    as_json: bool,
    out: str,
) -> int:
    """``kandykit plan`` with these options; returns the exit status."""
    if unknown := sorted(set(suite) - set(SUITES)):
        raise UsageError(f"--suite {unknown[0]}: there is no such suite. Suites: {', '.join(SUITES)}.")
    embedded = not (profile or base_url)
    if profile:
        declared = load_profile(profile)
    elif base_url:
        declared = profile_from_options(base_url, token_url, client_id, client_secret_env)
    else:
        declared = _embedded()
    terms = terms_of_run(SUITES, depth=depth, suites=suite, seed=seed, time_budget=time_budget, read_only=read_only)
    budget = declared.budget
    plan = Plan(
        plan_hash(declared, terms, embedded=embedded),
        declared.target.name or declared.target.base_url,
        terms,
        budget.calls,
        budget.peak_products,
        budget.unit_price,
        budget.calls_per_second,
    )
    rehearse(plan, declared, terms)
    keep(plan, Path(out))
    if as_json:
        click.echo(json.dumps(plan.to_json(), indent=1, ensure_ascii=False))
    else:
        how = f"--profile {profile} " if profile else f"--base-url {base_url} ... " if base_url else ""
        show(plan, declared, how, Console())
    return 0


def keep(plan: Plan, out: Path) -> Path:
    """Write the plan below the folder of the runs, by its hash: a run looks there how many calls it will take."""
    path = out / FOLDER / f"{plan.hash}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(plan.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def show(plan: Plan, profile: Profile, how: str, console: Console) -> None:
    """Print the plan for people; ``how`` are the options that name the target."""

    def say(text: str = "") -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    say(f"Plan of a run against {plan.target}; nothing was sent to it.")
    say(f"Rehearsed on a mock that keeps the contract: {_options(plan)}.")
    say()
    table = Table(box=None, pad_edge=False)
    table.add_column("suite")
    for title in ("calls", "at worst", "expected", "ordered", "given back", "created", "deleted"):
        table.add_column(title, justify="right")
    for share in plan.shares:
        figures = (share.calls, share.worst, share.peak, share.ordered, share.given_back, share.created, share.deleted)
        table.add_row(share.suite, *(f"{figure:,}" for figure in figures))
    console.print(table)
    say("  at worst, expected: how far the total of all accounts rises meanwhile, if the target does the worst with")
    say("  every call, and on a target that keeps the contract. Ordered and given back count products, created and")
    say("  deleted subscribers; all that is made is removed again.")
    say()
    say(f"  calls       {plan.expected_calls:,} expected, {plan.calls:,} at most" + _lasting(plan))
    say(f"  peak        {plan.expected_peak:,} products expected, {plan.worst_peak:,} at most, above what is there")
    if plan.price:
        expected, worst = plan.expected_peak * plan.price, plan.worst_peak * plan.price
        say(f"  cost        {expected:,.2f} expected, {worst:,.2f} at most, a month, at {plan.price:,.2f} a product")
    else:
        say("  cost        no price is known; declare budget.unit_price")
    held_back = [(share.suite, *held) for share in plan.shares for held in share.held_back]
    if held_back or plan.not_tested:
        say()
        say("Not tested:")
    for suite, because, times, examples in held_back:
        more = ", ..." if len(examples) < times else ""
        say(f"  {suite}: {times} calls, because {because} ({', '.join(examples)}{more})")
    for reason, requirements in plan.not_tested.items():
        say(f"  {', '.join(requirements)}: {reason}")
    for note in plan.notes:
        say(f"  note: {note}")
    say()
    say(f"hash {plan.hash}")
    if not plan.terms.read_only:
        say(f"kandykit run {how}{_arguments(plan)}--approve {plan.hash}")
    if profile.budget.unbounded_probes:
        say("Unbounded probes are allowed: on a target that accepts them the peak has no bound.")


def _options(plan: Plan) -> str:
    terms = plan.terms
    limit = f", {terms.time_budget_s:g} s" if terms.time_budget_s is not None else ""
    only = ", reads only" if terms.read_only else ""
    return f"depth {terms.depth}, seed {terms.seed}{limit}{only}, suites {', '.join(terms.suites)}"


def _arguments(plan: Plan) -> str:
    terms = plan.terms
    suites = "".join(f"--suite {suite} " for suite in terms.suites) if len(terms.suites) < len(SUITES) else ""
    seed = f"--seed {terms.seed} " if terms.seed else ""
    limit = f"--time-budget {terms.time_budget_s:g} " if terms.time_budget_s is not None else ""
    return f"--depth {terms.depth} {suites}{seed}{limit}"


def _lasting(plan: Plan) -> str:
    if isinf(plan.calls_per_second):
        return ""
    seconds = plan.expected_calls / plan.calls_per_second
    return f"; at {plan.calls_per_second:g} a second that takes {seconds / 60:.0f} min or more"


def _embedded() -> Profile:
    """The profile of the mock that a run without a target starts for itself."""
    mock = EmbeddedMock()
    try:
        return mock.start()
    finally:
        mock.stop()
