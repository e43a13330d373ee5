"""What a node does by itself."""

import asyncio
from pathlib import Path

import pytest
from tests.support.tenants import ACME, digests, files, furnish, new_tenant, node_on, on_hand, put

from bf.core.refusal import Code
from bf.node import housekeeping
from bf.node.compact import CompactionError
from bf.node.housekeeping import Policy, keep_house
from bf.node.node import Node

EAGER = Policy(log_per_state=0.1, log_bytes_min=1, pause_s=0.01, archive=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_tenant(tmp_path)
    return tmp_path


def generations(root: Path) -> list[int]:
    return [int(path.name.split("-")[1]) for path in files(root, "log")]


async def kept(node: Node, policy: Policy, seconds: float) -> None:
    """Let a node keep house for a while, with traffic."""
    house = asyncio.create_task(keep_house(node, node._env, policy))  # pyright: ignore[reportPrivateUsage]  # as wiring does
    for number in range(int(seconds * 100)):
        assert (await node.call(ACME, put(1), f"delivery-{number}")).code == Code.OK
        await asyncio.sleep(0.01)
    house.cancel()
    await asyncio.wait([house])


def test_a_log_that_has_grown_is_compacted_by_itself(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await kept(node, EAGER, 0.5)
            assert await on_hand(node) == 50

    asyncio.run(story())
    assert max(generations(root)) > 2
    lies, made = digests(root)
    assert lies == made


def test_a_small_log_is_left_alone(root: Path) -> None:
    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await kept(node, Policy(log_per_state=0.1, pause_s=0.01), 0.2)
            await kept(node, Policy(log_per_state=1_000, log_bytes_min=1, pause_s=0.01), 0)

    asyncio.run(story())
    assert [path.name for path in files(root, "log")] == ["log-1-k1.db"]


def test_a_compaction_that_fails_is_told_and_tried_again(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    right = housekeeping.compact
    failures = [CompactionError("the disk"), CompactionError("the disk")]

    async def faulty(*args: object, **options: object) -> object:
        if failures:
            raise failures.pop()
        return await right(*args, **options)  # pyright: ignore[reportArgumentType]  # what it was called with

    monkeypatch.setattr(housekeeping, "compact", faulty)

    async def story() -> None:
        async with node_on(root) as node:
            await furnish(node)
            await kept(node, EAGER, 0.3)

    asyncio.run(story())
    assert caplog.text.count("tenant acme was not compacted; it goes on as it was") == 2
    assert max(generations(root)) >= 2
