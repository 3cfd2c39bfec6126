"""What the tests of this suite share: the document's cases, generated once per session."""

from __future__ import annotations

import pytest

from kandykit.run import Run


@pytest.fixture(scope="session")
def generated(run: Run):  # type: ignore[no-untyped-def]  # its type would import Schemathesis before anybody needs it
    """The programmes that the run's document gives."""
    from kandykit.explore.generate.cases import Cases
    from kandykit.explore.generate.programmes import Programmes

    made = Programmes(Cases(run.document.path, run.seed), run.binding, room=run.room())
    for operation, reason in made.unusable.items():
        run.notes.append(f"no requests could be generated for {operation.method} {operation.template}: {reason}")
    for operation in made.elsewhere():
        run.notes.append(
            f"{operation.method} {operation.template} is not in the contract: nothing was generated for it"
        )
    yield made
    for reason, times in made.unfit.items():
        run.notes.append(f"generated and not sent, {times} times: {reason}")
