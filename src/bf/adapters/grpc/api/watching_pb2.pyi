from bf.inventory.api import requests_pb2 as _requests_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchReportReq(_message.Message):
    __slots__ = ("name", "sku_prefix")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SKU_PREFIX_FIELD_NUMBER: _ClassVar[int]
    name: str
    sku_prefix: str
    def __init__(self, name: _Optional[str] = ..., sku_prefix: _Optional[str] = ...) -> None: ...

class WatchReportResp(_message.Message):
    __slots__ = ("page", "begins", "known_position")
    PAGE_FIELD_NUMBER: _ClassVar[int]
    BEGINS_FIELD_NUMBER: _ClassVar[int]
    KNOWN_POSITION_FIELD_NUMBER: _ClassVar[int]
    page: _requests_pb2.GetReportResp
    begins: bool
    known_position: int
    def __init__(self, page: _Optional[_Union[_requests_pb2.GetReportResp, _Mapping]] = ..., begins: _Optional[bool] = ..., known_position: _Optional[int] = ...) -> None: ...
