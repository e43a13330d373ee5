from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class GiftWrapped(_message.Message):
    __slots__ = ("reservation", "paper")
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    PAPER_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    paper: str
    def __init__(self, reservation: _Optional[str] = ..., paper: _Optional[str] = ...) -> None: ...

class WaveWrapped(_message.Message):
    __slots__ = ("reservations", "paper")
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    PAPER_FIELD_NUMBER: _ClassVar[int]
    reservations: _containers.RepeatedScalarFieldContainer[str]
    paper: str
    def __init__(self, reservations: _Optional[_Iterable[str]] = ..., paper: _Optional[str] = ...) -> None: ...
