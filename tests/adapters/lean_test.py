"""Lean blocks of headers against hpack itself: whatever is sent, the other end reads the same."""

from typing import Any

from h2.config import H2Configuration
from hpack import Decoder, Encoder
from hpack.exceptions import HPACKError
from hypothesis import given
from hypothesis import strategies as st

from bf.adapters.grpc import lean
from bf.adapters.grpc.frames import literal
from bf.adapters.grpc.lean import KNOWN_BLOCKS_MAX, LeanDecoder, LeanEncoder, LeanH2

Header = tuple[bytes, bytes]
NAMES = st.sampled_from(
    [b":path", b":method", b"te", b"tenant", b"authorization", b"request-id", b"grpc-message", b"x"]
)
HEADERS = st.lists(st.tuples(NAMES, st.binary(max_size=300)), max_size=8)
PAST = st.lists(st.one_of(HEADERS, st.integers(0, 4_096)), min_size=1, max_size=30)
"""Blocks, and new sizes of the dynamic table in between; a few blocks come again and again."""

GRPC = [(b":method", b"POST"), (b":path", b"/service/Call"), (b"te", b"trailers"), (b"tenant", b"acme")]


def told(past: list[Any], encoder: Encoder, decoder: Decoder) -> list[list[Header]]:
    """Let one end write what the other one reads."""
    read: list[list[Header]] = []
    for each in [*past, *past]:
        if isinstance(each, int):
            if each != encoder.header_table_size:  # said twice, hpack itself forgets that it was said at all
                encoder.header_table_size = each
        else:
            read.append([(name, value) for name, value in decoder.decode(encoder.encode(each), raw=True)])
    return read


@given(PAST)
def test_either_end_understands_the_other(past: list[Any]) -> None:
    expected = [each for each in [*past, *past] if not isinstance(each, int)]
    assert told(past, LeanEncoder(), Decoder()) == expected
    assert told(past, Encoder(), LeanDecoder(65_536)) == expected
    assert told(past, LeanEncoder(), LeanDecoder(65_536)) == expected


def test_what_comes_again_is_neither_written_nor_read_again(monkeypatch: Any) -> None:  # noqa: ANN401  # pytest's
    encoder, decoder = LeanEncoder(), LeanDecoder(65_536)
    told([GRPC], encoder, decoder)  # what was new is in the tables

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was known")

    monkeypatch.setattr(lean.Encoder, "encode", never)
    monkeypatch.setattr(lean.Decoder, "decode", never)
    first = told([GRPC], encoder, decoder)
    first[0].append((b"changed by", b"its reader"))
    assert told([GRPC], encoder, decoder) == [GRPC, GRPC]


def test_what_differs_in_every_call_pushes_nothing_out_and_is_not_kept_for_ever() -> None:
    encoder, decoder = LeanEncoder(), LeanDecoder(65_536)
    told([GRPC], encoder, decoder)
    size = len(encoder.encode(GRPC))
    for number in range(10 * KNOWN_BLOCKS_MAX):
        block = [*GRPC, (b"request-id", b"%032d" % number)]
        assert told([block], encoder, decoder) == [block, block]
    assert len(encoder.encode(GRPC)) == size
    known: list[Any] = [vars(each)["_known"] for each in (encoder, decoder)]
    assert all(len(each) <= KNOWN_BLOCKS_MAX for each in known)


@given(st.lists(st.tuples(NAMES, st.binary(max_size=20_000)), max_size=4), st.booleans(), st.integers(0, 40))
def test_what_is_read_in_short_is_what_hpack_reads(headers: list[Header], cut: bool, at: int) -> None:  # noqa: FBT001  # drawn
    block = b"".join(literal(name, value) for name, value in headers)
    for damaged in (block, block[:at] if cut else block[:at] + b"\xff" + block[at + 1 :], b"\x88\x83" + block):
        assert outcome(LeanDecoder(65_536), damaged) == outcome(Decoder(65_536), damaged)


def outcome(decoder: Decoder, block: bytes) -> Any:  # noqa: ANN401  # headers, or what is wrong with them
    try:
        return [(name, value) for name, value in decoder.decode(block, raw=True)]
    except (HPACKError, IndexError) as error:
        return type(error)


def test_what_was_looked_at_is_read_once_more_and_then_changes_nothing() -> None:
    encoder, decoder = LeanEncoder(), LeanDecoder(65_536)
    block = encoder.encode([*GRPC, (b"x", b"new to the table")])
    first = [*decoder.decode(block, raw=True)]
    decoder.look_back(block)
    version = decoder.version
    assert [*decoder.decode(block, raw=True)] == first
    assert decoder.version == version
    assert [*decoder.decode(block, raw=True)] == first
    assert decoder.version > version, "only once"


SIZE_0, SIZE_4096 = b"\x20", b"\x3f\xe1\x1f"
POST = b"\x83"


def test_a_size_of_the_table_that_is_told_again_holds_again() -> None:
    lean_one, theirs = LeanDecoder(65_536), Decoder(65_536)
    for block in (SIZE_0 + POST, SIZE_4096 + POST, SIZE_0 + POST, b"\x40\x01x\x01y", b"\xbe"):
        assert outcome(lean_one, block) == outcome(theirs, block)


def test_limits_of_h2_stay_those_of_its_decoder() -> None:
    h2 = LeanH2(H2Configuration(client_side=False))
    assert isinstance(h2.decoder, LeanDecoder)
    assert h2.decoder.max_header_list_size == 65_536
    assert h2.decoder.max_allowed_table_size == 4_096
