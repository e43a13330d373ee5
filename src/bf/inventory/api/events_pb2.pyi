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

class LocationsTagged(_message.Message):
    __slots__ = ("locations", "added", "removed")
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedScalarFieldContainer[str]
    added: _containers.RepeatedScalarFieldContainer[str]
    removed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, locations: _Optional[_Iterable[str]] = ..., added: _Optional[_Iterable[str]] = ..., removed: _Optional[_Iterable[str]] = ...) -> None: ...

class TransferStarted(_message.Message):
    __slots__ = ("transfer", "source", "destination", "items")
    class Item(_message.Message):
        __slots__ = ("product", "quantity", "on_hand")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        ON_HAND_FIELD_NUMBER: _ClassVar[int]
        product: str
        quantity: int
        on_hand: int
        def __init__(self, product: _Optional[str] = ..., quantity: _Optional[int] = ..., on_hand: _Optional[int] = ...) -> None: ...
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    source: str
    destination: str
    items: _containers.RepeatedCompositeFieldContainer[TransferStarted.Item]
    def __init__(self, transfer: _Optional[str] = ..., source: _Optional[str] = ..., destination: _Optional[str] = ..., items: _Optional[_Iterable[_Union[TransferStarted.Item, _Mapping]]] = ...) -> None: ...

class TransferReceived(_message.Message):
    __slots__ = ("transfer", "destination", "items", "reason")
    class Item(_message.Message):
        __slots__ = ("product", "received", "missing", "on_hand")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        RECEIVED_FIELD_NUMBER: _ClassVar[int]
        MISSING_FIELD_NUMBER: _ClassVar[int]
        ON_HAND_FIELD_NUMBER: _ClassVar[int]
        product: str
        received: int
        missing: int
        on_hand: int
        def __init__(self, product: _Optional[str] = ..., received: _Optional[int] = ..., missing: _Optional[int] = ..., on_hand: _Optional[int] = ...) -> None: ...
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    destination: str
    items: _containers.RepeatedCompositeFieldContainer[TransferReceived.Item]
    reason: str
    def __init__(self, transfer: _Optional[str] = ..., destination: _Optional[str] = ..., items: _Optional[_Iterable[_Union[TransferReceived.Item, _Mapping]]] = ..., reason: _Optional[str] = ...) -> None: ...

class TransferCancelled(_message.Message):
    __slots__ = ("transfer", "source", "items")
    class Item(_message.Message):
        __slots__ = ("product", "returned", "on_hand")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        RETURNED_FIELD_NUMBER: _ClassVar[int]
        ON_HAND_FIELD_NUMBER: _ClassVar[int]
        product: str
        returned: int
        on_hand: int
        def __init__(self, product: _Optional[str] = ..., returned: _Optional[int] = ..., on_hand: _Optional[int] = ...) -> None: ...
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    source: str
    items: _containers.RepeatedCompositeFieldContainer[TransferCancelled.Item]
    def __init__(self, transfer: _Optional[str] = ..., source: _Optional[str] = ..., items: _Optional[_Iterable[_Union[TransferCancelled.Item, _Mapping]]] = ...) -> None: ...

class StockCounted(_message.Message):
    __slots__ = ("location", "reason", "items")
    class Item(_message.Message):
        __slots__ = ("product", "difference", "on_hand")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
        ON_HAND_FIELD_NUMBER: _ClassVar[int]
        product: str
        difference: int
        on_hand: int
        def __init__(self, product: _Optional[str] = ..., difference: _Optional[int] = ..., on_hand: _Optional[int] = ...) -> None: ...
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    location: str
    reason: str
    items: _containers.RepeatedCompositeFieldContainer[StockCounted.Item]
    def __init__(self, location: _Optional[str] = ..., reason: _Optional[str] = ..., items: _Optional[_Iterable[_Union[StockCounted.Item, _Mapping]]] = ...) -> None: ...

class FeatureEnabled(_message.Message):
    __slots__ = ("feature",)
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    feature: str
    def __init__(self, feature: _Optional[str] = ...) -> None: ...

class FeatureDisabled(_message.Message):
    __slots__ = ("feature",)
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    feature: str
    def __init__(self, feature: _Optional[str] = ...) -> None: ...

class Allocated(_message.Message):
    __slots__ = ("reservation", "product", "location", "items")
    class Item(_message.Message):
        __slots__ = ("location", "quantity")
        LOCATION_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        location: str
        quantity: int
        def __init__(self, location: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    reservation: str
    product: str
    location: str
    items: _containers.RepeatedCompositeFieldContainer[Allocated.Item]
    def __init__(self, reservation: _Optional[str] = ..., product: _Optional[str] = ..., location: _Optional[str] = ..., items: _Optional[_Iterable[_Union[Allocated.Item, _Mapping]]] = ...) -> None: ...

class WavePlanned(_message.Message):
    __slots__ = ("wave", "location", "reservations")
    WAVE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    wave: str
    location: str
    reservations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, wave: _Optional[str] = ..., location: _Optional[str] = ..., reservations: _Optional[_Iterable[str]] = ...) -> None: ...

class WavePicked(_message.Message):
    __slots__ = ("wave", "picked", "skipped")
    class Skipped(_message.Message):
        __slots__ = ("reservation", "reason")
        RESERVATION_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        reservation: str
        reason: str
        def __init__(self, reservation: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
    WAVE_FIELD_NUMBER: _ClassVar[int]
    PICKED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    wave: str
    picked: _containers.RepeatedScalarFieldContainer[str]
    skipped: _containers.RepeatedCompositeFieldContainer[WavePicked.Skipped]
    def __init__(self, wave: _Optional[str] = ..., picked: _Optional[_Iterable[str]] = ..., skipped: _Optional[_Iterable[_Union[WavePicked.Skipped, _Mapping]]] = ...) -> None: ...

class ReportDefined(_message.Message):
    __slots__ = ("name", "locations", "children_of", "tagged")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_OF_FIELD_NUMBER: _ClassVar[int]
    TAGGED_FIELD_NUMBER: _ClassVar[int]
    name: str
    locations: _containers.RepeatedScalarFieldContainer[str]
    children_of: str
    tagged: str
    def __init__(self, name: _Optional[str] = ..., locations: _Optional[_Iterable[str]] = ..., children_of: _Optional[str] = ..., tagged: _Optional[str] = ...) -> None: ...

class ReportDropped(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ScriptInstalled(_message.Message):
    __slots__ = ("hook", "name", "version", "source", "time_us")
    HOOK_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    hook: str
    name: str
    version: int
    source: str
    time_us: int
    def __init__(self, hook: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[int] = ..., source: _Optional[str] = ..., time_us: _Optional[int] = ...) -> None: ...

class ScriptRemoved(_message.Message):
    __slots__ = ("hook", "name", "version", "time_us")
    HOOK_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    hook: str
    name: str
    version: int
    time_us: int
    def __init__(self, hook: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[int] = ..., time_us: _Optional[int] = ...) -> None: ...

class AlertRaised(_message.Message):
    __slots__ = ("number", "time_us", "script", "location", "product", "text")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    SCRIPT_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    number: int
    time_us: int
    script: str
    location: str
    product: str
    text: str
    def __init__(self, number: _Optional[int] = ..., time_us: _Optional[int] = ..., script: _Optional[str] = ..., location: _Optional[str] = ..., product: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...
