"""How a commit looks: a line with position, time, request, actor and request id, and its events below it."""

import argparse
import json
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from google.protobuf.message import DecodeError

from bf.adapters.kata.messages import line_of
from bf.cli.packages import domains_of
from bf.cli.usage import UsageError
from bf.core.domain import Domain
from bf.core.ports import Batch, Pos
from bf.node.api.commit_pb2 import Commit
from bf.node.history import opened
from bf.node.portable import said
from bf.node.times import text_of


class Placed(NamedTuple):
    """A commit, or a part of a baseline, and the position after it."""

    pos: Pos
    commit: Commit
    baseline: bool = False


class Choice(NamedTuple):
    """Which commits of a tenant with this domain to show; an empty word leaves all."""

    domain: Domain
    request: str = ""
    request_id: str = ""
    event: str = ""

    def takes(self, commit: Commit) -> bool:
        """Say whether a commit is to be shown."""
        if self.request and commit.request != self.request:
            return False
        if self.request_id and commit.request_id != self.request_id:
            return False
        return not self.event or any(event.type == self.event for event in commit.events)


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Let an action choose among commits."""
    parser.add_argument("--request", metavar="NAME", default="", help="only those of this request, such as ReserveReq")
    parser.add_argument("--request-id", metavar="ID", default="", help="only the one with this request id")
    parser.add_argument("--type", metavar="EVENT", default="", help="only those with an event such as Reserved")


def choice_of(args: argparse.Namespace) -> Choice:
    """Read what `add_choice` added; UsageError for a name that is nobody's."""
    domain = domains_of(args.data).of(args.tenant)
    if args.request and args.request not in domain.requests:
        raise UsageError(f"--request: there is no {args.request!r}; there are: {', '.join(sorted(domain.requests))}")
    if args.type and args.type not in domain.events:
        raise UsageError(f"--type: there is no {args.type!r}; there are: {', '.join(sorted(domain.events))}")
    return Choice(domain, args.request, args.request_id, args.type)


async def placed(batches: AsyncIterator[Batch]) -> AsyncIterator[Placed]:
    """Yield every commit with its position."""
    async for batch in batches:
        for each in placed_of(batch):
            yield each


def placed_of(batch: Batch) -> Iterator[Placed]:
    """Yield a batch's commits with their positions; a baseline's all have its own."""
    commits = opened(batch).commits
    event = batch.pos.event - sum(len(commit.events) for commit in commits)
    for commit in commits:
        event += len(commit.events)
        yield Placed(batch.pos if batch.baseline else Pos(event, batch.pos.batch), commit, batch.baseline)


def text(each: Placed, domain: Domain) -> str:
    """Write a commit for people."""
    commit = each.commit
    words = [f"{each.pos.event:>8}", text_of(commit.time_us), "baseline" if each.baseline else commit.request]
    words += [f"by {_readable(commit.actor)}"] if commit.actor else []
    words += [f"id {_readable(commit.request_id)}"] if commit.request_id else []
    below = [f"refused {commit.refusal.reason}: {_readable(commit.refusal.message)}"] if commit.refusal.code else []
    return "\n".join(["  ".join(words), *(f"{'':10}{line}" for line in [*below, *_events(commit, domain)])])


def as_json(each: Placed, domain: Domain) -> str:
    """Write a commit for machines, as an export does."""
    place = each.pos._asdict() | ({"baseline": True} if each.baseline else {})
    return json.dumps(place | said(each.commit, domain), ensure_ascii=False)


def _events(commit: Commit, domain: Domain) -> Iterator[str]:
    for event in commit.events:
        kind = domain.events.get(event.type)
        try:
            yield line_of(kind.FromString(event.body)) if kind else f"{event.type}, which this version does not know"
        except DecodeError:
            yield f"{event.type}, which cannot be read"


def _readable(words: str) -> str:
    return words if words.isprintable() else json.dumps(words)
