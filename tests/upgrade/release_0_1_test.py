"""A data directory that release 0.1 wrote, in the clear, served by the present code."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from tests.support.tenants import ACME, ROOT, commits, digests, files, node_of, uid

from bf.adapters.sqlite import release_0_1
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node.node import Node

RECORDED = Path(__file__).with_name("release_0_1")
QUESTIONS = {
    "locations": rq.ListLocationsReq(location=ROOT),
    "products": rq.ListProductsReq(),
    "everything": rq.GetLocInventoryReq(location=ROOT),
    "row B": rq.GetLocInventoryReq(location=uid(5)),
    "bin 1": rq.GetLocInventoryReq(location=uid(3)),
}
PLAIN = [b"COLA-330", b"Warehouse", b"order-1", b"InventoryUpdated"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(RECORDED / "data", tmp_path / "data")
    return tmp_path / "data"


async def ask_all(node: Node) -> dict[str, object]:
    answers: dict[str, object] = {}
    for name, question in QUESTIONS.items():
        answer = await node.call(ACME, question, "")
        assert answer.code == Code.OK, answer
        response = INVENTORY.responses[question.DESCRIPTOR.name].FromString(answer.response)
        answers[name] = MessageToDict(response, preserving_proto_field_name=True)
    return answers


async def upgraded(root: Path) -> DirectoryStorage:
    storage = DirectoryStorage(root)
    await release_0_1.upgrade(storage)
    return storage


def test_its_tenants_answer_as_they_did(root: Path) -> None:
    async def story() -> None:
        storage = await upgraded(root)
        async with node_of(storage) as node:
            assert await ask_all(node) == json.loads((RECORDED / "answers.json").read_text())
        storage.close()

    asyncio.run(story())
    lies, made = digests(root)
    assert lies == made


def test_invariant_5_its_first_answers_are_kept(root: Path) -> None:
    put = rq.UpdateInventoryReq(location=uid(3), product=uid(6), on_hand_change=10)
    refused = rq.ReserveReq(reservation="order-4", location=ROOT, items=[{"sku": "COLA-330", "quantity": 400}])

    async def story() -> None:
        storage = await upgraded(root)
        async with node_of(storage) as node:
            answer = await node.call(ACME, put, "put-0")
            assert rq.UpdateInventoryResp.FromString(answer.response).on_hand == 10
            assert (await node.call(ACME, refused, "order-4")).reason == "NotAvailable"
            assert await ask_all(node) == json.loads((RECORDED / "answers.json").read_text())
        storage.close()

    asyncio.run(story())


def test_invariant_7_nothing_stays_in_the_clear(root: Path) -> None:
    log = root / "tenants" / ACME / "log.db"
    assert all(plain in log.read_bytes() for plain in PLAIN)

    async def story() -> None:
        storage = await upgraded(root)
        async with node_of(storage) as node:
            await ask_all(node)
        storage.close()

    asyncio.run(story())
    assert not log.exists()
    for path in root.rglob("*"):
        assert path.is_dir() or not any(plain in path.read_bytes() for plain in PLAIN), path


@pytest.mark.parametrize("step", ["_seal", "remove_durably", "sync_folder"])
def test_an_upgrade_that_was_cut_short_is_made_whole_by_the_next(
    root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    async def story() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(release_0_1, step, cut)
            storage = DirectoryStorage(root)
            with pytest.raises(KeyboardInterrupt):
                await release_0_1.upgrade(storage)
            storage.close()
        storage = await upgraded(root)
        async with node_of(storage) as node:
            assert await ask_all(node) == json.loads((RECORDED / "answers.json").read_text())
        storage.close()

    asyncio.run(story())
    assert len(commits(root)) == 19
    assert len(files(root, "log")) == 1


def test_an_upgraded_directory_is_upgraded_once(root: Path) -> None:
    async def story() -> None:
        for _ in range(2):
            (await upgraded(root)).close()

    asyncio.run(story())
    assert len(commits(root)) == 19
