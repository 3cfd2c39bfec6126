"""``failures/<id>.sh`` and ``failures/<id>.json``: each finding as something that can be played again.

The script needs bash and curl alone and says by its exit status whether the failure is still there (see `script`);
the record is what ``kandykit replay`` reads. Neither holds a secret.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kandykit import __version__
from kandykit.binding import Binding
from kandykit.judgement import Case, Judgement
from kandykit.report.script import Script


def write_failures(judgement: Judgement, folder: Path, binding: Binding) -> list[Path]:
    """Write script and record of every finding into ``folder``; gives the scripts' paths."""
    folder.mkdir(parents=True, exist_ok=True)
    scripts = []
    for name, case in sorted(judgement.cases.items()):
        record = folder / f"{name}.json"
        record.write_text(json.dumps(failure_record(case, binding), indent=1) + "\n", encoding="utf-8")
        script = folder / f"{name}.sh"
        script.write_text(failure_script(case, binding), encoding="utf-8")
        script.chmod(0o755)
        scripts.append(script)
    return scripts


def failure_record(case: Case, binding: Binding) -> dict[str, Any]:
    """A finding with its programme, its recorded calls, and how the target is spelled."""
    finding = case.finding
    return {
        "kit": {"name": "kandykit", "version": __version__},
        "target": {
            "base_url": binding.base_url,
            "token_url": binding.token_url,
            "binding": binding.spelled_otherwise,
        },
        "finding": {"id": finding.id, **asdict(finding)},
        "seen": case.seen,
        "programme": case.programme,
        "setting": case.setting,
        "history": {str(place): words for place, words in case.history.items()},
        "recent": case.recent,
        "calls": [asdict(call) for call in case.calls],
    }


def failure_script(case: Case, binding: Binding) -> str:
    """The script as text."""
    return Script(case, binding).text()
