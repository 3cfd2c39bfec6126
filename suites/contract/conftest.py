"""What the tests of this suite share: the document's cases, generated once per session."""

from __future__ import annotations

import pytest

from kandykit.run import Run


@pytest.fixture(scope="session")
def generated(run: Run):  # type: ignore[no-untyped-def]  # its type would import Schemathesis before anybody needs it
    """The programmes that the run's document gives."""
    from kandykit.explore.generate.cases import Cases
    from kandykit.explore.generate.programmes import Programmes

    prefix = run.document.prefix(run.binding.base_url)
    made = Programmes(Cases(run.document.path, run.seed, prefix), run.binding, room=run.room())
    for operation, reason in made.unusable.items():
        run.remark(f"no requests could be generated for {operation.method} {operation.template}: {reason}")
    for operation in made.elsewhere():
        run.remark(f"{operation.method} {operation.template} is not in the contract: nothing was generated for it")
    yield made
    for reason, times in made.unfit.items():
        run.remark(f"generated and not sent, {times} times: {reason}")
