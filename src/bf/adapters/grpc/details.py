"""What a refusal says to machines, the same for every face: google.rpc's error details."""

from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from bf.core.ports import Answer


def details_of(answer: Answer, domain: str) -> list[Message]:
    """Return the reason of a refusal, and the field that is to blame if there is one."""
    details: list[Message] = [ErrorInfo(reason=answer.reason, domain=domain)]
    if answer.field:
        violation = BadRequest.FieldViolation(field=answer.field, description=answer.message)
        details.append(BadRequest(field_violations=[violation]))
    return details
