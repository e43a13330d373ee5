"""Processes that simulate: each is given a seed, tells what it came to, and is given the next.

A process begins afresh, so that its fences stand before anything else is imported, and ends at once when it is told to.
"""

import gc
import multiprocessing
import signal
from collections.abc import Generator, Iterator
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from bf.cli.sims.tally import Seed, Tally


class _Worker(NamedTuple):
    process: "SpawnProcess"
    pipe: "Connection[Any, Any]"


def spread(seeds: Iterator["Seed"], jobs: int) -> Generator[tuple["Seed", "Tally"]]:
    """Run seeds in so many processes, here if it is one; yield what each came to, as they end."""
    if jobs == 1:
        from bf.cli.sims.one import one  # noqa: PLC0415  # fences come first

        for seed in seeds:
            yield seed, one(seed)
        return
    workers = [_begun() for _ in range(jobs)]
    try:
        yield from _fed(seeds, workers)
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()


def _begun() -> _Worker:
    context = multiprocessing.get_context("spawn")
    pipes: tuple[Connection[Any, Any], Connection[Any, Any]] = context.Pipe()  # pyright: ignore[reportAssignmentType]  # on Windows it is another class
    ours, theirs = pipes
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _fed(seeds: Iterator["Seed"], workers: list[_Worker]) -> Generator[tuple["Seed", "Tally"]]:
    """Give each worker a seed whenever it has none."""
    from bf.cli.sims.tally import Tally  # noqa: PLC0415  # fences come first

    busy: dict[object, tuple[_Worker, Seed]] = {}

    def feed(worker: _Worker) -> None:
        seed = next(seeds, None)
        if seed is not None:
            busy[worker.pipe] = worker, seed
            worker.pipe.send(seed)

    for worker in workers:
        feed(worker)
    while busy:
        for pipe in wait([worker.pipe for worker, _ in busy.values()]):
            worker, seed = busy.pop(pipe)
            try:
                done = worker.pipe.recv()
            except (EOFError, OSError):
                worker.process.join()
                done = seed, Tally.lost(seed, f"its process ended with {worker.process.exitcode}")
                worker = _begun()
                workers.append(worker)
            feed(worker)
            yield done


def _work(pipe: "Connection[tuple[Seed, Tally], Seed]") -> None:
    """Be a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever gives the seeds
    from bf.sim import fences  # noqa: PLC0415  # fences come first

    fences.install()
    gc.disable()  # a run collects its own, and every few runs everything is collected
    from bf.cli.sims.one import one  # noqa: PLC0415  # fences come first

    while True:
        try:
            seed = pipe.recv()
        except EOFError:
            return
        pipe.send((seed, one(seed)))
