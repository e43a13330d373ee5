"""Messages of many requests, as `bf.adapters.grpc.execute` reads and answers them."""

from collections.abc import Iterator, Sequence

from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo

from bf.adapters.grpc.api.execution_pb2 import ExecuteReq, ExecuteResp
from bf.adapters.grpc.execute import CALLS_COUNT_MAX, ENVELOPE_BYTES, EXECUTION, TYPE_URL
from bf.client.wire import UnreachableError
from bf.core.domain import Domain
from bf.core.limits import REQUEST_BYTES_MAX
from bf.core.ports import Asked
from bf.core.refusal import Code, Told

EXECUTE_PATH = f"/{EXECUTION.full_name}/Execute"
STREAM_PATH = f"/{EXECUTION.full_name}/ExecuteStream"


class Messages:
    """Writes requests of a domain into messages, and reads what they were told."""

    def __init__(self, domain: Domain) -> None:
        self._names = {kind: TYPE_URL + kind.DESCRIPTOR.full_name for kind in domain.requests.values()}
        self._responses = {kind: domain.responses[name] for name, kind in domain.requests.items()}

    def pieces(self, asked: Sequence[Asked]) -> Iterator[Sequence[Asked]]:
        """Yield requests in as many parts as fit into a message each; one that is too large goes alone."""
        piece: list[Asked] = []
        size = 0
        for each in asked:
            more = each[0].ByteSize() + len(each[1]) + ENVELOPE_BYTES
            if piece and (len(piece) == CALLS_COUNT_MAX or size + more > REQUEST_BYTES_MAX):
                yield piece
                piece, size = [], 0
            piece.append(each)
            size += more
        if piece:
            yield piece

    def write(self, asked: Sequence[Asked]) -> ExecuteReq:
        """Put requests into a message."""
        req = ExecuteReq()
        for request, request_id in asked:
            call = req.calls.add(request_id=request_id)
            call.request.type_url = self._names[type(request)]
            call.request.value = request.SerializeToString()
        return req

    def read(self, address: str, asked: Sequence[Asked], resp: ExecuteResp) -> list[Message | Told]:
        """Return what each request was told; UnreachableError if one of them was not carried out nor refused."""
        told: list[Message | Told] = []
        for (request, _), outcome in zip(asked, resp.outcomes, strict=True):
            if outcome.HasField("response"):
                told.append(self._responses[type(request)].FromString(outcome.response.value))
            elif outcome.refusal.code == Code.UNAVAILABLE:
                raise UnreachableError(f"{address}: {outcome.refusal.message}")
            else:
                info = ErrorInfo()
                reasons = [info.reason for detail in outcome.refusal.details if detail.Unpack(info)]
                code = Code(outcome.refusal.code)
                told.append(Told(code=code, message=outcome.refusal.message, name=next(iter(reasons), "")))
        return told
