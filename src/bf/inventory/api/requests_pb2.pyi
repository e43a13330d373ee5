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

class TagLocationsReq(_message.Message):
    __slots__ = ("locations", "add", "remove")
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedScalarFieldContainer[str]
    add: _containers.RepeatedScalarFieldContainer[str]
    remove: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, locations: _Optional[_Iterable[str]] = ..., add: _Optional[_Iterable[str]] = ..., remove: _Optional[_Iterable[str]] = ...) -> None: ...

class TagLocationsResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListTaggedReq(_message.Message):
    __slots__ = ("tag", "after", "limit")
    TAG_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    tag: str
    after: str
    limit: int
    def __init__(self, tag: _Optional[str] = ..., after: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListTaggedResp(_message.Message):
    __slots__ = ("items",)
    class Item(_message.Message):
        __slots__ = ("uid", "name", "parent")
        UID_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        PARENT_FIELD_NUMBER: _ClassVar[int]
        uid: str
        name: str
        parent: str
        def __init__(self, uid: _Optional[str] = ..., name: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[ListTaggedResp.Item]
    def __init__(self, items: _Optional[_Iterable[_Union[ListTaggedResp.Item, _Mapping]]] = ...) -> None: ...

class StartTransferReq(_message.Message):
    __slots__ = ("transfer", "source", "destination", "items")
    class Item(_message.Message):
        __slots__ = ("product", "quantity")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        product: str
        quantity: int
        def __init__(self, product: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    source: str
    destination: str
    items: _containers.RepeatedCompositeFieldContainer[StartTransferReq.Item]
    def __init__(self, transfer: _Optional[str] = ..., source: _Optional[str] = ..., destination: _Optional[str] = ..., items: _Optional[_Iterable[_Union[StartTransferReq.Item, _Mapping]]] = ...) -> None: ...

class StartTransferResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReceiveTransferReq(_message.Message):
    __slots__ = ("transfer", "items", "reason")
    class Item(_message.Message):
        __slots__ = ("product", "quantity")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        product: str
        quantity: int
        def __init__(self, product: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    items: _containers.RepeatedCompositeFieldContainer[ReceiveTransferReq.Item]
    reason: str
    def __init__(self, transfer: _Optional[str] = ..., items: _Optional[_Iterable[_Union[ReceiveTransferReq.Item, _Mapping]]] = ..., reason: _Optional[str] = ...) -> None: ...

class ReceiveTransferResp(_message.Message):
    __slots__ = ("in_transit",)
    class Item(_message.Message):
        __slots__ = ("product", "quantity")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        product: str
        quantity: int
        def __init__(self, product: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    IN_TRANSIT_FIELD_NUMBER: _ClassVar[int]
    in_transit: _containers.RepeatedCompositeFieldContainer[ReceiveTransferResp.Item]
    def __init__(self, in_transit: _Optional[_Iterable[_Union[ReceiveTransferResp.Item, _Mapping]]] = ...) -> None: ...

class CancelTransferReq(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    def __init__(self, transfer: _Optional[str] = ...) -> None: ...

class CancelTransferResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListTransfersReq(_message.Message):
    __slots__ = ("after", "limit")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    after: str
    limit: int
    def __init__(self, after: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListTransfersResp(_message.Message):
    __slots__ = ("transfers",)
    class Item(_message.Message):
        __slots__ = ("product", "quantity")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        product: str
        quantity: int
        def __init__(self, product: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    class Transfer(_message.Message):
        __slots__ = ("transfer", "source", "destination", "items")
        TRANSFER_FIELD_NUMBER: _ClassVar[int]
        SOURCE_FIELD_NUMBER: _ClassVar[int]
        DESTINATION_FIELD_NUMBER: _ClassVar[int]
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        transfer: str
        source: str
        destination: str
        items: _containers.RepeatedCompositeFieldContainer[ListTransfersResp.Item]
        def __init__(self, transfer: _Optional[str] = ..., source: _Optional[str] = ..., destination: _Optional[str] = ..., items: _Optional[_Iterable[_Union[ListTransfersResp.Item, _Mapping]]] = ...) -> None: ...
    TRANSFERS_FIELD_NUMBER: _ClassVar[int]
    transfers: _containers.RepeatedCompositeFieldContainer[ListTransfersResp.Transfer]
    def __init__(self, transfers: _Optional[_Iterable[_Union[ListTransfersResp.Transfer, _Mapping]]] = ...) -> None: ...

class TakeStockReq(_message.Message):
    __slots__ = ("location", "reason", "counts")
    class Count(_message.Message):
        __slots__ = ("product", "counted")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        COUNTED_FIELD_NUMBER: _ClassVar[int]
        product: str
        counted: int
        def __init__(self, product: _Optional[str] = ..., counted: _Optional[int] = ...) -> None: ...
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    location: str
    reason: str
    counts: _containers.RepeatedCompositeFieldContainer[TakeStockReq.Count]
    def __init__(self, location: _Optional[str] = ..., reason: _Optional[str] = ..., counts: _Optional[_Iterable[_Union[TakeStockReq.Count, _Mapping]]] = ...) -> None: ...

class TakeStockResp(_message.Message):
    __slots__ = ("differences",)
    class Item(_message.Message):
        __slots__ = ("product", "difference")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
        product: str
        difference: int
        def __init__(self, product: _Optional[str] = ..., difference: _Optional[int] = ...) -> None: ...
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    differences: _containers.RepeatedCompositeFieldContainer[TakeStockResp.Item]
    def __init__(self, differences: _Optional[_Iterable[_Union[TakeStockResp.Item, _Mapping]]] = ...) -> None: ...

class EnableFeatureReq(_message.Message):
    __slots__ = ("feature",)
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    feature: str
    def __init__(self, feature: _Optional[str] = ...) -> None: ...

class EnableFeatureResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DisableFeatureReq(_message.Message):
    __slots__ = ("feature",)
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    feature: str
    def __init__(self, feature: _Optional[str] = ...) -> None: ...

class DisableFeatureResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListFeaturesReq(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListFeaturesResp(_message.Message):
    __slots__ = ("features",)
    class Item(_message.Message):
        __slots__ = ("feature", "summary", "enabled")
        FEATURE_FIELD_NUMBER: _ClassVar[int]
        SUMMARY_FIELD_NUMBER: _ClassVar[int]
        ENABLED_FIELD_NUMBER: _ClassVar[int]
        feature: str
        summary: str
        enabled: bool
        def __init__(self, feature: _Optional[str] = ..., summary: _Optional[str] = ..., enabled: _Optional[bool] = ...) -> None: ...
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    features: _containers.RepeatedCompositeFieldContainer[ListFeaturesResp.Item]
    def __init__(self, features: _Optional[_Iterable[_Union[ListFeaturesResp.Item, _Mapping]]] = ...) -> None: ...

class PlanWaveReq(_message.Message):
    __slots__ = ("wave", "location", "reservations", "limit")
    WAVE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    wave: str
    location: str
    reservations: _containers.RepeatedScalarFieldContainer[str]
    limit: int
    def __init__(self, wave: _Optional[str] = ..., location: _Optional[str] = ..., reservations: _Optional[_Iterable[str]] = ..., limit: _Optional[int] = ...) -> None: ...

class PlanWaveResp(_message.Message):
    __slots__ = ("picks",)
    class Item(_message.Message):
        __slots__ = ("product", "location", "quantity")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        LOCATION_FIELD_NUMBER: _ClassVar[int]
        QUANTITY_FIELD_NUMBER: _ClassVar[int]
        product: str
        location: str
        quantity: int
        def __init__(self, product: _Optional[str] = ..., location: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...
    class Pick(_message.Message):
        __slots__ = ("reservation", "items")
        RESERVATION_FIELD_NUMBER: _ClassVar[int]
        ITEMS_FIELD_NUMBER: _ClassVar[int]
        reservation: str
        items: _containers.RepeatedCompositeFieldContainer[PlanWaveResp.Item]
        def __init__(self, reservation: _Optional[str] = ..., items: _Optional[_Iterable[_Union[PlanWaveResp.Item, _Mapping]]] = ...) -> None: ...
    PICKS_FIELD_NUMBER: _ClassVar[int]
    picks: _containers.RepeatedCompositeFieldContainer[PlanWaveResp.Pick]
    def __init__(self, picks: _Optional[_Iterable[_Union[PlanWaveResp.Pick, _Mapping]]] = ...) -> None: ...

class PickWaveReq(_message.Message):
    __slots__ = ("wave", "limit")
    WAVE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    wave: str
    limit: int
    def __init__(self, wave: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class PickWaveResp(_message.Message):
    __slots__ = ("picked", "skipped", "left")
    class Skipped(_message.Message):
        __slots__ = ("reservation", "reason", "message")
        RESERVATION_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        reservation: str
        reason: str
        message: str
        def __init__(self, reservation: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
    PICKED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    picked: _containers.RepeatedScalarFieldContainer[str]
    skipped: _containers.RepeatedCompositeFieldContainer[PickWaveResp.Skipped]
    left: int
    def __init__(self, picked: _Optional[_Iterable[str]] = ..., skipped: _Optional[_Iterable[_Union[PickWaveResp.Skipped, _Mapping]]] = ..., left: _Optional[int] = ...) -> None: ...

class DefineReportReq(_message.Message):
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

class DefineReportResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReportsReq(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReportsResp(_message.Message):
    __slots__ = ("reports",)
    class Report(_message.Message):
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
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[ListReportsResp.Report]
    def __init__(self, reports: _Optional[_Iterable[_Union[ListReportsResp.Report, _Mapping]]] = ...) -> None: ...

class GetReportReq(_message.Message):
    __slots__ = ("name", "sku_prefix", "least", "products", "page", "limit", "computed")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SKU_PREFIX_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    sku_prefix: str
    least: int
    products: _containers.RepeatedScalarFieldContainer[str]
    page: str
    limit: int
    computed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., sku_prefix: _Optional[str] = ..., least: _Optional[int] = ..., products: _Optional[_Iterable[str]] = ..., page: _Optional[str] = ..., limit: _Optional[int] = ..., computed: _Optional[_Iterable[str]] = ...) -> None: ...

class GetReportResp(_message.Message):
    __slots__ = ("position", "time_us", "first_position", "products", "skus", "columns", "total", "next_page", "computed")
    class Column(_message.Message):
        __slots__ = ("location", "name", "nested", "on_hand", "reserved", "available")
        LOCATION_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        NESTED_FIELD_NUMBER: _ClassVar[int]
        ON_HAND_FIELD_NUMBER: _ClassVar[int]
        RESERVED_FIELD_NUMBER: _ClassVar[int]
        AVAILABLE_FIELD_NUMBER: _ClassVar[int]
        location: str
        name: str
        nested: bool
        on_hand: _containers.RepeatedScalarFieldContainer[int]
        reserved: _containers.RepeatedScalarFieldContainer[int]
        available: _containers.RepeatedScalarFieldContainer[int]
        def __init__(self, location: _Optional[str] = ..., name: _Optional[str] = ..., nested: _Optional[bool] = ..., on_hand: _Optional[_Iterable[int]] = ..., reserved: _Optional[_Iterable[int]] = ..., available: _Optional[_Iterable[int]] = ...) -> None: ...
    class Computed(_message.Message):
        __slots__ = ("script", "values")
        SCRIPT_FIELD_NUMBER: _ClassVar[int]
        VALUES_FIELD_NUMBER: _ClassVar[int]
        script: str
        values: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, script: _Optional[str] = ..., values: _Optional[_Iterable[str]] = ...) -> None: ...
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    FIRST_POSITION_FIELD_NUMBER: _ClassVar[int]
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    SKUS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_FIELD_NUMBER: _ClassVar[int]
    position: int
    time_us: int
    first_position: int
    products: _containers.RepeatedScalarFieldContainer[str]
    skus: _containers.RepeatedScalarFieldContainer[str]
    columns: _containers.RepeatedCompositeFieldContainer[GetReportResp.Column]
    total: GetReportResp.Column
    next_page: str
    computed: _containers.RepeatedCompositeFieldContainer[GetReportResp.Computed]
    def __init__(self, position: _Optional[int] = ..., time_us: _Optional[int] = ..., first_position: _Optional[int] = ..., products: _Optional[_Iterable[str]] = ..., skus: _Optional[_Iterable[str]] = ..., columns: _Optional[_Iterable[_Union[GetReportResp.Column, _Mapping]]] = ..., total: _Optional[_Union[GetReportResp.Column, _Mapping]] = ..., next_page: _Optional[str] = ..., computed: _Optional[_Iterable[_Union[GetReportResp.Computed, _Mapping]]] = ...) -> None: ...

class DropReportReq(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DropReportResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class InstallScriptReq(_message.Message):
    __slots__ = ("hook", "name", "source")
    HOOK_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    hook: str
    name: str
    source: str
    def __init__(self, hook: _Optional[str] = ..., name: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class InstallScriptResp(_message.Message):
    __slots__ = ("version",)
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: int
    def __init__(self, version: _Optional[int] = ...) -> None: ...

class ListScriptsReq(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListScriptsResp(_message.Message):
    __slots__ = ("scripts",)
    class Version(_message.Message):
        __slots__ = ("version", "source", "installed_us", "removed_us", "active")
        VERSION_FIELD_NUMBER: _ClassVar[int]
        SOURCE_FIELD_NUMBER: _ClassVar[int]
        INSTALLED_US_FIELD_NUMBER: _ClassVar[int]
        REMOVED_US_FIELD_NUMBER: _ClassVar[int]
        ACTIVE_FIELD_NUMBER: _ClassVar[int]
        version: int
        source: str
        installed_us: int
        removed_us: int
        active: bool
        def __init__(self, version: _Optional[int] = ..., source: _Optional[str] = ..., installed_us: _Optional[int] = ..., removed_us: _Optional[int] = ..., active: _Optional[bool] = ...) -> None: ...
    class Script(_message.Message):
        __slots__ = ("hook", "name", "versions")
        HOOK_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        VERSIONS_FIELD_NUMBER: _ClassVar[int]
        hook: str
        name: str
        versions: _containers.RepeatedCompositeFieldContainer[ListScriptsResp.Version]
        def __init__(self, hook: _Optional[str] = ..., name: _Optional[str] = ..., versions: _Optional[_Iterable[_Union[ListScriptsResp.Version, _Mapping]]] = ...) -> None: ...
    SCRIPTS_FIELD_NUMBER: _ClassVar[int]
    scripts: _containers.RepeatedCompositeFieldContainer[ListScriptsResp.Script]
    def __init__(self, scripts: _Optional[_Iterable[_Union[ListScriptsResp.Script, _Mapping]]] = ...) -> None: ...

class RemoveScriptReq(_message.Message):
    __slots__ = ("hook", "name")
    HOOK_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    hook: str
    name: str
    def __init__(self, hook: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class RemoveScriptResp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListAlertsReq(_message.Message):
    __slots__ = ("before", "limit")
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    before: int
    limit: int
    def __init__(self, before: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListAlertsResp(_message.Message):
    __slots__ = ("alerts",)
    class Alert(_message.Message):
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
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[ListAlertsResp.Alert]
    def __init__(self, alerts: _Optional[_Iterable[_Union[ListAlertsResp.Alert, _Mapping]]] = ...) -> None: ...
