"""What HTTP says instead of an answer: a status, and google.rpc.Status with the details that gRPC sends."""

from google.protobuf import json_format
from google.rpc.status_pb2 import Status
from starlette.responses import Response

from bf.adapters.grpc.details import details_of
from bf.core.ports import Answer
from bf.core.refusal import Code, Refusal

JSON = "application/json"

STATUS = {
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}
"""As google/rpc/code.proto says."""


class NoSuchPath(Refusal):
    """A path that is not served."""

    code = Code.NOT_FOUND
    text = "{field}: there are POST /v1/<request> and GET /healthz; the requests are {requests}"
    field: str
    requests: str


class WrongMethod(Refusal):
    """A method that a path does not take."""

    code = Code.UNIMPLEMENTED
    text = "{field}: this path takes {allowed}"
    field: str
    allowed: str


class NotJson(Refusal):
    """A body that says it is something else."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: write application/json; requests are JSON in UTF-8"
    field: str


class BodyTooLarge(Refusal):
    """A body beyond its limit."""

    code = Code.RESOURCE_EXHAUSTED
    text = "{field} has more than {most} bytes, which is what REQUEST_BYTES_MAX allows: split the request"
    field: str
    most: int


class BodyTooSlow(Refusal):
    """A body that did not come in time."""

    code = Code.DEADLINE_EXCEEDED
    text = "{field} did not come within {seconds} seconds: REQUEST_S_MAX"
    field: str
    seconds: float


class BadJson(Refusal):
    """JSON that is not the request."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: {why}"
    field: str
    why: str


class BadHead(Refusal):
    """Headers that are no request."""

    code = Code.INVALID_ARGUMENT
    text = "the headers are no HTTP/1.1 request"


class HeadTooLarge(Refusal):
    """Headers beyond their limit."""

    code = Code.INVALID_ARGUMENT
    text = "the headers have more than {most} bytes, which is what HEADER_BYTES_MAX allows"
    most: int


OWN_STATUS = {"WrongMethod": 405, "BodyTooLarge": 413, "NotJson": 415, "BodyTooSlow": 408, "HeadTooLarge": 431}
"""Refusals that only HTTP knows, for which it has a better status."""


def body_of(answer: Answer, domain: str) -> bytes:
    """Write a refusal as the JSON of a google.rpc.Status."""
    status = Status(code=answer.code, message=answer.message)
    for detail in details_of(answer, domain):
        status.details.add().Pack(detail)
    return json_format.MessageToJson(status, preserving_proto_field_name=True, indent=None).encode() + b"\n"


def status_of(answer: Answer) -> int:
    """Return the HTTP status of a refusal."""
    return OWN_STATUS.get(answer.reason, STATUS[Code(answer.code)])


def response_of(answer: Answer, domain: str) -> Response:
    """Say a refusal over HTTP."""
    headers = {"www-authenticate": "Bearer"} if answer.code == Code.UNAUTHENTICATED else None
    return Response(body_of(answer, domain), status_of(answer), headers, JSON)
