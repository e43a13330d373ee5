"""What a refusal says to machines, the same for every face: google.rpc's error details."""

from contextlib import suppress

from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from bf.core.ports import Answer


def details_of(answer: Answer, domain: str) -> list[Message]:
    """Return the reason of a refusal, and the field that is to blame if there is one."""
    details: list[Message] = [ErrorInfo(reason=answer.reason, domain=domain)]
    if answer.field:
        violation = BadRequest.FieldViolation(field=answer.field, description=answer.message)
        details.append(BadRequest(field_violations=[violation]))
    return details


def status_of(answer: Answer, domain: str) -> bytes:
    """Say a refusal as a google.rpc.Status, written."""
    status = Status(code=answer.code, message=answer.message)
    for detail in details_of(answer, domain):
        status.details.add().Pack(detail)
    return status.SerializeToString()


def reason_of(status: bytes) -> str:
    """Read the reason in a google.rpc.Status; nothing if a foreign server says none."""
    info = ErrorInfo()
    with suppress(DecodeError):
        for detail in Status.FromString(status).details:
            if detail.Unpack(info):
                return info.reason
    return ""
