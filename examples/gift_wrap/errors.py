"""Every refusal of gift wrapping."""

from bf.core.refusal import Code, Refusal


class WrappedAlready(Refusal):
    """A reservation that is wrapped in other paper."""

    code = Code.ALREADY_EXISTS
    text = "the reservation {reservation} is wrapped in {paper!r} already"
    reservation: str
    paper: str


class NoSuchWave(Refusal):
    """A code that no wave has."""

    code = Code.NOT_FOUND
    text = "{field}: no wave has the code {wave!r}"
    field: str
    wave: str
