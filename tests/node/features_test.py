"""Optional features on a node: a request that is refused for one is not remembered, and compaction keeps the switch."""

import asyncio
from pathlib import Path

import pytest
from tests.support.pasts import Shop
from tests.support.tenants import ROOT, commits, done, node_on

from bf.core.ports import Answer
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.node.node import Node

WAVES = "fulfilment-waves"
PLAN = rq.PlanWaveReq(wave="wave", location=ROOT)


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    shop = Shop(tmp_path, capsys)
    shop.put(5)
    shop.live(reserve)
    return shop


async def reserve(node: Node) -> None:
    item = rq.ReserveReq.Item(sku="cola", quantity=2)
    await done(node, rq.ReserveReq(reservation="sale", items=[item], location=ROOT))


def ask(shop: Shop, request: rq.PlanWaveReq | rq.EnableFeatureReq, request_id: str) -> Answer:
    async def asked() -> Answer:
        async with node_on(shop.data) as node:
            return await node.call("acme", request, request_id)

    return asyncio.run(asked())


def test_a_request_of_a_disabled_feature_leaves_no_trace_and_is_carried_out_once_it_is_enabled(shop: Shop) -> None:
    before = commits(shop.data)
    refused = ask(shop, PLAN, "plan-1")
    assert (refused.code, refused.reason) == (Code.UNIMPLEMENTED, "FeatureNotEnabled")
    assert commits(shop.data) == before
    assert ask(shop, rq.EnableFeatureReq(feature=WAVES), "enable-1").code == Code.OK
    first = ask(shop, PLAN, "plan-1")
    assert first.code == Code.OK
    assert ask(shop, PLAN, "plan-1") == first, "and no more than once"


def test_a_compacted_log_says_which_features_are_enabled(shop: Shop) -> None:
    ask(shop, rq.EnableFeatureReq(feature=WAVES), "enable-1")
    shop.compact()
    assert shop.tenant("rebuild", "acme").code == 0
    assert ask(shop, PLAN, "").code == Code.OK
