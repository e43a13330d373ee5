"""The portable spec text: what was written is read again, and foreign text is taken or complained about by line."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf.adapters.kata.bundle import BundleError, read, write
from bf.adapters.kata.messages import line_of
from bf.core.refusal import Code, Told
from bf.core.spec import Spec, specs_of
from bf.core.uid import uid_text as u
from bf.inventory.api.events_pb2 import LocationAdded, LocationMoved, ProductAdded
from bf.inventory.api.requests_pb2 import (
    AddLocationsReq,
    AddLocationsResp,
    AddProductsReq,
    AddProductsResp,
    CancelReq,
    MoveLocationReq,
    MoveLocationResp,
    ReserveReq,
)
from bf.inventory.domain import INVENTORY

ANY_TEXT = st.text()
ONE_LINE = ANY_TEXT.filter(lambda text: text == " ".join(text.strip().splitlines()))
NAMES = ONE_LINE.filter(lambda name: bool(name) and not name.startswith(("//", "===", "---")))
PROSE = ANY_TEXT.filter(lambda prose: "\r" not in prose)
INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)


def again(specs: list[Spec]) -> list[Spec]:
    return read(write(specs), INVENTORY)


def test_our_specs_are_read_as_they_were_written() -> None:
    ours = [spec for spec in specs_of(INVENTORY) if not spec.heavy]  # reading half a million lines takes a minute
    assert len(ours) > 0
    assert again(ours) == [spec.portable() for spec in ours]


def test_a_heavy_spec_is_read_as_it_was_written_too() -> None:
    heavy = next(spec for spec in specs_of(INVENTORY) if spec.heavy)
    shorter = replace(heavy, given=heavy.given[:100])
    assert again([shorter]) == [shorter.portable()]


def test_no_specs_are_an_empty_bundle() -> None:
    assert again([]) == []


@given(name=NAMES, prose=PROSE, sku=ANY_TEXT, uid=ANY_TEXT)
def test_any_name_prose_and_string_is_read_as_it_was_written(name: str, prose: str, sku: str, uid: str) -> None:
    spec = Spec(
        name=name,
        prose=prose,
        given=[ProductAdded(uid=uid, sku=sku)],
        when=AddProductsReq(skus=[sku, uid]),
        then=AddProductsResp(uids=[uid]),
        events=[LocationMoved(uid=uid, new_parent=sku)],
    )
    assert again([spec, spec]) == [spec.portable()] * 2


@given(
    tags=st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=5),
    items=st.lists(st.tuples(ANY_TEXT, INT64), max_size=5),
    code=st.sampled_from([code for code in Code if code]),
    text=ONE_LINE,
)
def test_any_map_number_and_refusal_is_read_as_it_was_written(
    tags: dict[str, str], items: list[tuple[str, int]], code: Code, text: str
) -> None:
    lines = [ReserveReq.Item(sku=sku, quantity=quantity) for sku, quantity in items]
    request = ReserveReq(reservation="sale", items=lines, tags=tags)
    spec = Spec(name="an order", when=request, refused=Told(code=code, message=text))
    assert again([spec]) == [spec.portable()]


@given(sku=ANY_TEXT)
def test_a_message_is_one_printable_line(sku: str) -> None:
    line = line_of(ProductAdded(sku=sku))
    assert line.isprintable()


def test_messages_are_written_with_the_names_of_the_kata() -> None:
    spec = Spec(
        name="move locations",
        given=[LocationAdded(uid=u(1), name='the "big" one', parent=u(0))],
        when=MoveLocationReq(uid=u(1), new_parent=u(2)),
        then=MoveLocationResp(),
        events=[LocationMoved(uid=u(1), old_parent=u(0), new_parent=u(2))],
    )
    assert write([spec]) == (
        "move locations\n"
        "------------------------------------------\n"
        "GIVEN:\n"
        '  LocationAdded uid:"00000000-0000-0000-0000-000000000001" name:"the \\"big\\" one"'
        ' parent:"00000000-0000-0000-0000-000000000000"\n'
        "WHEN:\n"
        '  MoveLocationReq uid:"00000000-0000-0000-0000-000000000001"'
        ' newParent:"00000000-0000-0000-0000-000000000002"\n'
        "THEN:\n"
        "  MoveLocationResp\n"
        "EVENTS:\n"
        '  LocationMoved uid:"00000000-0000-0000-0000-000000000001" oldParent:"00000000-0000-0000-0000-000000000000"'
        ' newParent:"00000000-0000-0000-0000-000000000002"\n'
    )


def test_nested_messages_and_maps_are_written_in_a_defined_order() -> None:
    locations = AddLocationsReq(locs=[AddLocationsReq.Loc(name="a", locs=[AddLocationsReq.Loc(name="b")])])
    assert line_of(locations) == 'AddLocationsReq locs:{name:"a" locs:{name:"b"}}'
    tags = {f"{number:02}": "x" for number in range(20)}
    assert line_of(ReserveReq(tags=tags)) == line_of(ReserveReq(tags=dict(reversed(tags.items()))))


FOREIGN = """
================

  two pallets are one delivery
