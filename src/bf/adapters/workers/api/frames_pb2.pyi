from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Ask(_message.Message):
    __slots__ = ("number", "tenant", "actor", "traceparent", "requests")
    class Request(_message.Message):
        __slots__ = ("name", "body", "id")
        NAME_FIELD_NUMBER: _ClassVar[int]
        BODY_FIELD_NUMBER: _ClassVar[int]
        ID_FIELD_NUMBER: _ClassVar[int]
        name: str
        body: bytes
        id: str
        def __init__(self, name: _Optional[str] = ..., body: _Optional[bytes] = ..., id: _Optional[str] = ...) -> None: ...
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    number: int
    tenant: str
    actor: str
    traceparent: str
    requests: _containers.RepeatedCompositeFieldContainer[Ask.Request]
    def __init__(self, number: _Optional[int] = ..., tenant: _Optional[str] = ..., actor: _Optional[str] = ..., traceparent: _Optional[str] = ..., requests: _Optional[_Iterable[_Union[Ask.Request, _Mapping]]] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("number", "answers")
    class Answer(_message.Message):
        __slots__ = ("code", "response", "reason", "message", "field", "event")
        CODE_FIELD_NUMBER: _ClassVar[int]
        RESPONSE_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        FIELD_FIELD_NUMBER: _ClassVar[int]
        EVENT_FIELD_NUMBER: _ClassVar[int]
        code: int
        response: bytes
        reason: str
        message: str
        field: str
        event: int
        def __init__(self, code: _Optional[int] = ..., response: _Optional[bytes] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., field: _Optional[str] = ..., event: _Optional[int] = ...) -> None: ...
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    number: int
    answers: _containers.RepeatedCompositeFieldContainer[Reply.Answer]
    def __init__(self, number: _Optional[int] = ..., answers: _Optional[_Iterable[_Union[Reply.Answer, _Mapping]]] = ...) -> None: ...
