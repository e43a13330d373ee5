"""Traces: a real server sends its spans to a collector, which reads them with OpenTelemetry's own messages."""

import builtins
import json
import signal
import sys
import threading
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.serving import PATIENCE_S, Bf, unary
from tests.support.tenants import ACME, ROOT, new_tenant, uid

from bf.adapters.tracing.parent import TRACEPARENT_CHARS_MAX
from bf.cli.main import main
from bf.inventory.api import requests_pb2 as rq

SECRET = "sku-nobody-may-see"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Collector:
    """Takes in spans over OTLP/HTTP."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's word
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(PATIENCE_S)
        self._server.server_close()

    def spans(self) -> list[Span]:
        return [
            span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def resource(self) -> dict[str, str]:
        resource = ExportTraceServiceRequest.FromString(self.bodies[0]).resource_spans[0].resource
        return {pair.key: pair.value.string_value for pair in resource.attributes}


@contextmanager
def traced(data: Path, collector: Collector, **env: str) -> Generator[str]:
    """Serve with traces; yield HOST:PORT, and stop the server in the end, so that all spans have come."""
    new_tenant(data)
    words = ["serve", "--plain", "--data", data, "--addr", "127.0.0.1:0", "--trace"]
    with Bf(words, env={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **env}) as server:
        yield server.expect("serving ").split(" on ", 1)[1].split(",", 1)[0]
        server.signal(signal.SIGTERM)
        assert server.end() == 0
        assert "Traceback" not in server.said


def ask(address: str, name: str, request: Any, *metadata: tuple[str, str]) -> None:  # noqa: ANN401  # a message, of which many kinds
    with grpc.insecure_channel(address) as channel:
        call = unary(channel, name)
        call(request.SerializeToString(), metadata=[("tenant", ACME), *metadata], timeout=PATIENCE_S)


def facts(span: Span) -> dict[str, str | int]:
    return {pair.key: pair.value.string_value or pair.value.int_value for pair in span.attributes}


def inside(spans: Sequence[Span], span: Span) -> dict[str, Span]:
    return {each.name: each for each in spans if each.parent_span_id == span.span_id}


def named(spans: Sequence[Span]) -> Mapping[str, Span]:
    return {span.name: span for span in spans}


def test_a_command_is_a_span_with_its_stages_inside_and_belongs_to_its_callers_trace(tmp_path: Path) -> None:
    with Collector() as collector:
        with traced(tmp_path, collector) as address:
            ask(address, "AddProducts", rq.AddProductsReq(skus=[SECRET]), ("traceparent", TRACEPARENT))
        spans = collector.spans()
        assert collector.resource()["service.name"] == "bf"
    (span,) = [span for span in spans if span.name == "AddProductsReq"]
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.kind == Span.SPAN_KIND_SERVER
    sizes = facts(span)
    assert int(sizes.pop("bf.batch.bytes")) > 0
    assert sizes == {"bf.request": "AddProductsReq", "bf.code": "OK", "bf.batch.commits": 1}
    stages = inside(spans, span)
    assert set(stages) == {"queue", "decide", "gather", "append"}
    times = [span.start_time_unix_nano]
    for name in ("queue", "decide", "gather", "append"):
        stage = stages[name]
        assert stage.trace_id == span.trace_id
        times += [stage.start_time_unix_nano, stage.end_time_unix_nano]
    times.append(span.end_time_unix_nano)
    assert times == sorted(times), "one stage follows the other"


def test_a_query_appends_nothing_and_a_refusal_is_no_error(tmp_path: Path) -> None:
    with Collector() as collector:
        with traced(tmp_path, collector, OTEL_SERVICE_NAME="stock") as address:
            ask(address, "ListProducts", rq.ListProductsReq(limit=1))
            with pytest.raises(grpc.RpcError):
                ask(address, "MoveLocation", rq.MoveLocationReq(uid=uid(7), new_parent=ROOT))
        spans = collector.spans()
        assert collector.resource()["service.name"] == "stock"
    query, move = named(spans)["ListProductsReq"], named(spans)["MoveLocationReq"]
    assert set(inside(spans, query)) == {"queue", "decide", "gather"}
    assert facts(move)["bf.code"] == "NotFound"
    assert facts(move)["bf.refusal"]
    assert move.status.code == 0
    assert query.trace_id != move.trace_id


def test_http_hands_its_traceparent_on_too_and_no_span_has_data(tmp_path: Path) -> None:
    with Collector() as collector:
        with traced(tmp_path, collector) as address:
            request = urllib.request.Request(
                f"http://{address}/v1/AddProducts",
                json.dumps({"skus": [SECRET]}).encode(),
                {"content-type": "application/json", "tenant": ACME, "traceparent": TRACEPARENT},
            )
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                assert answer.status == 200
        (span,) = [span for span in collector.spans() if span.name == "AddProductsReq"]
        assert span.trace_id.hex() == TRACE
        assert collector.bodies
        assert not any(SECRET.encode() in body or ACME.encode() in body for body in collector.bodies)


@pytest.mark.parametrize(
    "traceparent", ["", "nonsense", "00-0-0-00", f"00-{'0' * 32}-{PARENT}-01", "x" * (TRACEPARENT_CHARS_MAX + 1)]
)
def test_a_traceparent_that_is_none_begins_a_new_trace(tmp_path: Path, traceparent: str) -> None:
    with Collector() as collector:
        with traced(tmp_path, collector) as address:
            ask(address, "ListProducts", rq.ListProductsReq(limit=1), ("traceparent", traceparent))
        span = named(collector.spans())["ListProductsReq"]
        assert not span.parent_span_id
        assert span.trace_id.hex() != TRACE


def test_who_samples_no_trace_gets_none(tmp_path: Path) -> None:
    with Collector() as collector:
        with traced(tmp_path, collector) as address:
            ask(address, "ListProducts", rq.ListProductsReq(limit=1), ("traceparent", TRACEPARENT[:-1] + "0"))
        assert collector.spans() == []


def test_a_collector_that_is_away_stops_nobody(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    words = ["serve", "--plain", "--data", tmp_path, "--addr", "127.0.0.1:0", "--trace", "--log", "json"]
    with Bf(
        words, env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    ) as server:
        address = server.expect("serving ").split(" on ", 1)[1].split(",", 1)[0]
        ask(address, "ListProducts", rq.ListProductsReq(limit=1))
        server.signal(signal.SIGTERM)
        assert server.end() == 0
        assert server.said.endswith("stopped\n")


def test_without_opentelemetry_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in [name for name in sys.modules if name.startswith(("opentelemetry", "bf.adapters.tracing."))]:
        monkeypatch.delitem(sys.modules, module)
    real = builtins.__import__

    def without(name: str, *rest: Any, **named_rest: Any) -> Any:  # noqa: ANN401  # python's own signature
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *rest, **named_rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["serve", "--plain", "--data", str(tmp_path), "--addr", "127.0.0.1:0", "--trace"]) == 2
    assert "install bf with its extra: bf[trace]" in capsys.readouterr().err
