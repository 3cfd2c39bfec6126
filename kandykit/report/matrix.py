"""The kill matrix for people: which run named which requirement, as a heat map in one self-contained file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2

from kandykit.proof import Result
from kandykit.requirements import registry


def matrix_words(results: Sequence[Result]) -> str:
    """The matrix as a compact Markdown table, and what stands behind it in figures."""
    faults = [result for result in results if result.entry.is_fault]
    legals = [result for result in results if not result.entry.is_fault]
    lines = [
        f"{sum(result.right for result in faults)} of {len(faults)} faults were caught by the right name,"
        f" {sum(result.accuses for result in legals)} of {len(legals)} correct servers were accused.",
        "",
        "| fault | kind | breaks | named | suites | calls | example | depth |",
        "| --- | --- | --- | --- | --- | ---: | ---: | --- |",
    ]
    for result in faults:
        named = " ".join((*result.failed, *(f"({name})" for name in result.warned)))
        mark = "" if result.right else " ✗"
        cells = (
            f"{result.entry.name}{mark}",
            result.entry.kind,
            " ".join(result.entry.breaks),
            named,
            " ".join(result.suites),
            str(result.calls_to_detection or ""),
            str(result.shortest or ""),
            result.depth,
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| legal oddity | must be | was | warned |", "| --- | --- | --- | --- |"]
    for result in legals:
        said = " ".join((result.verdict.replace("_", " "), *result.failed))
        lines.append(f"| {result.entry.name} | {result.entry.verdict} | {said} | {' '.join(result.warned)} |")
    alike = _alike(faults)
    lines += ["", f"{len(faults) - sum(len(names) - 1 for names in alike)} of the kill vectors differ."]
    lines += [f"- alike: {', '.join(names)}" for names in alike]
    return "\n".join(lines) + "\n"


def _alike(faults: Sequence[Result]) -> list[list[str]]:
    """The faults with equal kill vectors: the same findings, in the same suites and tests, against the same rules."""
    vectors: dict[tuple[tuple[str, ...], ...], dict[str, None]] = {}
    for result in faults:
        if result.right:
            rules = (*result.failed, *result.warned)
            vectors.setdefault((result.findings, result.suites, result.where, rules), {})[result.entry.name] = None
    return [list(names) for names in vectors.values() if len(names) > 1]


def write_matrix(path: Path, results: Sequence[Result]) -> None:
    """Write the page; a row per entry, a column per requirement that a fault breaks or a run named."""
    told = {name for result in results for name in (*result.failed, *result.warned, *result.entry.breaks)}
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kandykit.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    faults = [result for result in results if result.entry.is_fault]
    legals = [result for result in results if not result.entry.is_fault]
    page = environment.get_template("matrix.html.j2").render(
        results=results,
        names=[name for name in registry() if name in told],
        faults=len(faults),
        caught=sum(result.right for result in faults),
        legals=len(legals),
        accused=sum(bool(result.failed) for result in legals),
    )
    path.write_text(page, encoding="utf-8")
