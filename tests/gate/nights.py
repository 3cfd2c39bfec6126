"""Statements as they are read from files, made by hand: small, and changed by one thing at a time."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

FINDING: dict[str, Any] = {
    "id": "L5-0a1b2c3d",
    "requirement": "L5",
    "also": [],
    "verdict": "fail",
    "title": "A subscriber is created although nothing is available",
    "expected": "412",
    "actual": "201",
    "calls": 3,
    "suites": ["stateful"],
    "replay": "failures/L5-0a1b2c3d.sh",
}

BASE: dict[str, Any] = {
    "kit": {"name": "kandykit", "version": "0.1.0", "contract": "sha256:c0"},
    "target": {"name": "staging", "base_url": "https://api.example/kandy", "profile": "sha256:a0"},
    "run": {
        "id": "20261123-020000-aaaa",
        "started": "2026-11-23T02:00:00.000Z",
        "seconds": 60.0,
        "seed": 0,
        "depth": "standard",
        "suites": ["workflow", "stateful", "concurrency"],
        "calls": 900,
        "calls_by_operation": {},
        "interrupted": False,
        "kit_error": "",
        "target_down": "",
    },
    "verdict": "conformant",
    "requirements": [
        {"id": "L1", "level": "must", "verdict": "pass", "checked": 40, "reason": "", "findings": []},
        {"id": "L5", "level": "must", "verdict": "pass", "checked": 9, "reason": "", "findings": []},
        {"id": "H9", "level": "must", "verdict": "pass", "checked": 3, "reason": "", "findings": [], "twin": ["L13"]},
        {"id": "L13", "level": "must", "verdict": "pass", "checked": 3, "reason": "", "findings": [], "twin": ["H9"]},
        {"id": "L15", "level": "must", "verdict": "skipped", "checked": 0, "reason": "no SDK", "findings": []},
        {"id": "S1", "level": "should", "verdict": "pass", "checked": 90, "reason": "", "findings": []},
    ],
    "readings": {
        "no_stock": 412,
        "notes": ["of this run"],
        "headers": {
            "sunset": "n/a",
            "api-version": "1.2.0",
            "quota-limit": "1000",
            "quota-interval": "1",
            "quota-time-unit": "hour",
            "server": "gate/3",
        },
    },
    "billing": {},
    "residue": [],
    "waivers": [],
    "contract": {},
}


def night(number: int = 0) -> dict[str, Any]:
    """The statement of one night, a different run each number."""
    made = deepcopy(BASE)
    made["run"]["id"] = f"202611{23 + number}-020000-{number:04d}"
    made["run"]["started"] = f"2026-11-{23 + number}T02:00:00.000Z"
    return made


def row(statement: dict[str, Any], name: str) -> dict[str, Any]:
    """The row of a requirement."""
    found: dict[str, Any] = next(row for row in statement["requirements"] if row["id"] == name)
    return found


def failing(statement: dict[str, Any], name: str = "L5", **changes: Any) -> dict[str, Any]:
    """The statement with a failure under a requirement."""
    found = row(statement, name)
    found["verdict"] = "fail"
    found["findings"] = [*found["findings"], FINDING | {"requirement": name} | changes]
    statement["verdict"] = "not_conformant"
    return statement


def written(folder: Path, name: str, statement: Any) -> Path:
    """The statement as a file."""
    path = folder / name
    path.write_text(json.dumps(statement), encoding="utf-8")
    return path
