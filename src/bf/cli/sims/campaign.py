"""Many seeds, one after the other or side by side: what they came to is added up, and failures are told at once."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bf.cli.main import INTERRUPTED
from bf.cli.sims import failure, resume
from bf.cli.sims.naming import scenarios_of
from bf.cli.sims.one import plan_of
from bf.cli.sims.tally import Failed, Seed
from bf.cli.sims.workers import spread
from bf.sim.sometimes import CAMPAIGN_SEEDS_MIN, never

TOLD_COUNT_MAX = 5
"""How many failures are told in full; of the others there is a line each."""

LINES_COUNT_MAX = 50
"""How many failures have a line."""

SAVE_EVERY_S = 5.0
"""How often it is noted which seeds are done."""

REDRAW_EVERY_S = 0.1


@dataclass
class Campaign:
    """What is to be run, and what it has come to."""

    seeds: Sequence[range]
    scenarios: Sequence[str]
    seconds: float | None
    notes: resume.Notes
    path: Path | None
    written: list[tuple[Failed, failure.Files]] = field(default_factory=list[tuple[Failed, failure.Files]])

    def left(self) -> Iterator[Seed]:
        """Yield the seeds that are not done, a seed of each scenario in turn."""
        for numbers in self.seeds:
            for number in numbers:
                for scenario in self.scenarios:
                    seed = Seed(scenario, number, self.seconds)
                    if not self.notes.has(seed):
                        yield seed

    @property
    def size(self) -> int:
        """Return how many seeds there are, with those that are done."""
        return sum(map(len, self.seeds)) * len(self.scenarios)

    def save(self) -> None:
        """Note what is done, if there is a file for it."""
        if self.path:
            self.notes.save(self.path)


def run(args: argparse.Namespace, seeds: range, seconds: float | None) -> int:
    """Run a campaign and tell what it came to."""
    notes, goes_on = resume.load(args.resume, seconds) if args.resume else (resume.Notes(seconds), "")
    campaign = Campaign([seeds], scenarios_of(args.scenario), seconds, notes, args.resume)
    if goes_on and not args.json:
        print(goes_on)
    interrupted = _run(campaign, args)
    tally = notes.tally
    reached = (tally.sometimes, tally.buggified, tally.faults)
    missing = never(*reached, campaign.scenarios) if tally.seeds >= CAMPAIGN_SEEDS_MIN else []
    if args.json:
        print(json.dumps(_as_dict(campaign, missing, interrupted=interrupted)))
    else:
        _tell(campaign, missing, interrupted=interrupted)
    if tally.failed or (missing and args.require_sometimes):
        return 1
    return INTERRUPTED if interrupted else 0


def _run(campaign: Campaign, args: argparse.Namespace) -> bool:
    """Run all that is left; say whether Ctrl-C has ended it."""
    notes, before_s = campaign.notes, campaign.notes.tally.real_s
    begun = saved = perf_counter()
    runs = spread(campaign.left(), args.jobs)
    try:
        with _Bar(campaign, hidden=args.json) as bar:
            for seed, tally in runs:
                notes.note(seed, tally)
                now = perf_counter()
                notes.tally.real_s = before_s + now - begun
                for failed in tally.failed:
                    _failed(campaign, failed, args, bar)
                bar.show(now)
                if now > saved + SAVE_EVERY_S:
                    campaign.save()
                    saved = now
                if args.first and tally.failed:
                    break
    except KeyboardInterrupt:
        return True
    finally:
        runs.close()
        campaign.save()
    return False


def _failed(campaign: Campaign, failed: Failed, args: argparse.Namespace, bar: "_Bar") -> None:
    """Tell of a failure: run it again, and write down what happens."""
    if len(campaign.written) >= TOLD_COUNT_MAX:
        return
    seed = failed.seed
    timeline = failure.watched(plan_of(seed), seed.command)
    files = failure.written(timeline, args.out, seed.stem)
    campaign.written.append((failed, files))
    bar.say(failure.report(timeline, files, before=failed.invariant))


def _tell(campaign: Campaign, missing: Sequence[str], *, interrupted: bool) -> None:
    tally = campaign.notes.tally
    told = {failed for failed, _ in campaign.written}
    others = [failed for failed in tally.failed if failed not in told]
    for failed in others[:LINES_COUNT_MAX]:
        print(f"FAILED  bf sim replay {failed.seed.command}: invariant {failed.invariant}: {_short(failed.what)}")
    if len(others) > LINES_COUNT_MAX:
        print(f"FAILED  {len(others) - LINES_COUNT_MAX:,} more")
    print(f"{', '.join(campaign.scenarios)}: {tally.sentence()}")
    if missing:
        print(f"never reached: {', '.join(missing)}")
    if interrupted:
        print(f"interrupted: {tally.seeds:,} of {campaign.size:,} seeds are done")


def _as_dict(campaign: Campaign, missing: Sequence[str], *, interrupted: bool) -> dict[str, Any]:
    tally = campaign.notes.tally
    files = dict(campaign.written)
    violations = [
        {
            **failed._asdict(),
            "replay": f"bf sim replay {failed.seed.command}",
            **({name: str(path) for name, path in vars(files[failed]).items()} if failed in files else {}),
        }
        for failed in tally.failed
    ]
    known = {name: value for name, value in tally.to_dict().items() if name != "failed"}
    rates = {"seeds_per_s": round(tally.seeds_per_s, 3), "scenarios": list(campaign.scenarios)}
    return {**known, **rates, "never_reached": list(missing), "interrupted": interrupted, "violations": violations}


def _short(text: str, chars_max: int = 200) -> str:
    return text if len(text) <= chars_max else f"{text[:chars_max]}…"


class _Bar:
    """A line that lives on a terminal; elsewhere there is none. It is drawn between runs, by nobody else."""

    def __init__(self, campaign: Campaign, *, hidden: bool) -> None:
        console = Console(stderr=True)
        columns = ("{task.description}", "{task.fields[rate]}", "{task.fields[failed]}")
        self._hidden = hidden
        self._tally = campaign.notes.tally
        self._at = 0.0
        self._bar = Progress(
            TextColumn(columns[0]),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(columns[1]),
            TimeRemainingColumn(),
            TextColumn(columns[2], style="red"),
            console=console,
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            disable=hidden or not console.is_terminal,
        )
        name = campaign.scenarios[0] if len(campaign.scenarios) == 1 else f"{len(campaign.scenarios)} scenarios"
        self._task = self._bar.add_task(name, total=campaign.size, completed=self._tally.seeds, rate="", failed="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, now: float) -> None:
        """Draw how far it is, now and then."""
        if now < self._at + REDRAW_EVERY_S:
            return
        self._at = now
        tally = self._tally
        violated = f"{len(tally.failed)} violated" if tally.failed else ""
        rate = f"{tally.seeds_per_s:.1f} seeds/s"
        self._bar.update(self._task, completed=tally.seeds, rate=rate, failed=violated, refresh=True)

    def say(self, text: str) -> None:
        """Print above the line."""
        if not self._hidden:
            self._bar.stop()
            print(text, flush=True)
            self._bar.start()
