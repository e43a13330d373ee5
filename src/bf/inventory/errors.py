"""Every refusal of stock keeping: a name, a code, and a sentence with the facts and, where it helps, the remedy."""

from bf.core.refusal import Code, Refusal


class Blank(Refusal):
    """A name, SKU or code that is empty or only white space."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is blank"
    field: str


class TooLong(Refusal):
    """Text beyond its limit."""

    code = Code.INVALID_ARGUMENT
    text = "{field} has {chars} characters; {limit} allows {most}"
    field: str
    chars: int
    limit: str
    most: int


class TooMany(Refusal):
    """More items in one request than its limit."""

    code = Code.INVALID_ARGUMENT
    text = "{field} has {count} items; {limit} allows {most}: split the request"
    field: str
    count: int
    limit: str
    most: int


class NothingAsked(Refusal):
    """A request without the items that it is about."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is empty: name at least one"
    field: str


class NoChange(Refusal):
    """A change of zero units."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is 0: nothing would change"
    field: str


class NotPositive(Refusal):
    """A quantity of zero or less."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is {quantity}; it must be positive"
    field: str
    quantity: int


class Negative(Refusal):
    """A number below zero that cannot be."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is {number}; it must not be negative"
    field: str
    number: int


class TooManyUnits(Refusal):
    """A quantity beyond what a tenant may hold of one product."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is {quantity}; ON_HAND_UNITS_MAX allows {most}"
    field: str
    quantity: int
    most: int


class StockFull(Refusal):
    """A delivery that would lift a product beyond what a tenant may hold of it."""

    code = Code.FAILED_PRECONDITION
    text = "product {product} would have {on_hand} units on hand in all; ON_HAND_UNITS_MAX allows {most}"
    product: str
    on_hand: int
    most: int


class LocationNotFound(Refusal):
    """A uid that names no location."""

    code = Code.NOT_FOUND
    text = "{field}: no location has the uid {uid}"
    field: str
    uid: str


class ProductNotFound(Refusal):
    """A uid that names no product."""

    code = Code.NOT_FOUND
    text = "{field}: no product has the uid {uid}"
    field: str
    uid: str


class SkuNotFound(Refusal):
    """A SKU that names no product."""

    code = Code.NOT_FOUND
    text = "{field}: no product has the SKU {sku!r}"
    field: str
    sku: str


class ReservationNotFound(Refusal):
    """A uid that names no open reservation."""

    code = Code.NOT_FOUND
    text = "no open reservation has the uid {uid}"
    uid: str


class NameTaken(Refusal):
    """A location's name that a sibling has already."""

    code = Code.ALREADY_EXISTS
    text = "{field}: {parent} has a location named {name!r} already"
    field: str
    name: str
    parent: str


class SkuTaken(Refusal):
    """A SKU that a product has already."""

    code = Code.ALREADY_EXISTS
    text = "{field}: a product has the SKU {sku!r} already"
    field: str
    sku: str


class CodeTaken(Refusal):
    """A code that an open reservation has already."""

    code = Code.ALREADY_EXISTS
    text = "reservation: an open reservation has the code {reservation!r} already"
    reservation: str


class TooDeep(Refusal):
    """A location below the deepest level."""

    code = Code.FAILED_PRECONDITION
    text = "{field} would lie {depth} levels deep; LOCATION_DEPTH_MAX allows {most}"
    field: str
    depth: int
    most: int


class BadMove(Refusal):
    """The root does not move, and nothing moves into itself or into its own inside."""

    code = Code.FAILED_PRECONDITION
    text = "bad location move: {uid} cannot lie inside {into}"
    uid: str
    into: str


class Uncovered(Refusal):
    """A move that would leave a promise without its goods."""

    code = Code.FAILED_PRECONDITION
    text = "{uid} holds units of product {product} that are promised at {location}"
    uid: str
    product: str
    location: str


