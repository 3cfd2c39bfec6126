"""The doctor's words on the terminal, each as soon as it is known."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from kandykit.doctor.remark import Health, Remark, exit_status
from kandykit.doctor.visit import Visit
from kandykit.profile import load_profile

_STYLES: Final = {
    Health.FINE: "green",
    Health.UNSEEN: "dim",
    Health.ODD: "yellow",
    Health.WRONG: "bold red",
    Health.OUT_OF_REACH: "bold red",
}
_WIDTH: Final = 24


def examine(profile: str, out: str) -> int:
    """Visit the target of a profile and say what is met; returns the exit status.

    Raises `UsageError` for a profile or a document that cannot be read.
    """
    console = Console(highlight=False, soft_wrap=True)
    visit = Visit(load_profile(profile), Path(out))
    console.print(f"{visit.profile.target.name}: {visit.profile.target.base_url}", markup=False)
    remarks: list[Remark] = []
    for remark in visit.remarks():
        remarks.append(remark)
        console.print(_line(remark))
    status = exit_status(remarks)
    counts = {health: sum(remark.health is health for remark in remarks) for health in Health}
    console.print(_summary(status, counts), markup=False)
    if visit.folder.exists():
        console.print(f"  every call of this visit: {visit.folder / 'journal.jsonl'}", markup=False)
    return status


def _line(remark: Remark) -> Text:
    line = Text(f"  {remark.health.value}  ", style=_STYLES[remark.health])
    line.append(f"{remark.about:<{_WIDTH}} ", style="bold" if remark.health in (Health.WRONG, Health.ODD) else "")
    line.append(_printable(remark.said), style="")
    if remark.remedy:
        line.append(f"\n      {'':<{_WIDTH}} -> {_printable(remark.remedy)}", style=_STYLES[remark.health])
    return line


def _summary(status: int, counts: dict[Health, int]) -> str:
    if status == 3:
        return "The target is out of reach: nothing more can be said of the profile."
    if status == 2:
        places = "one place" if counts[Health.WRONG] == 1 else f"{counts[Health.WRONG]} places"
        return f"The profile is wrong in {places}, marked {Health.WRONG.value}."
    things = "one thing" if counts[Health.ODD] == 1 else f"{counts[Health.ODD]} things"
    rest = f"; {things} to know, marked {Health.ODD.value}" if counts[Health.ODD] else ""
    return f"The profile fits its target, as far as reads show{rest}."


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
