"""Metrics: declared once, counted by a running server, and read by Prometheus's own parser."""

import ast
import asyncio
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import grpc
import pytest
from google.protobuf.message import Message
from prometheus_client import Metric as Family
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from tests.support.calls import OneByOne
from tests.support.serving import PATIENCE_S, Bf, Caller
from tests.support.tenants import ACME, ROOT, new_tenant, uid

from bf.adapters.machine.clock import MachineClock
from bf.adapters.metrics.calls import MeteredCalls
from bf.adapters.metrics.meter import PrometheusMeter
from bf.adapters.metrics.table import GAUGES, TABLE
from bf.cli.main import main
from bf.core.ports import Answer
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq

SOURCE = Path(__file__).parents[2] / "src" / "bf"
SECRET = "sku-nobody-may-see"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def gauges() -> Mapping[str, float]:
    return {gauge.name: 1 for gauge in GAUGES}


def meter() -> PrometheusMeter:
    return PrometheusMeter(gauges, "1", strict=True)


def get(url: str, accept: str = "") -> tuple[str, str]:
    """Return a page's content type and text."""
    request = urllib.request.Request(url, headers={"accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as page:
        return page.headers["content-type"], page.read().decode()


def samples(url: str) -> Samples:
    """Read a server's metrics, by their names and labels."""
    families = cast("Iterator[Family]", read_text(get(url)[1]))
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0)


@contextmanager
def watched(data: Path, *words: str) -> Generator[tuple[Bf, str, str]]:
    """Serve with metrics; yield the process, its HOST:PORT, and where the metrics are."""
    serve = ["serve", "--plain", "--data", data, "--addr", "127.0.0.1:0", "--metrics", "127.0.0.1:0", *words]
    with Bf(serve) as server:
        address = server.expect("serving ").split(" on ", 1)[1].split(",", 1)[0]
        yield server, address, server.expect("metrics on ").removeprefix("metrics on ")


# Declared once


def used() -> set[tuple[str, str, frozenset[str]]]:
    """Find every call of a meter in the code: its method, the metric's name, and its labels."""
    found = set[tuple[str, str, frozenset[str]]]()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in {"count", "observe"} or not ast.unparse(node.func.value).endswith("meter"):
                continue
            name = node.args[0]
            assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: a metric's name is written, not made"
            found.add((node.func.attr, str(name.value), frozenset(each.arg or "" for each in node.keywords)))
    return found


def test_what_the_code_counts_is_what_the_table_declares() -> None:
    declared = {("observe" if metric.buckets else "count", metric.name, frozenset(metric.labels)) for metric in TABLE}
    assert used() == declared


def test_a_metric_says_what_it_tells_and_ends_with_its_unit() -> None:
    for metric in TABLE:
        assert metric.tells[0].isupper(), metric
        assert metric.unit in metric.name or not metric.buckets, metric
        assert list(metric.buckets) == sorted(set(metric.buckets)), metric
    assert len({each.name for each in (*TABLE, *GAUGES)}) == len(TABLE) + len(GAUGES)


def test_no_label_can_hold_what_tenants_write() -> None:
    assert {label for metric in TABLE for label in metric.labels} == {"request", "code", "reason", "why"}


def test_every_metric_is_explained_in_the_runbook() -> None:
    page = (SOURCE.parents[1] / "docs/runbooks/observe.md").read_text("utf-8")
    exported = [f"bf_{metric.name}{'' if metric.buckets else '_total'}" for metric in TABLE]
    exported += [f"bf_{gauge.name}" for gauge in GAUGES]
    assert [name for name in exported if not re.search(rf"^\| `{name}[`{{]", page, re.MULTILINE)] == []


# The meter


def test_an_unknown_metric_or_label_is_an_error_in_tests() -> None:
    with pytest.raises(KeyError):
        meter().count("reqests")
    with pytest.raises(ValueError, match="label"):
        meter().count("requests", request="X")
    with pytest.raises(ValueError, match="label"):
        meter().observe("batch_bytes", 1, tenant=ACME)


def test_an_unknown_metric_stops_no_work_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    lenient = PrometheusMeter(gauges)
    for _ in range(3):
        lenient.count("reqests")
        lenient.observe("batch_bytes", 1, tenant=ACME)
    assert len(caplog.records) == 2


def test_two_meters_share_nothing() -> None:
    first, second = meter(), meter()
    first.count("cells_opened", 3)
    assert first.registry.get_sample_value("bf_cells_opened_total") == 3
    assert second.registry.get_sample_value("bf_cells_opened_total") == 0


def test_a_value_falls_into_its_bucket() -> None:
    made = meter()
    made.observe("batch_commits", 3)
    assert made.registry.get_sample_value("bf_batch_commits_bucket", {"le": "2.0"}) == 0
    assert made.registry.get_sample_value("bf_batch_commits_bucket", {"le": "4.0"}) == 1
    assert made.registry.get_sample_value("bf_batch_commits_sum") == 3


class Answers(OneByOne):
    """Whoever carries out requests, as one wishes."""

    def __init__(self, *answers: Answer | BaseException) -> None:
        self._answers = list(answers)

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        del tenant, request, request_id, actor
        answer = self._answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def test_requests_are_counted_by_name_and_code_whatever_becomes_of_them() -> None:
    made = meter()
    refused = Answer(code=Code.FAILED_PRECONDITION, reason="NotEnough", message=SECRET)
    inner = Answers(Answer(code=Code.OK), refused, asyncio.CancelledError(), ValueError(SECRET))
    calls = MeteredCalls(inner, made, MachineClock())

    async def ask() -> None:
        for _ in range(4):
            with suppress(asyncio.CancelledError, ValueError):
                await calls.call(ACME, rq.ReserveReq(), "")

    asyncio.run(ask())
    for code in ("OK", "FailedPrecondition", "Cancelled", "Internal"):
        assert made.registry.get_sample_value("bf_requests_total", {"request": "ReserveReq", "code": code}) == 1
    assert made.registry.get_sample_value("bf_refusals_total", {"reason": "NotEnough"}) == 1
    assert made.registry.get_sample_value("bf_request_seconds_count", {"request": "ReserveReq"}) == 4


# A running server


def test_a_servers_metrics_count_what_it_does_and_name_nobody(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with watched(tmp_path) as (server, address, url):
        assert value(samples(url), "bf_open_cells") == 0
        with Caller(address, ACME) as caller:
            caller.call(rq.AddProductsReq(skus=[SECRET]))
            caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name=SECRET)], parent=ROOT))
            with pytest.raises(grpc.RpcError):
                caller.call(rq.UpdateInventoryReq(location=uid(2), product=uid(1), on_hand_change=-1))
            caller.call(rq.ListProductsReq(limit=1))
        with Caller(address, "nobody") as stranger, pytest.raises(grpc.RpcError):
            stranger.call(rq.ListProductsReq(limit=1))
        found = samples(url)
        assert value(found, "bf_requests_total", request="AddProductsReq", code="OK") == 1
        assert value(found, "bf_requests_total", request="UpdateInventoryReq", code="FailedPrecondition") == 1
        assert value(found, "bf_requests_total", request="ListProductsReq", code="OK") == 1
        assert value(found, "bf_requests_total", request="ListProductsReq", code="NotFound") == 1
        assert value(found, "bf_refusals_total", reason="TenantNotFound") == 1
        assert sum(number for (name, _), number in found.items() if name == "bf_refusals_total") == 2
        assert value(found, "bf_batch_commits_sum") == 2
        assert value(found, "bf_batch_bytes_sum") > 2 * len(SECRET)
        assert value(found, "bf_append_seconds_count") == 2
        assert value(found, "bf_append_seconds_bucket", le="+Inf") == 2
        assert value(found, "bf_queue_seconds_count") == 4
        assert value(found, "bf_replay_seconds_count") == 1
        assert value(found, "bf_state_rebuilds_total") == 1
        assert value(found, "bf_cells_opened_total") == 1
        assert value(found, "bf_open_cells") == 1
        assert value(found, "bf_queue_requests") == 0
        assert value(found, "process_resident_memory_bytes") > 0
        text = get(url)[1]
        assert ACME not in text
        assert SECRET not in text
        assert SECRET not in server.said