---
    // A driver unloads
    //   both at once.
GIVEN:

WHEN:
\tAddLocationsReq    locs: { name: 'left' }    locs { name:"\\u0072ight" }
EVENTS:
  LocationAdded uid:"1"   name:"left"

  LocationAdded uid:"2" name:"right"
THEN:
  AddLocationsResp
=====
a name with GIVEN: in it
----------
WHEN:
CancelReq
ERROR:
 Canceled:   by somebody: else
EVENTS:

===

"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_foreign_text_is_read_with_its_own_spaces_line_ends_and_order(newline: str) -> None:
    two, cancelled = read("\ufeff" + FOREIGN.replace("\n", newline), INVENTORY)
    assert two == Spec(
        name="two pallets are one delivery",
        prose="A driver unloads\n  both at once.",
        when=AddLocationsReq(locs=[AddLocationsReq.Loc(name="left"), AddLocationsReq.Loc(name="right")]),
        then=AddLocationsResp(),
        events=(LocationAdded(uid="1", name="left"), LocationAdded(uid="2", name="right")),
    )
    assert cancelled == Spec(
        name="a name with GIVEN: in it",
        when=CancelReq(),
        refused=Told(code=Code.CANCELLED, message="by somebody: else"),
    )


WELL = ["one", "---", "GIVEN:", "WHEN:", "  CancelReq", "THEN:", "  CancelResp", "EVENTS:", "  Cancelled"]


def test_the_lines_of_the_following_mistakes_are_well_without_them() -> None:
    assert len(read("\n".join(WELL), INVENTORY)) == 1


MISTAKES: dict[str, tuple[int, list[str], str]] = {
    "short underline": (2, ["--"], "line 1: a line of at least three -"),
    "no section": (3, ["hello"], "line 3: 'hello' stands under no section"),
    "no WHEN": (4, [], "line 1: the spec 'one' has no message under WHEN:"),
    "empty WHEN": (5, [], "line 1: the spec 'one' has no message under WHEN:"),
    "two requests": (5, ["CancelReq", "CancelReq"], "line 6: a second line under WHEN:"),
    "event as request": (5, ["Cancelled"], "line 5: 'Cancelled' is no request of this domain"),
    "unknown field": (5, ["CancelReq code:3"], 'line 5: CancelReq: Message type "protos.CancelReq" has no field named'),
    "open quote": (5, ['CancelReq reservation:"'], "line 5: CancelReq: "),
    "not UTF-8": (5, ['CancelReq reservation:"\\377"'], "line 5: CancelReq: "),
    "too deep": (5, [f"AddLocationsReq {'locs:{' * 3000}{'}' * 3000}"], "line 5: AddLocationsReq: "),
    "deeper than protobuf": (5, [f"AddLocationsReq {'locs:{' * 101}{'}' * 101}"], "line 5: AddLocationsReq: "),
    "no answer": (7, [], "line 1: the spec 'one' needs a message under THEN:, or an ERROR:"),
    "two outcomes": (7, ["CancelResp", "ERROR:", "NotFound: x"], "line 1: the spec 'one' needs a message under THEN:"),
    "two answers": (7, ["CancelResp", "CancelResp"], "line 8: a second line under THEN:"),
    "message as error": (6, ["ERROR:"], "line 7: 'CancelResp' is no code of an error"),
    "error OK": (7, ["ERROR:", "OK: x"], "line 8: 'OK' is no code of an error"),
    "error and events": (7, ["ERROR:", "NotFound: x"], "line 10: the spec 'one' has an ERROR:, so nothing can happen"),
    "second section": (9, ["Cancelled", "WHEN:"], "line 10: a second WHEN: in one spec"),
    "request as event": (9, ["CancelReq"], "line 9: 'CancelReq' is no event of this domain"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_line(mistake: str) -> None:
    line, others, complaint = MISTAKES[mistake]
    with pytest.raises(BundleError) as error:
        read("\n".join([*WELL[: line - 1], *others, *WELL[line:]]), INVENTORY)
    assert str(error.value).startswith(complaint)


def test_a_name_alone_is_no_spec() -> None:
    with pytest.raises(BundleError, match="line 3: a line of at least three -"):
        read("\n\none", INVENTORY)


@given(text=st.text() | st.lists(st.sampled_from([*WELL, "===", "ERROR:", "NotFound: x", "{", '"'])).map("\n".join))
def test_any_text_is_read_or_complained_about(text: str) -> None:
    with suppress(BundleError):
        read(text, INVENTORY)


@pytest.mark.parametrize("name", ["", " ", " x", "two\nlines", "// x", "===", "--- x", "a\u2028b"])
def test_a_name_that_cannot_be_read_again_is_not_written(name: str) -> None:
    with pytest.raises(BundleError, match="a name is one line of words"):
        write([Spec(name=name, when=CancelReq())])


def test_line_breaks_in_a_refusal_become_spaces() -> None:
    spec = Spec(name="x", when=ReserveReq(), refused=Told(code=Code.ABORTED, message="two\nlines"))
    assert again([spec])[0].refused == Told(code=Code.ABORTED, message="two lines")