class RootHoldsNothing(Refusal):
    """The root is where the tree begins, not a place for goods."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is the root, which holds nothing itself: name a location inside it"
    field: str


class NotOnHand(Refusal):
    """Fewer units at a location than are to be taken from it."""

    code = Code.FAILED_PRECONDITION
    text = "not enough: {location} itself has {on_hand} units of product {product} on hand, {asked} were asked"
    location: str
    product: str
    on_hand: int
    asked: int


class NotAvailable(Refusal):
    """Fewer units inside a location than would be promised there."""

    code = Code.FAILED_PRECONDITION
    text = "not enough: {location} has {available} units of product {product} available inside, {asked} were asked"
    location: str
    product: str
    available: int
    asked: int


class NotReserved(Refusal):
    """Goods that the reservation does not promise, there or so many."""

    code = Code.FAILED_PRECONDITION
    text = (
        "{field}: the reservation promises {promised} more units of product {product} at {location}, {asked} were asked"
    )
    field: str
    product: str
    location: str
    promised: int
    asked: int


class TooMuchToShow(Refusal):
    """An answer beyond its limit."""

    code = Code.FAILED_PRECONDITION
    text = "the answer would have more than {most} items ({limit}): {remedy}"
    limit: str
    most: int
    remedy: str


class TagBothWays(Refusal):
    """A tag that one request would both add and remove."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: the tag {tag!r} is to be added and removed: choose one"
    field: str
    tag: str


class TooManyTags(Refusal):
    """A location that would have more tags than its limit."""

    code = Code.FAILED_PRECONDITION
    text = "{field}: the location would have {count} tags; LOCATION_TAGS_MAX allows {most}: remove some"
    field: str
    count: int
    most: int


class SamePlace(Refusal):
    """A transfer to where the goods are already."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is the source of the transfer too: name another location"
    field: str


class TransferTaken(Refusal):
    """A code that a transfer under way has already."""

    code = Code.ALREADY_EXISTS
    text = "{field}: a transfer with the code {transfer!r} is under way already"
    field: str
    transfer: str


class TransferNotFound(Refusal):
    """A code that no transfer under way has."""

    code = Code.NOT_FOUND
    text = "{field}: no transfer with the code {transfer!r} is under way"
    field: str
    transfer: str


class NotInTransit(Refusal):
    """More units than a transfer has in transit."""

    code = Code.FAILED_PRECONDITION
    text = (
        "{field}: the transfer has {in_transit} units of product {product} in transit, {asked} were asked: "
        "what arrived beyond that, enter by taking stock"
    )
    field: str
    product: str
    in_transit: int
    asked: int


class CountedTwice(Refusal):
    """A product that one stock-take counts more than once."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: the product {product} is counted twice: add the counts up"
    field: str
    product: str


class BelowPromise(Refusal):
    """A count that would leave a promise without its goods."""

    code = Code.FAILED_PRECONDITION
    text = (
        "{field}: {on_hand} units of product {product} would be left inside {location}, where {promised} are promised, "
        "some of them by the open reservation {reservation}: cancel or fulfil it first"
    )
    field: str
    product: str
    location: str
    on_hand: int
    promised: int
    reservation: str


class WaveTaken(Refusal):
    """A code that a wave has already."""

    code = Code.ALREADY_EXISTS
    text = "{field}: a wave has the code {wave!r} already"
    field: str
    wave: str


class WaveNotFound(Refusal):
    """A code that no wave has."""

    code = Code.NOT_FOUND
    text = "{field}: no wave has the code {wave!r}"
    field: str
    wave: str


class NothingToPick(Refusal):
    """A wave without reservations."""

    code = Code.FAILED_PRECONDITION
    text = "no open reservation outside other waves is placed inside {location}"
    location: str


class InAnotherWave(Refusal):
    """A reservation that a wave has already."""

    code = Code.FAILED_PRECONDITION
    text = "{field}: the reservation {reservation} is in the wave {wave!r} already"
    field: str
    reservation: str
    wave: str


class PlacedOutside(Refusal):
    """A reservation whose goods do not all lie inside a wave's location."""

    code = Code.FAILED_PRECONDITION
    text = "the reservation {reservation} is placed at {place}, which is not inside {location}"
    reservation: str
    place: str
    location: str
