"""The kill matrix for people: which run named which requirement, as a heat map in one self-contained file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2

from kandykit.proof import Result
from kandykit.requirements import registry


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
