"""Count what is in a tenant's log: batches, commits, events by type, bytes, and from when to when."""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from bf.adapters.sqlite.storage import DirectoryStorage
from bf.cli.logs.commits import placed_of
from bf.cli.operating import add_operating
from bf.cli.tenants.past import existing, logs_of
from bf.core.ports import Batch, Log
from bf.node.history import beginning, told
from bf.node.times import text_of

EXAMPLES = """\
  bf log stats acme
  bf log stats acme --json

It reads all of it, archives too, and needs no server."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant."""
    parser.add_argument("tenant", help="its name")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Print what was counted."""
    with existing(args) as tenants:
        counted = asyncio.run(_count(tenants, args.tenant))
    if args.json:
        print(json.dumps(counted))
        return 0
    for name, value in counted.items():
        if not isinstance(value, Counter):
            print(f"{name:<26} {value:>12,}" if isinstance(value, int) else f"{name:<26} {value}")
            continue
        print(f"{name}:")
        print("\n".join(f"  {key:<24} {value[key]:>12,}" for key in sorted(cast("Counter[str]", value))) or "  none")
    return 0


@dataclass
class _Counts:
    batches: int = 0
    commits: int = 0
    refused: int = 0
    most: int = 0
    body_bytes: int = 0
    events: Counter[str] = field(default_factory=Counter[str])
    requests: Counter[str] = field(default_factory=Counter[str])
    oldest_us: int = 0
    newest_us: int = 0

    def add(self, batch: Batch) -> None:
        commits = [each.commit for each in placed_of(batch)]
        self.events.update(event.type for commit in commits for event in commit.events)
        self.body_bytes += len(batch.body)
        if batch.baseline:
            return
        self.batches += 1
        self.commits += len(commits)
        self.most = max(self.most, len(commits))
        self.refused += sum(commit.HasField("refusal") for commit in commits)
        self.requests.update(commit.request for commit in commits)
        self.oldest_us = self.oldest_us or commits[0].time_us
        self.newest_us = commits[-1].time_us


async def _count(tenants: DirectoryStorage, tenant: str) -> dict[str, Any]:
    async with logs_of(tenants, tenant) as logs:
        counts = _Counts()
        async for batch in told(logs):
            counts.add(batch)
        return await _said(tenant, logs, counts)


async def _said(tenant: str, logs: Sequence[Log], counts: _Counts) -> dict[str, Any]:
    head = await logs[-1].head()
    oldest, present = await beginning(logs[0]), await beginning(logs[-1])
    return {
        "tenant": tenant,
        "generation": logs[-1].generation,
        "generations kept": len(logs),
        "event": head.event,
        "batch": head.batch,
        "oldest event known": oldest.pos.event,
        "baseline at event": present.pos.event,
        "batches": counts.batches,
        "commits": counts.commits,
        "commits per batch": round(counts.commits / counts.batches, 2) if counts.batches else 0,
        "most commits in a batch": counts.most,
        "refusals kept": counts.refused,
        "bytes of batches": counts.body_bytes,
        "bytes of files": sum([await log.size() for log in logs]),
        "oldest": text_of(counts.oldest_us) if counts.batches else "",
        "newest": text_of(counts.newest_us) if counts.batches else "",
        "events": counts.events,
        "requests": counts.requests,
    }
