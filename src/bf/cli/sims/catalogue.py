"""What can be simulated: scenarios, faults, buggify points, and the situations that a campaign has to reach."""

import json
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from bf.cli.sims.tally import long
from bf.sim.buggify import POINTS
from bf.sim.draw import FAULTS, SCENARIOS
from bf.sim.sometimes import SITUATIONS


def show(*, as_json: bool) -> int:
    """Print all of it."""
    if as_json:
        scenarios = {name: {"summary": each.summary, "seconds": each.seconds} for name, each in SCENARIOS.items()}
        print(json.dumps({"scenarios": scenarios, "faults": FAULTS, "points": POINTS, "situations": SITUATIONS}))
        return 0
    lasting = {name: f"for {least:g} to {most:g} s" if most else "at once" for name, (least, most) in FAULTS.items()}
    days = {name: f"{each.summary}; {long(each.seconds)}" for name, each in SCENARIOS.items()}
    for title, names in (
        ("scenarios", days),
        ("faults and operations", lasting),
        ("buggify points", POINTS),
        ("situations that a campaign has to reach", SITUATIONS),
    ):
        _print(title, names)
    return 0


def _print(title: str, names: Mapping[str, str]) -> None:
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, meaning in names.items():
        table.add_row(name, meaning)
    Console().print(table, "")
