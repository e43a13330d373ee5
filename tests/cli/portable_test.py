"""`bf tenant export` and `bf tenant import`: the same tenant elsewhere, and no damage without the name of its line."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.pasts import Shop
from tests.support.tenants import ACME, commits, node_on, put

from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node.api.commit_pb2 import Commit
from bf.node.node import Node
from bf.node.portable import NotPortableError, PortableReader, _sum  # pyright: ignore[reportPrivateUsage]  # to lie well


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    shop = Shop(tmp_path, capsys)
    shop.put(1, 2, 3)

    async def refused(node: Node) -> None:
        answer = await node.call(ACME, put(-99), "too-much", "token 7f3a")
        assert answer.code == Code.FAILED_PRECONDITION

    shop.live(refused)
    return shop


def exported(shop: Shop, *words: str, name: str = "acme.events") -> Path:
    path = shop.data.parent / name
    said = shop.tenant("export", ACME, "--to", path, *words)
    assert said.code == 0, said
    return path


# There and back


def exportable(shop: Shop) -> list[Commit]:
    """Return what the log holds but for the requests: an export says what happened, not in which words it was asked."""
    there = commits(shop.data)
    assert any(commit.HasField("asked") for commit in there)
    for commit in there:
        commit.ClearField("asked")
    return there


@pytest.mark.parametrize("words", [[], ["--plain"]], ids=["sealed", "plain"])
@pytest.mark.parametrize("compacted", [False, True], ids=["whole", "compacted"])
def test_an_import_has_the_same_state_and_the_same_first_answers(
    shop: Shop, words: list[str], *, compacted: bool
) -> None:
    before = shop.digest()
    if compacted:
        shop.compact()
        shop.put(4, name="later")
    told = shop.tenant("import", "copy", "--from", exported(shop, *words), "--json").json
    assert commits(shop.data, "copy") == exportable(shop)
    assert compacted or told["digest"] == before

    async def repeat() -> None:
        async with node_on(shop.data) as node:
            for request, name in ((put(2), "put-1"), (put(-99), "too-much"), (put(5), "put-1")):
                first = await node.call(ACME, request, name)
                assert await node.call("copy", request, name) == first

    asyncio.run(repeat())


def test_an_export_is_sealed_unless_the_clear_is_asked_for(shop: Shop) -> None:
    path = exported(shop)
    assert b"cola" not in path.read_bytes()
    key = path.with_name("acme.events.key")
    assert re.fullmatch("[0-9a-f]{64}\n", key.read_text("ascii"))
    assert (path.stat().st_mode | key.stat().st_mode) & 0o777 == 0o600
    plain = exported(shop, "--plain", name="plain.jsonl")
    lines = [json.loads(line) for line in plain.read_text("utf-8").splitlines()]
    assert lines[2]["events"][0]["body"]["sku"] == "cola"
    assert lines[-2]["actor"] == "token 7f3a"
    assert lines[-2]["refusal"]["reason"] == commits(shop.data)[-1].refusal.reason


def test_every_export_has_a_key_of_its_own(shop: Shop) -> None:
    one, other = exported(shop), exported(shop, name="other.events")
    said = shop.tenant("import", "copy", "--from", one, "--key-file", f"{other}.key")
    assert said.err.startswith(f"bf: --from: {one}: line 1: it does not open with key 1")
    assert said.err.endswith("or this is the key of another file\n")


def test_an_export_overwrites_nothing(shop: Shop) -> None:
    path = exported(shop)
    said = shop.tenant("export", ACME, "--to", path)
    assert said.err == f"bf: --to: {path} exists; name another file\n"
    said = shop.tenant("export", ACME, "--to", f"{path}2", "--key-file", path)
    assert said.err == f"bf: --key-file: {path} exists; name another file\n"
    said = shop.tenant("export", ACME, "--to", path / "below")
    assert said.err.startswith("bf: --to: cannot write ")


def test_an_import_takes_no_name_that_is_taken_and_no_key_that_is_none(shop: Shop) -> None:
    path = exported(shop)
    assert shop.tenant("import", ACME, "--from", path).err == "bf: name: tenant acme exists already\n"
    assert shop.tenant("import", "No", "--from", path).err.startswith("bf: name: 'No' cannot name a tenant")
    said = shop.tenant("import", "copy", "--from", path, "--key-file", path)
    assert said.err == f"bf: --key-file: {path} is no key of an export\n"
    said = shop.tenant("import", "copy", "--from", path.with_name("nothing"))
    assert said.err.startswith(f"bf: --from: {path.with_name('nothing')}: ")


# Damage


def nothing_stays(shop: Shop) -> None:
    assert [path.name for path in (shop.data / "tenants").iterdir()] == [ACME]
    assert [path.name for path in (shop.data / "keys" / "tenants").iterdir()] == ["acme.json"]


def flip(lines: list[str]) -> int:
    lines[3] = lines[3].replace('"on_hand":"1"', '"on_hand":"7"')
    return 4


def drop(lines: list[str]) -> int:
    del lines[4]
    return 5


def swap(lines: list[str]) -> int:
    lines[3], lines[4] = lines[4], lines[3]
    return 4


def double(lines: list[str]) -> int:
    lines.insert(4, lines[4])
    return 6


def cut_off(lines: list[str]) -> int:
    del lines[-1]
    return len(lines) + 1


def cut_inside(lines: list[str]) -> int:
    lines[-1] = lines[-1][:20]
    return len(lines)


def add(lines: list[str]) -> int:
    lines.append(lines[-1])
    return len(lines)


def write_noise(lines: list[str]) -> int:
    lines[2] = "noise"
    return 3


@pytest.mark.parametrize(
    "damage", [flip, drop, swap, double, cut_off, cut_inside, add, write_noise], ids=lambda each: each.__name__
)
@pytest.mark.parametrize("words", [[], ["--plain"]], ids=["sealed", "plain"])
def test_damage_is_told_with_its_line_and_nothing_stays(
    shop: Shop, damage: Callable[[list[str]], int], words: list[str]
) -> None:
    path = exported(shop, *words)
    lines = path.read_text("utf-8").splitlines()
    first = [] if words else lines[:1]
    rest = lines[len(first) :]
    if damage is flip and not words:
        rest[3] = rest[3][:50] + ("A" if rest[3][50] != "A" else "B") + rest[3][51:]
        number = 4
    else:
        number = damage(rest)
    path.write_text("\n".join([*first, *rest]) + "\n", "utf-8")
    said = shop.tenant("import", "copy", "--from", path)
    assert said.code == 2
    assert said.err.startswith(f"bf: --from: {path}: line {number}: "), said.err
    nothing_stays(shop)


Lie = Callable[[list[dict[str, object]]], None]


def resummed(path: Path, lie: Lie) -> None:
    """Let somebody who can compute sums change the lines."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    lie(lines)
    before, text = "", list[str]()
    for line in lines:
        line.pop("sum", None)
        said = json.dumps(line)
        before = _sum(before, said)
        text.append(f'{said[:-1]},"sum":"{before}"}}\n')
    path.write_text("".join(text), "utf-8")