def test_a_replay_is_counted(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with watched(tmp_path) as (_, address, _url), Caller(address, ACME) as caller:
        caller.call(rq.AddProductsReq(skus=[f"sku {number}" for number in range(100)]))
    for state in (tmp_path / "tenants" / ACME).glob("state-*"):
        state.unlink()
    with watched(tmp_path) as (_, address, url), Caller(address, ACME) as caller:
        caller.call(rq.ListProductsReq(limit=1))
        assert value(samples(url), "bf_replay_events_total") == 100


def test_prometheus_may_ask_for_openmetrics(tmp_path: Path) -> None:
    with watched(tmp_path) as (_, _address, url):
        kind, text = get(url, "application/openmetrics-text; version=1.0.0")
        assert kind.startswith("application/openmetrics-text")
        read = cast("Callable[[str], Iterator[Family]]", openmetrics.text_string_to_metric_families)  # pyright: ignore[reportUnknownMemberType]  # theirs
        names = {family.name for family in read(text)}
        assert {"bf_requests", "bf_append_seconds", "bf_open_cells", "bf_build"} <= names
        assert get(url)[0].startswith("text/plain; version=")


def test_the_page_says_that_the_server_lives_and_nothing_else(tmp_path: Path) -> None:
    with watched(tmp_path) as (_, _address, url):
        assert get(url.replace("/metrics", "/healthz"))[1] == "serving\n"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(url.replace("/metrics", "/v1/ListProducts"))


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1"])
def test_metrics_leave_this_machine_only_if_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    words = ["serve", "--plain", "--data", str(tmp_path), "--addr", "127.0.0.1:0", "--metrics", f"{host}:0"]
    assert main(words) == 2
    assert "say --metrics-open" in capsys.readouterr().err


def test_metrics_may_be_open_to_others(tmp_path: Path) -> None:
    words = ["serve", "--plain", "--data", tmp_path, "--addr", "127.0.0.1:0", "--metrics", "0.0.0.0:0"]
    with Bf([*words, "--metrics-open"]) as server:
        port = server.expect("metrics on ").rpartition(":")[2]
        assert "bf_open_cells" in get(f"http://127.0.0.1:{port}")[1]


def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    with watched(tmp_path / "one") as (_, _address, url):
        address = url.split("/")[2]
        words = ["serve", "--plain", "--data", tmp_path / "two", "--addr", "127.0.0.1:0", "--metrics", address]
        with Bf(words) as second:
            assert second.end() == 2
            assert second.said == f"bf: --metrics: cannot listen on {address}: Address already in use\n"


def test_the_alerts_of_the_runbook_ask_for_metrics_that_there_are() -> None:
    page = (SOURCE.parents[1] / "docs/runbooks/observe.md").read_text("utf-8")
    asked = set(re.findall(r"\b(bf_\w+)", "\n".join(re.findall(r"expr: (.*)", page))))
    exported = {f"bf_{metric.name}_{'bucket' if metric.buckets else 'total'}" for metric in TABLE}
    assert asked <= exported | {f"bf_{gauge.name}" for gauge in GAUGES}
    assert len(asked) > 5
