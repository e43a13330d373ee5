"""The same requests for curl and browsers: POST /v1/<request>, protobuf's JSON in and out.

Fields have the names of the .proto files. A request's name is that of its rpc: POST /v1/ListProducts. A report can be
had as CSV (Accept: text/csv); its `position`, `time-us` and `next-page` are headers then.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bf.adapters.access.gate import AUTHORIZATION, Gate, Visit, told
from bf.adapters.csv.report import csv_of
from bf.adapters.front.limits import REQUEST_S_MAX
from bf.adapters.front.under_way import UnderWay
from bf.adapters.http.refusals import (
    JSON,
    BadJson,
    BodyTooLarge,
    BodyTooSlow,
    NoSuchPath,
    NotJson,
    WrongMethod,
    response_of,
)
from bf.adapters.tracing.parent import TRACEPARENT, note_parent
from bf.core.domain import Domain
from bf.core.limits import REFUSAL_BYTES_MAX, REQUEST_BYTES_MAX
from bf.core.ports import Answer, Calls
from bf.core.refusal import Code, Refusal
from bf.inventory.api.requests_pb2 import GetReportResp

logger = logging.getLogger("bf.http")

TENANT, REQUEST_ID = "tenant", "request-id"
CSV = "text/csv"
JSON_DEPTH_MAX = 100
"""How deep JSON may nest; what protobuf itself allows in its own bytes."""

PIECE_BYTES = 64 * 1024

FAULT = Answer(code=Code.INTERNAL, reason="Internal", message="a fault of ours; it is in the server's log")
UNKNOWN_FIELD = re.compile(r'has no field named "([^"]*)" at "\w+\.?([^"]*)"')
WRONG_FIELD = re.compile(r"Failed to parse (\w+) field|(?:repeated|Map) field (\w+)")


class JsonFace:
    """A domain's requests over HTTP, each handed on to whoever carries it out."""

    def __init__(
        self,
        domain: Domain,
        calls: Calls,
        gate: Gate,
        under_way: UnderWay,
        tenant_of: Callable[[str], str],
        *,
        published: Iterable[str] | None = None,
    ) -> None:
        """Find the tenant that a host name means with `tenant_of`; strangers are told the `published` requests."""
        self._domain = domain
        self._calls = calls
        self._gate = gate
        self._under_way = under_way
        self._tenant_of = tenant_of
        self._requests = {name.removesuffix("Req"): message for name, message in domain.requests.items()}
        self._published = sorted(name.removesuffix("Req") for name in published or domain.requests)

    def app(self) -> Starlette:
        """Return the application that a server runs."""
        app = Starlette(
            routes=[
                Route("/v1/{name}", self._answered(self._carry_out), methods=["POST"]),
                Route("/healthz", self._answered(self._health), methods=["GET"]),
            ],
            exception_handlers={HTTPException: self._not_served},
        )
        app.router.redirect_slashes = False
        return app

    async def _health(self, request: Request) -> Response:
        del request
        return PlainTextResponse("serving\n")

    async def _carry_out(self, request: Request) -> Response:
        name = str(request.path_params["name"])
        request_type = self._requests.get(name.removesuffix("Req"))
        if request_type is None:
            raise self._no_such_path()
        visit: Visit = request.state.visit
        headers = request.headers
        host = headers.get("host", "").rpartition("]")[2].partition(":")[0]
        named = [*headers.getlist(TENANT), self._tenant_of(host)]
        caller = self._gate.admit(visit, named, headers.get(AUTHORIZATION, ""), request_type)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise NotJson(field="content-type")
        message = parsed(await _body(request), request_type)
        note_parent(headers.get(TRACEPARENT, ""))
        with self._under_way.one():
            answer = await self._calls.call(caller.tenant, message, headers.get(REQUEST_ID, ""), caller.actor)
        if answer.code:
            return response_of(answer, self._domain.name)
        response = self._domain.responses[request_type.DESCRIPTOR.name].FromString(answer.response)
        if isinstance(response, GetReportResp) and _wants_csv(headers.getlist("accept")):
            return _in_pieces(csv_of(response).encode(), f"{CSV}; charset=utf-8", _moment(response))
        return _in_pieces(_as_json(response), JSON)

    def _answered(self, act: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Answer whatever is raised."""

        async def answer(request: Request) -> Response:
            try:
                return await act(request)
            except Refusal as refusal:
                return response_of(told(refusal), self._domain.name)
            except ClientDisconnect:
                return Response(status_code=499)  # nobody reads it
            except Exception:
                logger.exception("%s failed", request.path_params.get("name"))
                return response_of(FAULT, self._domain.name)

        return answer

    async def _not_served(self, request: Request, error: Exception) -> Response:
        """Answer what Starlette's router refuses."""
        del request
        assert isinstance(error, HTTPException), "it is registered for these"
        allowed = (error.headers or {}).get("Allow")
        refusal = WrongMethod(field="method", allowed=allowed) if allowed else self._no_such_path()
        response = response_of(told(refusal), self._domain.name)
        if allowed:
            response.headers["allow"] = allowed
        return response

    def _no_such_path(self) -> NoSuchPath:
        return NoSuchPath(field="path", requests=", ".join(self._published))


def _as_json(response: Message) -> bytes:
    text = json_format.MessageToJson(
        response, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )
    return text.encode() + b"\n"


def _wants_csv(accept: Sequence[str]) -> bool:
    """Say whether a caller names CSV among what it takes; whoever takes anything gets JSON."""
    return CSV in {kind.partition(";")[0].strip().lower() for line in accept for kind in line.split(",")}


def _moment(page: GetReportResp) -> dict[str, str]:
    """Return the headers that say of what moment a table is, and which page is next."""
    moment = {"position": str(page.position), "time-us": str(page.time_us), "next-page": page.next_page}
    return {name: value for name, value in moment.items() if value}


def _in_pieces(body: bytes, media_type: str, more: Mapping[str, str] | None = None) -> Response:
    """Answer piece by piece, so that a client that does not read is noticed, and most of the answer waits here."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), PIECE_BYTES):
            yield body[start : start + PIECE_BYTES]

    headers = {"content-length": str(len(body)), **(more or {})}
    return StreamingResponse(pieces(), headers=headers, media_type=media_type)


async def _body(request: Request) -> bytes:
    """Read the whole body, within its limits."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > REQUEST_BYTES_MAX:
        raise BodyTooLarge(field="body", most=REQUEST_BYTES_MAX)
    body = bytearray()
    try:
        async with asyncio.timeout(REQUEST_S_MAX):
            async for chunk in request.stream():
                body += chunk
                if len(body) > REQUEST_BYTES_MAX:
                    raise BodyTooLarge(field="body", most=REQUEST_BYTES_MAX)
    except TimeoutError:
        raise BodyTooSlow(field="body", seconds=REQUEST_S_MAX) from None
    return bytes(body)


def parsed(body: bytes, request_type: type[Message]) -> Message:
    """Read a request from JSON; raises BadJson, which names the field if protobuf does."""
    if not body.lstrip().startswith(b"{"):
        raise BadJson(field="body", why="a request is a JSON object: {}")
    try:
        return json_format.Parse(body, request_type(), max_recursion_depth=JSON_DEPTH_MAX)
    except (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        whole, inmost = str(error), _inmost(error)
        raise BadJson(field=_short(_field(whole, inmost)), why=_short(inmost)) from None


def _inmost(error: BaseException) -> str:
    """Return what was wrong in the first place: protobuf wraps it once for each level."""
    while isinstance(error.__cause__, json_format.ParseError):
        error = error.__cause__
    return " ".join(str(error).split()) or type(error).__name__


def _field(whole: str, inmost: str) -> str:
    unknown = UNKNOWN_FIELD.search(inmost)
    if unknown:
        name, path = unknown.groups()
        return f"{path}.{name}" if path else name
    wrong = WRONG_FIELD.search(inmost) or WRONG_FIELD.search(whole)
    return next(filter(None, wrong.groups())) if wrong else "body"


def _short(text: str) -> str:
    """Cut a sentence that repeats a caller's long text."""
    body = text.encode(errors="replace")[: REFUSAL_BYTES_MAX // 2]
    with suppress(UnicodeDecodeError):
        return body.decode()
    return body.decode(errors="ignore")
