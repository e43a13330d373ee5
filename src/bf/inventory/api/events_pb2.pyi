from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LocationAdded(_message.Message):
    __slots__ = ("uid", "name", "parent")
    UID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    uid: str
    name: str
    parent: str
    def __init__(self, uid: _Optional[str] = ..., name: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class LocationMoved(_message.Message):
    __slots__ = ("uid", "old_parent", "new_parent")
    UID_FIELD_NUMBER: _ClassVar[int]
    OLD_PARENT_FIELD_NUMBER: _ClassVar[int]
    NEW_PARENT_FIELD_NUMBER: _ClassVar[int]
    uid: str
    old_parent: str
    new_parent: str
    def __init__(self, uid: _Optional[str] = ..., old_parent: _Optional[str] = ..., new_parent: _Optional[str] = ...) -> None: ...

class ProductAdded(_message.Message):
    __slots__ = ("uid", "sku")
    UID_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    uid: str
    sku: str
    def __init__(self, uid: _Optional[str] = ..., sku: _Optional[str] = ...) -> None: ...

class InventoryUpdated(_message.Message):
    __slots__ = ("location", "product", "on_hand_change", "on_hand")
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    ON_HAND_CHANGE_FIELD_NUMBER: _ClassVar[int]
    ON_HAND_FIELD_NUMBER: _ClassVar[int]
    location: str
    product: str
    on_hand_change: int
    on_hand: int
    def __init__(self, location: _Optional[str] = ..., product: _Optional[str] = ..., on_hand_change: _Optional[int] = ..., on_hand: _Optional[int] = ...) -> None: ...

class Reserved(_message.Message):
    __slots__ = ("reservation", "code", "items")
    class Item(_message.Message):
        __slots__ = ("product", "quantity", "location")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        LOCATION_FIELD_NUMBER: _ClassVar[int]
        product: str
        quantity: int
        location: str
        def __init__(self, product: _Optional[str] = ..., quantity: _Optional[int] = ..., location: _Optional[str] = ...) -> None: ...
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    code: str
    items: _containers.RepeatedCompositeFieldContainer[Reserved.Item]
    def __init__(self, reservation: _Optional[str] = ..., code: _Optional[str] = ..., items: _Optional[_Iterable[_Union[Reserved.Item, _Mapping]]] = ...) -> None: ...

class Fulfilled(_message.Message):
    __slots__ = ("reservation", "items")
    class Item(_message.Message):
        __slots__ = ("product", "location", "removed", "on_hand")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        LOCATION_FIELD_NUMBER: _ClassVar[int]
        REMOVED_FIELD_NUMBER: _ClassVar[int]
        ON_HAND_FIELD_NUMBER: _ClassVar[int]
        product: str
        location: str
        removed: int
        on_hand: int
        def __init__(self, product: _Optional[str] = ..., location: _Optional[str] = ..., removed: _Optional[int] = ..., on_hand: _Optional[int] = ...) -> None: ...
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    items: _containers.RepeatedCompositeFieldContainer[Fulfilled.Item]
    def __init__(self, reservation: _Optional[str] = ..., items: _Optional[_Iterable[_Union[Fulfilled.Item, _Mapping]]] = ...) -> None: ...

class Cancelled(_message.Message):
    __slots__ = ("reservation", "items")
    class Item(_message.Message):
        __slots__ = ("product", "location", "released")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        LOCATION_FIELD_NUMBER: _ClassVar[int]
        RELEASED_FIELD_NUMBER: _ClassVar[int]
        product: str
        location: str
        released: int
        def __init__(self, product: _Optional[str] = ..., location: _Optional[str] = ..., released: _Optional[int] = ...) -> None: ...
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    items: _containers.RepeatedCompositeFieldContainer[Cancelled.Item]
    def __init__(self, reservation: _Optional[str] = ..., items: _Optional[_Iterable[_Union[Cancelled.Item, _Mapping]]] = ...) -> None: ...
