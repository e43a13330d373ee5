"""Serve the tenants of a data directory: gRPC and JSON over TLS on one port."""

import argparse
import asyncio
import logging
import resource
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bf.adapters.logs.writing import FORMS, write_logs
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.adapters.tls.authority import HERE
from bf.adapters.workers.limits import WORKERS_COUNT_MAX
from bf.cli.front import Place
from bf.cli.listening import stop_signal
from bf.cli.lookout import METRICS, Lookout, watching_of
from bf.cli.packages import add_features, note_features
from bf.cli.usage import UsageError, address, domain
from bf.cli.wiring import Plan, serving, storage
from bf.cli.workers.serving import supervising
from bf.node.housekeeping import Policy

EXAMPLES = """\
  bf serve                                        tenants of ./data on 127.0.0.1:50051
  bf serve --addr 0.0.0.0:443 --domain shop.example --data /var/lib/bf
                                                  for others: tenant acme answers to acme.shop.example
  bf serve --plain                                plain text and no tokens, for this machine alone
  bf serve --metrics 127.0.0.1:9464 --log json    watched: http://127.0.0.1:9464/metrics, a log for machines
  bf serve --take-over                            relieve the server that runs here, as at an upgrade
  bf serve --features my_company.features         with features that only some tenants have
  bf serve --workers 2                            with two processes, each for its share of the tenants
  bf serve --trace                                with a span for each request, as OTEL_* variables say"""

logger = logging.getLogger("bf.serve")

DATA = Path("data")
ADDRESS = "127.0.0.1:50051"
COMPACT_AT_MIN = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name where the tenants live and where to listen."""
    parser.add_argument("--data", type=Path, default=DATA, help="the data directory (default: ./data)")
    parser.add_argument("--addr", default=ADDRESS, metavar="HOST:PORT", help=f"where to listen (default: {ADDRESS})")
    parser.add_argument("--domain", default=HERE, help=f"the tenant acme answers to acme.<domain> (default: {HERE})")
    parser.add_argument("--plain", action="store_true", help="plain text and no tokens, for this machine alone")
    parser.add_argument(
        "--metrics", nargs="?", const=METRICS, metavar="HOST:PORT", help=f"serve Prometheus (alone: on {METRICS})"
    )
    parser.add_argument("--metrics-open", action="store_true", help="serve it to other machines too, in plain text")
    parser.add_argument("--trace", action="store_true", help="send a span for each request, as OTEL_* variables say")
    parser.add_argument(
        "--compact-at", default="8", metavar="TIMES", help="compact a log so many times as large as its state, or: off"
    )
    parser.add_argument("--discard-archives", action="store_true", help="do not keep logs as they were before that")
    parser.add_argument("--take-over", action="store_true", help="relieve the server that runs here, as at an upgrade")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="spread the tenants over so many processes (default: 1)"
    )
    add_features(parser)
    parser.add_argument("--log", choices=FORMS, default="text", help="the form of the log (default: text)")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; then finish what was begun."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the keys and names of every open tenant
    write_logs(args.log)
    host, port = address("--addr", args.addr)
    place = Place(host, port, domain(args.domain), args.plain)
    with unraisable_logged():
        tenants = storage(args.data)
        note_features(args.data, args.features)
        plan = Plan(place, Lookout(watching_of(args)), _policy(args), args.take_over, _workers(args), args.log)
        asyncio.run(_serve(tenants, plan))
    return 0


@contextmanager
def unraisable_logged() -> Generator[None]:
    """Log what Python else prints by itself, without bound: for one, a server name that is no text."""

    def log(trouble: "sys.UnraisableHookArgs") -> None:
        logger.warning("ignored", exc_info=trouble.exc_value)

    hook, sys.unraisablehook = sys.unraisablehook, log
    try:
        yield
    finally:
        sys.unraisablehook = hook


def _workers(args: argparse.Namespace) -> int:
    if not 1 <= args.workers <= WORKERS_COUNT_MAX:
        raise UsageError(f"--workers: {args.workers} is not a number from 1 to {WORKERS_COUNT_MAX}: WORKERS_COUNT_MAX")
    return args.workers


def _policy(args: argparse.Namespace) -> Policy | None:
    if args.compact_at == "off":
        return None
    try:
        times = float(args.compact_at)
    except ValueError:
        times = 0
    if not times >= COMPACT_AT_MIN:
        raise UsageError(f"--compact-at: {args.compact_at!r} is not a number from {COMPACT_AT_MIN}, and not: off")
    return Policy(log_per_state=times, archive=not args.discard_archives)


async def _serve(tenants: DirectoryStorage, plan: Plan) -> None:
    data, place, lookout = tenants.root, plan.place, plan.lookout
    serve = serving if plan.workers == 1 else supervising
    async with serve(tenants, plan) as port:
        stop = stop_signal()
        count = len(tenants.tenants())
        how = "in plain text" if place.plain else "over TLS"
        if plan.workers > 1:
            how += f", with {plan.workers} workers"
        print(f"serving {count} tenants of {data} on {place.host}:{port}, {how}; Ctrl-C stops", flush=True)
        if lookout.url:
            print(f"metrics on {lookout.url}", flush=True)
        if not count:
            print(f"there is none yet: bf tenant create acme --data {data}", flush=True)
        await stop.wait()
        print("stopping: finishing what was begun", flush=True)
    print("stopped", flush=True)
