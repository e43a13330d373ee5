"""Telling of a run that failed: what, how to see it again, what happened last, and where to read more."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bf.sim.errors import ViolationError
from bf.sim.kept import ENDING, Kept, write
from bf.sim.plan import Plan
from bf.sim.timeline import Timeline, as_page, as_text, told
from bf.sim.watching import watch

SECONDS_MAX = 10
"""How long git may take to say which commit this is."""


@dataclass(frozen=True)
class Files:
    """What was written of a run."""

    plan: Path
    text: Path
    page: Path


def watched(plan: Plan, named: str) -> Timeline:
    """Run a plan again and keep what happens; `named` are the words that name it on a command line."""
    outcome, happenings = watch(plan)
    return Timeline(outcome, happenings, f"bf sim replay {named}", commit())


def written(timeline: Timeline, folder: Path, stem: str, plan: Path | None = None) -> Files:
    """Write a run's timeline as text and as a page, and its plan if it has no file yet."""
    violation = timeline.outcome.violation
    files = Files(plan or folder / f"{stem}{ENDING}", folder / f"{stem}.txt", folder / f"{stem}.html")
    if plan is None:
        said = (violation.invariant, violation.what) if violation else ("", "")
        write(files.plan, Kept(timeline.plan, "", *said, timeline.commit))
    folder.mkdir(parents=True, exist_ok=True)
    files.text.write_text(as_text(timeline), "utf-8")
    files.page.write_text(as_page(timeline), "utf-8")
    return files


def report(timeline: Timeline, files: Files, before: str | None = None) -> str:
    """Tell of a failure; `before` is the invariant that it violated when it was run first."""
    outcome, violation = timeline.outcome, timeline.outcome.violation
    plan = outcome.plan
    name = violation.tenant if violation else ""
    lines = [
        f"FAILED  scenario {plan.scenario}, seed {plan.seed}, {plan.seconds:g} s, commit {timeline.commit or 'none'}",
        f"  {told(violation)}",
        f"  replay it:  {timeline.replay}",
        f"  the plan:   {files.plan}",
        f"  timeline:   {files.page}",
        f"              {files.text}",
    ]
    if before is not None and before != (violation.invariant if violation else None):
        lines.append(f"  it violated invariant {before} before: two runs of it differ; see where with: bf sim diff")
    lines += [f"  what happened last{f' to {name}' if name else ''}:", *_last(timeline, violation)]
    return "\n".join(lines)


def _last(timeline: Timeline, violation: ViolationError | None) -> list[str]:
    happenings = timeline.last_of(violation.tenant if violation else "")
    return [f"  {'*' if timeline.is_named(each) else ' '} {each}" for each in happenings]


def commit() -> str:
    """Return the commit of this code, with a plus if files differ from it; nothing if git does not know it."""
    git = shutil.which("git")
    if git is None:
        return ""
    begin = [git, "--no-optional-locks", "-C", str(Path(__file__).parent)]
    try:
        name = _said([*begin, "rev-parse", "--short", "HEAD"])
        return f"{name}+" if _said([*begin, "status", "--porcelain", "--untracked-files=no"]) else name
    except (OSError, subprocess.SubprocessError):
        return ""


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS_MAX)  # noqa: S603  # git, as it was found
    return done.stdout.strip()