LIES: list[tuple[int, dict[str, object], str]] = [
    (1, {"format": "bf events 2"}, "this is no 'bf events 1'"),
    (1, {"domain": "tracker"}, "events of 'tracker', and not of 'inventory'"),
    (1, {"domain_version": 99}, "events of version 99"),
    (1, {"event": True}, "event: True is no number from 0"),
    (3, {"batch": 7}, "batch 7 does not follow"),
    (3, {"event": 7}, "event 7 does not follow"),
    (3, {"time": "yesterday"}, "'yesterday' is no time"),
    (3, {"time": 7}, "TypeError"),
    (3, {"request_digest": "f" * 16}, "request_digest has more than 63 bits"),
    (3, {"request_id": 7}, "TypeError"),
    (3, {"events": [{"type": "ProductAdded", "body": {"uid": 7}}]}, "Failed to parse uid field"),
    (3, {"events": [{"type": "Nothing", "body": {}}]}, "a message of a type that is not known has to be raw"),
    (
        3,
        {"events": [{"type": "Nothing", "raw": ""}]},
        "the log has the event Nothing, which no feature of this tenant applies",
    ),
    (3, {"events": [{"type": "ProductAdded", "raw": "!"}]}, "Error"),
    (3, {"events": [{"type": "ProductAdded", "raw": "Cg=="}]}, "cannot be replayed"),
    (4, {"baseline": {"last": True}}, "a baseline stands before everything else"),
    (5, {"events": 7}, "TypeError"),
    (8, {"lines": 7}, "7 lines were written, and 8 are there"),
]
"""What is changed in which line, and what is said of it."""


