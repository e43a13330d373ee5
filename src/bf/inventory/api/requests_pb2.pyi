from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AddLocationsReq(_message.Message):
    __slots__ = ("locs", "parent")
    class Loc(_message.Message):
        __slots__ = ("name", "locs")
        NAME_FIELD_NUMBER: _ClassVar[int]
        LOCS_FIELD_NUMBER: _ClassVar[int]
        name: str
        locs: _containers.RepeatedCompositeFieldContainer[AddLocationsReq.Loc]
        def __init__(self, name: _Optional[str] = ..., locs: _Optional[_Iterable[_Union[AddLocationsReq.Loc, _Mapping]]] = ...) -> None: ...
    LOCS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    locs: _containers.RepeatedCompositeFieldContainer[AddLocationsReq.Loc]
    parent: str
    def __init__(self, locs: _Optional[_Iterable[_Union[AddLocationsReq.Loc, _Mapping]]] = ..., parent: _Optional[str] = ...) -> None: ...

class AddLocationsResp(_message.Message):
    __slots__ = ("locs",)
    class Loc(_message.Message):
        __slots__ = ("name", "uid", "parent", "locs")
        NAME_FIELD_NUMBER: _ClassVar[int]
        UID_FIELD_NUMBER: _ClassVar[int]
        PARENT_FIELD_NUMBER: _ClassVar[int]
        LOCS_FIELD_NUMBER: _ClassVar[int]
        name: str
        uid: str
        parent: str
        locs: _containers.RepeatedCompositeFieldContainer[AddLocationsResp.Loc]
        def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., parent: _Optional[str] = ..., locs: _Optional[_Iterable[_Union[AddLocationsResp.Loc, _Mapping]]] = ...) -> None: ...
    LOCS_FIELD_NUMBER: _ClassVar[int]
    locs: _containers.RepeatedCompositeFieldContainer[AddLocationsResp.Loc]
    def __init__(self, locs: _Optional[_Iterable[_Union[AddLocationsResp.Loc, _Mapping]]] = ...) -> None: ...

class AddProductsReq(_message.Message):
    __slots__ = ("skus",)
    SKUS_FIELD_NUMBER: _ClassVar[int]
    skus: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, skus: _Optional[_Iterable[str]] = ...) -> None: ...

class AddProductsResp(_message.Message):
    __slots__ = ("uids",)
    UIDS_FIELD_NUMBER: _ClassVar[int]
    uids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, uids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListProductsReq(_message.Message):
    __slots__ = ("skus", "after", "limit")
    SKUS_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    skus: _containers.RepeatedScalarFieldContainer[str]
    after: str
    limit: int
    def __init__(self, skus: _Optional[_Iterable[str]] = ..., after: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListProductsResp(_message.Message):
    __slots__ = ("items",)
    class Item(_message.Message):
        __slots__ = ("uid", "sku")
        UID_FIELD_NUMBER: _ClassVar[int]
        SKU_FIELD_NUMBER: _ClassVar[int]
        uid: str
        sku: str
        def __init__(self, uid: _Optional[str] = ..., sku: _Optional[str] = ...) -> None: ...
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[ListProductsResp.Item]
    def __init__(self, items: _Optional[_Iterable[_Union[ListProductsResp.Item, _Mapping]]] = ...) -> None: ...

class ListLocationsReq(_message.Message):
    __slots__ = ("location", "levels")
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    location: str
    levels: int
    def __init__(self, location: _Optional[str] = ..., levels: _Optional[int] = ...) -> None: ...

class ListLocationsResp(_message.Message):
    __slots__ = ("locs",)
    class Loc(_message.Message):
        __slots__ = ("name", "uid", "parent", "children")
        NAME_FIELD_NUMBER: _ClassVar[int]
        UID_FIELD_NUMBER: _ClassVar[int]
        PARENT_FIELD_NUMBER: _ClassVar[int]
        CHILDREN_FIELD_NUMBER: _ClassVar[int]
        name: str
        uid: str
        parent: str
        children: _containers.RepeatedCompositeFieldContainer[ListLocationsResp.Loc]
        def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., parent: _Optional[str] = ..., children: _Optional[_Iterable[_Union[ListLocationsResp.Loc, _Mapping]]] = ...) -> None: ...
    LOCS_FIELD_NUMBER: _ClassVar[int]
    locs: _containers.RepeatedCompositeFieldContainer[ListLocationsResp.Loc]
    def __init__(self, locs: _Optional[_Iterable[_Union[ListLocationsResp.Loc, _Mapping]]] = ...) -> None: ...

