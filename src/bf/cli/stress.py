"""Play a growing retailer, and show how each step's time and latency grow: in this process, or against a server."""

import argparse
import dataclasses
import json
from pathlib import Path

from rich.console import Console

from bf.adapters.sqlite.storage import TENANT_NAME
from bf.cli.calling import add_server
from bf.cli.plotting import plot_lines, require_plotting
from bf.cli.stresses.play import Row
from bf.cli.stresses.run import SCENARIOS, Plan, Server, play_elsewhere, play_here
from bf.cli.stresses.table import Steps, summary
from bf.cli.usage import UsageError, address
from bf.sim.net import PROFILES

EXAMPLES = """\
  bf stress report1                             20 steps of the prototype's workload; durable and encrypted
  bf stress report1 --batch 100                 many requests in a message
  bf stress report1 --durability memory         what the disk costs
  bf stress blackfriday --steps 10 --json       for machines
  bf stress blackfriday --plot growth.svg       time and latency of each step, drawn
  bf stress report1 --target 127.0.0.1:50051 --plain --tenant acme --tenant zeta --workers 2
                                                against a server: two retailers, each in a process of its own

Without --target, server and client are in this process, with the whole of gRPC and a network in memory between them.
The same seed sends the same requests. Orders for more than there is are refused, and counted."""

IN_FLIGHT = 64


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what to play, how, and against whom."""
    parser.add_argument("scenario", choices=SCENARIOS, help="which retailer")
    parser.add_argument("--steps", type=int, help="how many steps (default: 20 of report1, 100 of blackfriday)")
    parser.add_argument("--seed", type=int, default=1, help="draw other requests (default: 1)")
    parser.add_argument(
        "--in-flight", type=int, metavar="N", help=f"clients at a time (default: {IN_FLIGHT}, or two batches)"
    )
    parser.add_argument(
        "--batch", type=int, default=0, metavar="N", help="so many requests in a message (default: none)"
    )
    parser.add_argument("--durability", choices=("fsync", "memory"), default="fsync", help="of the server here")
    parser.add_argument("--encryption", choices=("on", "off"), default="on", help="of the server here")
    parser.add_argument("--network", choices=PROFILES, default="local", help="in memory: its delays (default: none)")
    parser.add_argument("--target", metavar="HOST:PORT", help="play against this server instead")
    parser.add_argument(
        "--tenant", action="append", metavar="NAME", help="whose retailer, at the target; may be repeated"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that play, against a target")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw time and latency by step: .svg or .png")
    parser.add_argument("--json", action="store_true", help="for machines")
    add_server(parser, addr=False)


def run(args: argparse.Namespace) -> int:
    """Play, and show what came of it."""
    plan = _plan(args)
    if args.plot:
        require_plotting("--plot", args.plot)
    rows: list[tuple[int, Row]] = []
    table = Steps(_title(args, plan), args.workers, Console(stderr=True, quiet=args.json))

    def show(worker: int, row: Row) -> None:
        rows.append((worker, row))
        table.show(worker, row)

    with table:
        if args.target:
            play_elsewhere(plan, args, show)
        else:
            play_here(plan, Server(args.durability, args.encryption == "on", args.network), show)
    if args.json:
        steps = [{"worker": worker, **dataclasses.asdict(row)} for worker, row in rows]
        print(json.dumps({"plan": dataclasses.asdict(plan), "steps": steps}))
    else:
        print(summary([row for _, row in rows]))
    if args.plot:
        _plot(args.plot, plan, rows)
    return 0


def _plan(args: argparse.Namespace) -> Plan:
    _, usual = SCENARIOS[args.scenario]
    steps = usual if args.steps is None else args.steps
    in_flight = max(IN_FLIGHT, 2 * args.batch) if args.in_flight is None else args.in_flight
    for name, value, least in (
        ("--steps", steps, 1),
        ("--in-flight", in_flight, 1),
        ("--batch", args.batch, 0),
        ("--workers", args.workers, 1),
    ):
        if value < least:
            raise UsageError(f"{name}: {value} is less than {least}")
    if not args.target:
        if args.tenant or args.workers > 1:
            raise UsageError("--target: name the server whose tenants are to be played; the one here has its own")
        return Plan(args.scenario, steps, args.seed, in_flight, args.batch)
    args.addr = ":".join(map(str, address("--target", args.target)))
    if not args.tenant:
        raise UsageError("--tenant: name an empty tenant of the target; bf tenant create makes one")
    for tenant in args.tenant:
        if not TENANT_NAME.fullmatch(tenant):
            raise UsageError(f"--tenant: {tenant!r} names no tenant; see bf tenant list")
    return Plan(args.scenario, steps, args.seed, in_flight, args.batch)


def _title(args: argparse.Namespace, plan: Plan) -> str:
    where = f"against {args.target}" if args.target else f"here, {args.durability}, encryption {args.encryption}"
    batch = f", batches of {plan.batch}" if plan.batch else ""
    return f"{plan.scenario}, {where}, {plan.in_flight} in flight{batch}, seed {plan.seed}"


def _plot(path: Path, plan: Plan, rows: list[tuple[int, Row]]) -> None:
    """Draw a step's milliseconds per request, and the latencies of its requests."""
    lines: dict[str, list[tuple[float, float]]] = {"ms per request": []}
    for worker, row in rows:
        if worker != 1:
            continue
        lines["ms per request"].append((row.step, row.trading_ms))
        for name, latency in row.latency.items():
            lines.setdefault(f"{name} p50", []).append((row.step, latency.p50_ms))
            lines.setdefault(f"{name} p99", []).append((row.step, latency.p99_ms))
    plot_lines(path, plan.scenario, "step", "milliseconds", lines)
    print(f"drawn into {path}")
