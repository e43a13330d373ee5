from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Batch(_message.Message):
    __slots__ = ("commits", "baseline")
    COMMITS_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    commits: _containers.RepeatedCompositeFieldContainer[Commit]
    baseline: Baseline
    def __init__(self, commits: _Optional[_Iterable[_Union[Commit, _Mapping]]] = ..., baseline: _Optional[_Union[Baseline, _Mapping]] = ...) -> None: ...

class Baseline(_message.Message):
    __slots__ = ("last", "last_uid", "last_answer", "time_us")
    LAST_FIELD_NUMBER: _ClassVar[int]
    LAST_UID_FIELD_NUMBER: _ClassVar[int]
    LAST_ANSWER_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    last: bool
    last_uid: int
    last_answer: int
    time_us: int
    def __init__(self, last: _Optional[bool] = ..., last_uid: _Optional[int] = ..., last_answer: _Optional[int] = ..., time_us: _Optional[int] = ...) -> None: ...

class Commit(_message.Message):
    __slots__ = ("request_id", "time_us", "request", "request_digest", "events", "response", "refusal", "domain_version", "actor", "asked")
    class Event(_message.Message):
        __slots__ = ("type", "body")
        TYPE_FIELD_NUMBER: _ClassVar[int]
        BODY_FIELD_NUMBER: _ClassVar[int]
        type: str
        body: bytes
        def __init__(self, type: _Optional[str] = ..., body: _Optional[bytes] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_VERSION_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    time_us: int
    request: str
    request_digest: int
    events: _containers.RepeatedCompositeFieldContainer[Commit.Event]
    response: bytes
    refusal: Refusal
    domain_version: int
    actor: str
    asked: bytes
    def __init__(self, request_id: _Optional[str] = ..., time_us: _Optional[int] = ..., request: _Optional[str] = ..., request_digest: _Optional[int] = ..., events: _Optional[_Iterable[_Union[Commit.Event, _Mapping]]] = ..., response: _Optional[bytes] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ..., domain_version: _Optional[int] = ..., actor: _Optional[str] = ..., asked: _Optional[bytes] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("code", "reason", "message", "field")
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: str
    message: str
    field: str
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., field: _Optional[str] = ...) -> None: ...
