"""Tenants with a past: what the commands on backups, exports and logs are tried on."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.support.tenants import ACME, commits, done, furnish, new_tenant, node_on, put

from bf.adapters.sqlite.database import empty_state
from bf.cli.main import main
from bf.core.ports import Batch, Pos
from bf.inventory.domain import INVENTORY
from bf.node.api import commit_pb2
from bf.node.api.commit_pb2 import Commit
from bf.node.compact import compact
from bf.node.contents import digest
from bf.node.node import Node
from bf.node.replay import replay


class Said(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.code == 0, self
        return json.loads(self.out)


class Shop:
    """A data directory with acme in it, and a folder for backups."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = root / "data"
        self.backups = root / "backups"
        self._capsys = capsys
        new_tenant(self.data)
        self.live(furnish)

    def live(self, *stories: Callable[[Node], Coroutine[Any, Any, Any]]) -> None:
        """Let a node run, and things happen on it."""

        async def lived() -> None:
            async with node_on(self.data) as node:
                for story in stories:
                    await story(node)

        asyncio.run(lived())

    def put(self, *units: int, name: str = "put") -> None:
        """Put cola on the shelf, each time with a request id."""

        async def story(node: Node) -> None:
            for number, count in enumerate(units):
                await done(node, put(count), f"{name}-{number}")

        self.live(story)

    def compact(self, *, archive: bool = True) -> None:
        """Shorten acme's log."""

        async def story(node: Node) -> None:
            env = node._env  # pyright: ignore[reportPrivateUsage]  # what operators' commands are given
            await compact(await node.cell(ACME), env, archive=archive)

        self.live(story)

    def bf(self, *words: str | Path) -> Said:
        """Run a command on the data directory."""
        code = main([*map(str, words), "--data", str(self.data)])
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    def tenant(self, *words: str | Path) -> Said:
        return self.bf("tenant", *words)

    def backup(self, *words: str) -> dict[str, Any]:
        return self.tenant("backup", ACME, "--to", self.backups, "--json", *words).json

    def restore(self, *words: str | Path) -> dict[str, Any]:
        return self.tenant("restore", ACME, "--json", *words).json

    def digest(self, upto: int | None = None) -> str:
        """Hash what a replay of acme's commits up to an event makes; all of them are in its log."""
        return digest_of(commits(self.data), upto)


def digest_of(past: list[Commit], upto: int | None = None) -> str:
    """Hash what a replay of commits up to an event makes."""
    state = empty_state(INVENTORY)
    state.begin()
    for commit in past:
        event = state.pos.event + len(commit.events)
        if upto is None or event <= upto:
            body = commit_pb2.Batch(commits=[commit]).SerializeToString()
            replay(state, Batch(Pos(event, state.pos.batch + 1), body))
    state.keep(state.pos)
    state.commit()
    return digest(state)
