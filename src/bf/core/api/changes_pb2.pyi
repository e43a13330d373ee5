from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChangesReq(_message.Message):
    __slots__ = ("after", "begin")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    after: int
    begin: bool
    def __init__(self, after: _Optional[int] = ..., begin: _Optional[bool] = ...) -> None: ...

class ChangesResp(_message.Message):
    __slots__ = ("event", "gap", "events", "touched")
    class Event(_message.Message):
        __slots__ = ("type", "body")
        TYPE_FIELD_NUMBER: _ClassVar[int]
        BODY_FIELD_NUMBER: _ClassVar[int]
        type: str
        body: bytes
        def __init__(self, type: _Optional[str] = ..., body: _Optional[bytes] = ...) -> None: ...
    EVENT_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    TOUCHED_FIELD_NUMBER: _ClassVar[int]
    event: int
    gap: bool
    events: _containers.RepeatedCompositeFieldContainer[ChangesResp.Event]
    touched: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, event: _Optional[int] = ..., gap: _Optional[bool] = ..., events: _Optional[_Iterable[_Union[ChangesResp.Event, _Mapping]]] = ..., touched: _Optional[_Iterable[int]] = ...) -> None: ...