class MoveLocationReq(_message.Message):
    __slots__ = ("uid", "new_parent")
    UID_FIELD_NUMBER: _ClassVar[int]
    NEW_PARENT_FIELD_NUMBER: _ClassVar[int]
    uid: str
    new_parent: str
    def __init__(self, uid: _Optional[str] = ..., new_parent: _Optional[str] = ...) -> None: ...

class MoveLocationResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UpdateInventoryReq(_message.Message):
    __slots__ = ("location", "product", "on_hand_change")
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    ON_HAND_CHANGE_FIELD_NUMBER: _ClassVar[int]
    location: str
    product: str
    on_hand_change: int
    def __init__(self, location: _Optional[str] = ..., product: _Optional[str] = ..., on_hand_change: _Optional[int] = ...) -> None: ...

class UpdateInventoryResp(_message.Message):
    __slots__ = ("on_hand",)
    ON_HAND_FIELD_NUMBER: _ClassVar[int]
    on_hand: int
    def __init__(self, on_hand: _Optional[int] = ...) -> None: ...

class GetLocInventoryReq(_message.Message):
    __slots__ = ("location", "after", "limit")
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    location: str
    after: str
    limit: int
    def __init__(self, location: _Optional[str] = ..., after: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class GetLocInventoryResp(_message.Message):
    __slots__ = ("items",)
    class Item(_message.Message):
        __slots__ = ("product", "on_hand", "available")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        ON_HAND_FIELD_NUMBER: _ClassVar[int]
        AVAILABLE_FIELD_NUMBER: _ClassVar[int]
        product: str
        on_hand: int
        available: int
        def __init__(self, product: _Optional[str] = ..., on_hand: _Optional[int] = ..., available: _Optional[int] = ...) -> None: ...
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[GetLocInventoryResp.Item]
    def __init__(self, items: _Optional[_Iterable[_Union[GetLocInventoryResp.Item, _Mapping]]] = ...) -> None: ...

class ReserveReq(_message.Message):
    __slots__ = ("reservation", "items", "tags", "location")
    class Item(_message.Message):
        __slots__ = ("sku", "quantity")
        SKU_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        sku: str
        quantity: int
        def __init__(self, sku: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    class TagsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    items: _containers.RepeatedCompositeFieldContainer[ReserveReq.Item]
    tags: _containers.ScalarMap[str, str]
    location: str
    def __init__(self, reservation: _Optional[str] = ..., items: _Optional[_Iterable[_Union[ReserveReq.Item, _Mapping]]] = ..., tags: _Optional[_Mapping[str, str]] = ..., location: _Optional[str] = ...) -> None: ...

class ReserveResp(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    def __init__(self, reservation: _Optional[str] = ...) -> None: ...

class FulfillReq(_message.Message):
    __slots__ = ("reservation", "items")
    class Item(_message.Message):
        __slots__ = ("product", "location", "quantity")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        LOCATION_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        product: str
        location: str
        quantity: int
        def __init__(self, product: _Optional[str] = ..., location: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    items: _containers.RepeatedCompositeFieldContainer[FulfillReq.Item]
    def __init__(self, reservation: _Optional[str] = ..., items: _Optional[_Iterable[_Union[FulfillReq.Item, _Mapping]]] = ...) -> None: ...

class FulfillResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CancelReq(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    def __init__(self, reservation: _Optional[str] = ...) -> None: ...

class CancelResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
