from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WrapGiftReq(_message.Message):
    __slots__ = ("reservation", "paper")
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    PAPER_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    paper: str
    def __init__(self, reservation: _Optional[str] = ..., paper: _Optional[str] = ...) -> None: ...

class WrapGiftResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WrapWaveReq(_message.Message):
    __slots__ = ("wave", "paper")
    WAVE_FIELD_NUMBER: _ClassVar[int]
    PAPER_FIELD_NUMBER: _ClassVar[int]
    wave: str
    paper: str
    def __init__(self, wave: _Optional[str] = ..., paper: _Optional[str] = ...) -> None: ...

class WrapWaveResp(_message.Message):
    __slots__ = ("reservations",)
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    reservations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reservations: _Optional[_Iterable[str]] = ...) -> None: ...

class ListGiftsReq(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListGiftsResp(_message.Message):
    __slots__ = ("gifts",)
    class Item(_message.Message):
        __slots__ = ("reservation", "code", "paper")
        RESERVATION_FIELD_NUMBER: _ClassVar[int]
        CODE_FIELD_NUMBER: _ClassVar[int]
        PAPER_FIELD_NUMBER: _ClassVar[int]
        reservation: str
        code: str
        paper: str
        def __init__(self, reservation: _Optional[str] = ..., code: _Optional[str] = ..., paper: _Optional[str] = ...) -> None: ...
    GIFTS_FIELD_NUMBER: _ClassVar[int]
    gifts: _containers.RepeatedCompositeFieldContainer[ListGiftsResp.Item]
    def __init__(self, gifts: _Optional[_Iterable[_Union[ListGiftsResp.Item, _Mapping]]] = ...) -> None: ...