@pytest.mark.parametrize(("number", "changes", "why"), LIES, ids=str)
def test_a_lie_with_right_sums_is_told_with_its_line(
    shop: Shop, number: int, changes: dict[str, object], why: str
) -> None:
    path = exported(shop, "--plain")
    resummed(path, lambda lines: lines[number - 1].update(changes))
    said = shop.tenant("import", "copy", "--from", path)
    assert said.err.startswith(f"bf: --from: {path}: line {number}: "), said.err
    assert why in said.err
    nothing_stays(shop)


def test_a_head_that_is_not_reached_is_told(shop: Shop) -> None:
    path = exported(shop, "--plain")
    resummed(path, lambda lines: lines[0].update(event=400))
    assert "line 8: the events end at " in shop.tenant("import", "copy", "--from", path).err


def test_an_event_that_json_cannot_say_exactly_is_kept_as_bytes(shop: Shop) -> None:
    path = exported(shop, "--plain")

    def with_unknown_field(lines: list[dict[str, object]]) -> None:
        lines[2]["events"] = [
            {"type": "ProductAdded", "raw": "CiQwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDISBGNvbGGYBgE="}
        ]

    resummed(path, with_unknown_field)
    assert shop.tenant("import", "copy", "--from", path).code == 0
    again = shop.data.parent / "again.jsonl"
    assert shop.tenant("export", "copy", "--to", again, "--plain").code == 0
    assert b'"raw":"CiQw' in again.read_bytes()


LINES = [
    '{"format":"bf events 1","tenant":"acme","domain":"inventory","domain_version":1,"event":1,"batch":1}',
    '{"batch":1,"event":1,"time":"2026-11-27T08:00:00Z","events":[{"type":"ProductAdded","body":{"sku":"a"}}]}',
    '{"end":true,"lines":3}',
]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_fuzzed_lines_are_read_or_refused_with_a_line_and_never_anything_else(data: st.DataObject) -> None:
    values = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.just([]),
        st.just({}),
        st.just([{}]),
    )
    lines = [json.loads(line) for line in LINES]
    for _ in range(data.draw(st.integers(1, 3))):
        line = data.draw(st.sampled_from(lines))
        name = data.draw(st.sampled_from([*line, "baseline", "response", "refusal", "request_id", "actor", "request"]))
        line[name] = data.draw(values)
    before, text = "", list[str]()
    for line in lines:
        said = json.dumps(line, ensure_ascii=False)
        before = _sum(before, said)
        text.append(f'{said[:-1]},"sum":"{before}"}}\n')
    said = ""
    try:
        list(PortableReader(text, INVENTORY).batches())
    except NotPortableError as error:
        said = str(error)
    assert re.fullmatch(r"|line [1-4]: .+", said, re.DOTALL)


def test_what_is_exported_while_a_tenant_is_used_is_a_prefix(shop: Shop) -> None:
    path = exported(shop)
    shop.put(9, name="later")
    shop.tenant("import", "copy", "--from", path)
    assert commits(shop.data, "copy") == exportable(shop)[:-1]
    assert rq.UpdateInventoryResp.FromString(commits(shop.data, "copy")[-2].response).on_hand == 6
