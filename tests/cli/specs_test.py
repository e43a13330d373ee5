"""The commands about specs: test, export and explore, through their own arguments."""

import json
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from google.protobuf.message import Message

from bf.adapters.kata.bundle import read
from bf.cli.main import main
from bf.cli.outcomes import GREEN, RED
from bf.core.spec import specs_of
from bf.core.tx import Tx
from bf.inventory.api.requests_pb2 import CancelReq
from bf.inventory.domain import INVENTORY

ONE = "cancelling a reservation gives everything back"

U1, U2 = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"

WRONG = f"""\
the shelf has one more than it has
---
GIVEN:
  LocationAdded uid:"{U1}" name:"Shelf" parent:"00000000-0000-0000-0000-000000000000"
  ProductAdded uid:"{U2}" sku:"cola"
WHEN:
  UpdateInventoryReq location:"{U1}" product:"{U2}" OnHandChange:3
THEN:
  UpdateInventoryResp OnHand:3
EVENTS:
  InventoryUpdated location:"{U1}" product:"{U2}" OnHandChange:3 OnHand:4
===
nobody is refused
---
WHEN:
  AddProductsReq skus:"cola"
ERROR:
  NotFound: no such thing
===
products are added
---
WHEN:
  AddProductsReq skus:"cola"
THEN:
  AddProductsResp uids:"{U1}"
EVENTS:
  ProductAdded uid:"{U1}" sku:"cola"
"""

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    path = tmp_path / "wrong.txt"
    path.write_text(WRONG, encoding="utf-8")
    return str(path)


def test_specs_that_hold_are_counted(capsys: Capture) -> None:
    assert main(["test", ONE]) == 0
    assert re.fullmatch(r"1 passed, 0 failed in \d+\.\d\d s\n", capsys.readouterr().out)


