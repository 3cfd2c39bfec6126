"""Folders that the kit carries with it."""

from __future__ import annotations

from pathlib import Path


def carried(name: str) -> Path:
    """A folder that the kit carries, ``suites`` or ``specs``: beside the package in a source tree, inside a wheel."""
    here = Path(__file__).resolve().parent
    beside = here.parent / name
    return beside if beside.is_dir() and (here.parent / "pyproject.toml").is_file() else here / "_carried" / name
