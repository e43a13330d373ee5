from google.protobuf import any_pb2 as _any_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExecuteReq(_message.Message):
    __slots__ = ("calls",)
    class Call(_message.Message):
        __slots__ = ("request_id", "request")
        REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
        REQUEST_FIELD_NUMBER: _ClassVar[int]
        request_id: str
        request: _any_pb2.Any
        def __init__(self, request_id: _Optional[str] = ..., request: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...
    CALLS_FIELD_NUMBER: _ClassVar[int]
    calls: _containers.RepeatedCompositeFieldContainer[ExecuteReq.Call]
    def __init__(self, calls: _Optional[_Iterable[_Union[ExecuteReq.Call, _Mapping]]] = ...) -> None: ...

class ExecuteResp(_message.Message):
    __slots__ = ("outcomes",)
    class Outcome(_message.Message):
        __slots__ = ("response", "refusal")
        RESPONSE_FIELD_NUMBER: _ClassVar[int]
        REFUSAL_FIELD_NUMBER: _ClassVar[int]
        response: _any_pb2.Any
        refusal: _status_pb2.Status
        def __init__(self, response: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., refusal: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[ExecuteResp.Outcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[ExecuteResp.Outcome, _Mapping]]] = ...) -> None: ...
