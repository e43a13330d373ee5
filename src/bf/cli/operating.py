"""Having an operation done on a data directory: by the server that runs on it, or else in this process."""

import argparse
import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.logs.writing import write_logs
from bf.adapters.operator.client import NoServerError, ServerGoneError, ask
from bf.adapters.operator.protocol import Progress
from bf.adapters.sqlite.storage import StorageError
from bf.cli.serve import DATA
from bf.cli.usage import UsageError
from bf.cli.wiring import running, storage
from bf.core.ports import LogError
from bf.core.refusal import Refusal

TRIES_COUNT_MAX = 50
"""How often a directory is tried that somebody holds who does not listen: a server that starts or stops."""

PAUSE_S = 0.1
"""How long to wait before the next try."""


def add_operating(parser: argparse.ArgumentParser) -> None:
    """Let a command name a data directory, and answer machines."""
    parser.add_argument("--data", type=Path, default=DATA, help="the data directory (default: ./data)")
    parser.add_argument("--json", action="store_true", help="for machines")


def report(args: argparse.Namespace, told: Mapping[str, Any], sentence: str) -> int:
    """Print what an operation did, for people or for machines; return the exit code of success."""
    print(json.dumps(told) if args.json else sentence)
    return 0


def operate(data: Path, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have an operation done, with a progress bar on a terminal; return what it gives, UsageError if it is refused."""
    write_logs("text", logging.WARNING)
    with ProgressBar() as bar:
        return asyncio.run(operated(data, name, arguments, bar))


async def operated(data: Path, name: str, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Have an operation done; if this is cancelled, so is the operation, wherever it runs."""
    if not (data / "tenants").is_dir():
        raise UsageError(f"--data: {data} holds no tenants; bf tenant create NAME --data {data} makes one")
    try:
        return await _anywhere(data, name, arguments, progress)
    except (Refusal, LogError, StorageError, KeyringError, ServerGoneError) as error:
        raise UsageError(str(error)) from error


async def _anywhere(data: Path, name: str, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    held = StorageError()
    for _ in range(TRIES_COUNT_MAX):
        try:
            return await ask(data, name, arguments, progress)
        except NoServerError:
            tenants = storage(data)
        try:
            tenants.lock()
        except StorageError as error:
            tenants.close()
            held = error
            await asyncio.sleep(PAUSE_S)
            continue
        async with running(tenants) as (_node, operations):
            return await operations[name](arguments, progress)
    raise UsageError(f"--data: {held}") from held


class ProgressBar:
    """A bar on a terminal, for one part of an operation after the other; nothing elsewhere."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bars.add_task("", visible=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def __call__(self, progress: Mapping[str, Any]) -> None:
        """Show how far an operation is."""
        what, done, total = progress.get("what", ""), progress.get("done", 0), progress.get("total", 0)
        (task,) = self._bars.tasks
        task.total = total or None  # for `update`, None is: as before
        self._bars.update(self._task, description=str(what), completed=done, visible=True)