def test_the_pattern_is_about_names_and_features_in_any_case(capsys: Capture) -> None:
    cancels = [spec for spec in specs_of(INVENTORY) if isinstance(spec.when, CancelReq)]
    assert main(["test", r"STOCK\.cancel$", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] == len(cancels) > 1


def test_a_failing_spec_is_told_with_all_that_one_needs(wrong: str, capsys: Capture) -> None:
    assert main(["test", "--file", wrong]) == 1
    out = capsys.readouterr().out
    first, second, last = out.split("\n\n")
    assert first == (
        "FAILED the shelf has one more than it has  (inventory.stock.update)\n"
        "  given\n"
        f'    LocationAdded uid:"{U1}" name:"Shelf" parent:"00000000-0000-0000-0000-000000000000"\n'
        f'    ProductAdded uid:"{U2}" sku:"cola"\n'
        "  when\n"
        f'    UpdateInventoryReq location:"{U1}" product:"{U2}" on_hand_change:3\n'
        "  expected\n"
        "    UpdateInventoryResp on_hand:3\n"
        "  events\n"
        f'    InventoryUpdated location:"{U1}" product:"{U2}" on_hand_change:3 on_hand:4\n'
        "  but\n"
        "    Events[0].on_hand: expected 4, got 3"
    )
    assert "  expected\n    NotFound: no such thing\n  but\n    Status: expected NotFound, got OK\n" in second
    assert re.fullmatch(r"1 passed, 2 failed in \d+\.\d\d s\n", last)


def test_a_run_is_told_to_machines(wrong: str, capsys: Capture) -> None:
    assert main(["test", "shelf|added", "--file", wrong, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["passed"], told["failed"]) == (1, 1)
    assert told["specs"][0] == {
        "name": "the shelf has one more than it has",
        "feature": "inventory.stock.update",
        "passed": False,
        "differences": [{"path": "Events[0].on_hand", "expected": "4", "actual": "3"}],
        "error": "",
    }


def test_a_spec_that_meets_a_bug_fails_and_the_others_run(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def bug(_tx: Tx, _request: Message) -> Message:
        raise ZeroDivisionError("of all things")

    monkeypatch.setitem(INVENTORY.handlers, CancelReq, bug)
    assert main(["test", f"{ONE}|new products are numbered"]) == 1
    out = capsys.readouterr().out
    assert "    ZeroDivisionError: of all things\n" in out
    assert "1 passed, 1 failed" in out


@pytest.mark.parametrize(("no_colour", "terminal"), [("", "tty"), ("1", "tty"), ("", "")])
def test_only_a_terminal_without_no_color_sees_colours(
    no_colour: str,
    terminal: str,
    wrong: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: bool(terminal))
    assert main(["test", "--file", wrong]) == 1
    out = capsys.readouterr().out
    assert (RED in out, GREEN in out) == ((True, True) if terminal and not no_colour else (False, False))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["test", "zzz"], r"bf: PATTERN: none of the \d+ specs matches 'zzz'"),
        (["test", "("], r"bf: PATTERN: '\(' is no regular expression: "),
        (["test", "--file", "/nowhere.txt"], "bf: --file: cannot read /nowhere.txt: No such file"),
        (["test", "--file", "/"], "bf: --file: cannot read /: Is a directory"),
        (["test", "--subject", "127.0.0.1"], "bf: --subject: '127.0.0.1' is not HOST:PORT"),
        (["test", "--subject", "127.0.0.1:1"], "bf: --subject: 127.0.0.1:1 cannot be reached: .*bf subject --addr"),
        (["export", "zzz"], "bf: PATTERN: none of the"),
        (["export", "--out", "/nowhere/x"], "bf: --out: cannot write /nowhere/x: No such file"),
        (["explore", "0"], r"bf: SPEC: there is no spec 0; they are numbered from 1 to \d+"),
        (["explore", "99999"], "bf: SPEC: there is no spec 99999"),
        (["explore", "zzz"], "bf: PATTERN: none of the"),
        (["explore", "1", "--out", "/nowhere/x"], "bf: --out: there is no folder /nowhere"),
    ],
    ids=str,
)
def test_a_wrong_call_says_what_is_wrong(words: list[str], complaint: str, capsys: Capture) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.match(complaint, err)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "has no specs"),
        (b"one\n", "line 1: a line of at least three - must follow"),
        (b"one\n---\nWHEN:\n  Cancel\n", "line 4: 'Cancel' is no request"),
        (b"\xff", "is not UTF-8 at byte 0"),
    ],
)
def test_a_bundle_that_cannot_be_read_is_told(content: bytes, complaint: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "bundle.txt"
    path.write_bytes(content)
    assert main(["test", "--file", str(path)]) == 2
    assert complaint in capsys.readouterr().err


def test_our_light_specs_are_exported_and_hold_as_a_bundle(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "ours.txt"
    light = [spec.portable() for spec in specs_of(INVENTORY) if not spec.heavy]
    assert main(["export", "--out", str(path)]) == 0
    assert f"{len(light)} specs written" in capsys.readouterr().err
    assert read(path.read_text("utf-8"), INVENTORY) == light
    assert main(["test", "--file", str(path)]) == 0
    assert capsys.readouterr().out.startswith(f"{len(light)} passed, 0 failed")


def test_an_export_without_a_file_is_the_bundle_and_nothing_else(capsys: Capture) -> None:
    assert main(["export", ONE]) == 0
    assert [spec.name for spec in read(capsys.readouterr().out, INVENTORY)] == [ONE]


def test_an_explored_spec_leaves_its_final_state_as_plain_sqlite(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "state.db"
    assert main(["explore", ONE, "--out", str(path)]) == 0
    out = capsys.readouterr().out
    assert "event: Cancelled" in out
    assert re.search(r"\n  reservation +0 rows\n", out)
    assert f"sqlite3 {path}" in out
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT sku FROM product").fetchall() == [("cola",)]
        assert database.execute("SELECT count(*) FROM reservation").fetchone() == (0,)
        assert database.execute("SELECT event > 0 FROM bf_state").fetchone() == (1,)
        schema = "\n".join(sql for (sql,) in database.execute("SELECT sql FROM sqlite_schema WHERE sql NOT NULL"))
    assert "-- What can be stocked." in schema


def test_a_refused_spec_leaves_what_was_given(wrong: str, tmp_path: Path, capsys: Capture) -> None:
    refused = next(spec for spec in specs_of(INVENTORY) if spec.refused and spec.given and not spec.heavy)
    assert refused.refused is not None
    assert main(["explore", f"^{re.escape(refused.name)}$", "--out", str(tmp_path / "state.db")]) == 0
    assert f"refused: {refused.refused.code.title}: {refused.refused}" in capsys.readouterr().out
    assert main(["explore", "3", "--file", wrong, "--out", str(tmp_path / "other.db")]) == 0
    assert "products are added" in capsys.readouterr().out


def test_a_spec_that_meets_a_bug_leaves_what_was_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    def bug(_tx: Tx, _request: Message) -> Message:
        raise ZeroDivisionError("of all things")

    monkeypatch.setitem(INVENTORY.handlers, CancelReq, bug)
    path = tmp_path / "state.db"
    assert main(["explore", ONE, "--out", str(path)]) == 1
    assert "a bug: ZeroDivisionError: of all things" in capsys.readouterr().out
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM reservation").fetchone() == (1,)


def test_exploring_overwrites_only_by_force(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "precious.txt"
    path.write_text("mine")
    assert main(["explore", ONE, "--out", str(path)]) == 2
    assert f"bf: --out: {path} exists; name another file or add --force" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert main(["explore", ONE, "--out", str(path), "--force"]) == 0
    assert path.read_bytes().startswith(b"SQLite format 3")


def test_exploring_without_a_file_takes_a_new_one_each_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert [main(["explore", ONE]) for _ in range(2)] == [0, 0]
    assert len(set(re.findall(rf"^{tmp_path}\S+$", capsys.readouterr().out, re.MULTILINE))) == 2


def test_a_pattern_that_several_specs_match_lists_them_with_their_numbers(capsys: Capture) -> None:
    assert main(["explore", "cancel"]) == 2
    err = capsys.readouterr().err
    number = next(number for number, spec in enumerate(specs_of(INVENTORY), start=1) if "cancel" in spec.name)
    assert re.match(r"bf: SPEC: \d+ specs match 'cancel'; name one by its number:\n", err)
    assert re.search(rf"^ +{number}  ", err, re.MULTILINE)
