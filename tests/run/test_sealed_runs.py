"""A real run, sealed and checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.conftest import Outcome
from tests.seal.sealing import keys

pytestmark = pytest.mark.slow


def test_a_real_run_is_sealed_checked_and_not_to_be_improved(
    tmp_path: Path, kandykit: Callable[..., Outcome], mock_profile: Callable[..., Path]
) -> None:
    """A statement that was whitewashed before it was sealed is refused by its own journal."""
    private, public = keys(tmp_path)
    profile = mock_profile("--fault", "oversell-by-one", "--limit", "20")
    done = kandykit("run", "--depth", "quick", "--profile", str(profile))
    assert done.status == 1, done.out + done.err
    folder = (done.folder / "latest").resolve()
    made = kandykit("package", str(folder), "--key", str(private))
    assert made.status == 0, made.out + made.err
    path = next(folder.glob("*.kandykit.tar"))
    checked = kandykit("verify", str(path), "--public-key", str(public))
    assert checked.status == 0, checked.out + checked.err
    assert "not conformant" in checked.out

    statement = json.loads((folder / "statement.json").read_text(encoding="utf-8"))
    statement["verdict"] = "conformant"
    for row in statement["requirements"]:
        if row["verdict"] == "fail":
            row["verdict"], row["findings"] = "pass", []
    (folder / "statement.json").write_text(json.dumps(statement), encoding="utf-8")
    refused = kandykit("package", str(folder), "--key", str(private))
    assert refused.status == 2
    assert "L5 is pass in the statement, and fail when the journal is judged again" in refused.err
