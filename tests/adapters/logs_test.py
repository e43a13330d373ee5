"""The log: what goes wrong is told with all that finds it, and without a word of what tenants have stored."""

import asyncio
import io
import json
import logging
import re
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, cast

import apsw
import grpc
import pytest
from google.protobuf.message import DecodeError
from tests.support.serving import Bf, Caller
from tests.support.tenants import ACME, new_tenant, node_on

from bf.adapters.access.limits import LOG_LINES_MAX
from bf.adapters.logs.lines import FRAMES_COUNT_MAX, TROUBLES_COUNT_MAX, JsonLines, TextLines
from bf.adapters.logs.writing import FORMS, SENTENCES_OF_OURS
from bf.core.ports import DamagedLogError
from bf.core.refusal import Code
from bf.core.tx import Tx
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY

SECRET = "sku-nobody-may-see"
EVERY_FORM = pytest.mark.parametrize("form", FORMS)


@contextmanager
def heard(form: str) -> Generator[io.StringIO]:
    """Listen to everything that is logged, in a form."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(FORMS[form](SENTENCES_OF_OURS))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield told
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def value_error() -> NoReturn:
    raise ValueError(f"{SECRET} is not a number")


def failed_assertion() -> NoReturn:
    raise AssertionError((SECRET, 1))


def unknown_key() -> NoReturn:
    raise KeyError(SECRET)


def one_from_another() -> NoReturn:
    try:
        value_error()
    except ValueError as error:
        raise RuntimeError(f"because of {SECRET}") from error


def one_in_another() -> NoReturn:
    try:
        value_error()
    except ValueError:
        raise RuntimeError(SECRET)  # noqa: B904  # that is the case


def many() -> NoReturn:
    raise ExceptionGroup(SECRET, [ValueError(SECRET), KeyError(SECRET)])


def sql() -> NoReturn:
    raise apsw.SQLError(f"no such column: {SECRET}")


def protobuf() -> NoReturn:
    raise DecodeError(f"Error parsing message: {SECRET}")


FAILURES: list[Callable[[], NoReturn]] = [
    value_error,
    failed_assertion,
    unknown_key,
    one_from_another,
    one_in_another,
    many,
    sql,
    protobuf,
]


@EVERY_FORM
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
def test_a_handler_that_fails_is_told_without_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, failure: Callable[[], NoReturn]
) -> None:
    handlers = cast("dict[type[Any], Any]", INVENTORY.handlers)

    def fail(_tx: Tx, _req: rq.AddProductsReq) -> NoReturn:
        failure()

    monkeypatch.setitem(handlers, rq.AddProductsReq, fail)
    new_tenant(tmp_path)

    async def ask() -> None:
        async with node_on(tmp_path) as node:
            answer = await node.call(ACME, rq.AddProductsReq(skus=[SECRET]), "")
            assert answer.code == Code.INTERNAL
            assert SECRET not in answer.message

    with heard(form) as told:
        asyncio.run(ask())
    text = told.getvalue()
    assert "tenant acme: AddProductsReq failed" in text
    assert re.search(rf"logs_test\.py:\d+:{failure.__name__}", text), text
    assert "bf/node/decide.py:" in text
    assert SECRET not in text


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def log(form: str, message: str, *args: object, name: str = "bf.test", error: BaseException | None = None) -> str:
    """Write one line, and return it."""
    with heard(form) as told:
        logging.getLogger(name).warning(message, *args, exc_info=error)
    return told.getvalue()


def caught(failure: Callable[[], NoReturn]) -> BaseException:
    try:
        failure()
    except BaseException as error:  # noqa: BLE001  # whatever it is
        return error


def test_json_has_a_line_for_each_record_and_a_name_for_each_part() -> None:
    (line,) = lines_of(log("json", "tenant %s: %s\nfailed", ACME, "ReserveReq", error=caught(one_from_another)))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("time"))
    frames = [found.pop("frames") for found in line["exceptions"]]
    assert line == {
        "level": "WARNING",
        "logger": "bf.test",
        "message": "tenant acme: ReserveReq\nfailed",
        "tenant": ACME,
        "exceptions": [{"type": "RuntimeError"}, {"type": "ValueError"}],
    }
    assert re.fullmatch(r".*logs_test\.py:\d+:one_from_another", frames[0][-1])
    assert [frame.rpartition(":")[2] for frame in frames[1]] == ["one_from_another", "value_error"]


def test_a_line_that_is_about_no_tenant_names_none() -> None:
    (line,) = lines_of(log("json", "uid %s is no operator", 1))
    assert "tenant" not in line
    assert "exceptions" not in line


@EVERY_FORM
def test_sentences_of_ours_are_told(form: str) -> None:
    ours = DamagedLogError("log-1-k1.db: batch 7 is missing")
    assert "batch 7 is missing" in log(form, "tenant %s cannot be opened", ACME, error=ours)
    assert "batch 7 is missing" in log(form, "tenant %s: %s", ACME, ours)


@EVERY_FORM
def test_a_foreign_exception_among_the_arguments_is_told_by_its_name(form: str) -> None:
    text = log(form, "tenant %s: %s %r %(x)s".replace(" %(x)s", ""), ACME, ValueError(SECRET), KeyError(SECRET))
    assert "ValueError" in text
    assert "KeyError" in text
    assert SECRET not in text
    text = log(form, "%(tenant)s %(why)s", {"tenant": ACME, "why": ValueError(SECRET)})
    assert "acme ValueError" in text
    assert SECRET not in text


@EVERY_FORM
def test_what_libraries_quote_is_left_out(form: str) -> None:
    async def leave_a_task_behind() -> None:
        loop = asyncio.get_running_loop()

        async def fail() -> None:
            value_error()

        loop.call_soon(lambda secret: value_error(), SECRET)  # noqa: ARG005  # asyncio would quote it
        task = loop.create_task(fail())
        await asyncio.wait([task])
        loop.call_exception_handler({"message": f"Task exception was never retrieved (key {SECRET})", "future": task})

    with heard(form) as told:
        asyncio.run(leave_a_task_behind())
    text = told.getvalue()
    assert "Exception in callback" in text
    assert "Task exception was never retrieved" in text
    assert SECRET not in text
    assert "Read" in log(form, "Read %s bytes: '%s'", 3, SECRET, name="library")
    assert SECRET not in log(form, f"Read: {{'{SECRET}'}}", name="library")
    assert SECRET not in log(form, "Read %s", SECRET, name="bfs.library")


def test_no_value_can_forge_a_line_of_text() -> None:
    text = log("text", "uid %s", "1\n2026 ERROR bf.cell \x1b[31mforged\u2028")
    assert text.count("\n") == 1
    assert r"1\n2026 ERROR bf.cell \x1b[31mforged\u2028" in text


def endless(depth: int) -> NoReturn:
    if depth:
        endless(depth - 1)
    raise ValueError(SECRET)


def test_a_deep_chain_has_an_end() -> None:
    error = caught(lambda: endless(100))
    for _ in range(20):
        error, before = RuntimeError(SECRET), error
        error.__cause__ = before
    (line,) = lines_of(log("json", "failed", error=error))
    assert len(line["exceptions"]) == TROUBLES_COUNT_MAX
    (line,) = lines_of(log("json", "failed", error=caught(lambda: endless(100))))
    assert len(line["exceptions"][0]["frames"]) == FRAMES_COUNT_MAX
    assert "endless" in line["exceptions"][0]["frames"][-1]


def test_a_line_whose_arguments_do_not_fit_is_still_a_line() -> None:
    record = logging.makeLogRecord({"name": "bf.test", "msg": "%s and %s", "args": (SECRET,)})
    assert TextLines(()).format(record).endswith(" bf.test %s and %s")
    assert json.loads(JsonLines(()).format(record))["message"] == "%s and %s"


FAILING_SERVER = """
import sys
from bf.cli.main import main
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY

def fail(tx, req):
    raise ValueError(req.skus[0])

INVENTORY.handlers[rq.AddProductsReq] = fail
sys.exit(main(sys.argv[1:]))
"""


@EVERY_FORM
def test_a_server_whose_handlers_fail_tells_no_data(tmp_path: Path, form: str) -> None:
    new_tenant(tmp_path)
    words = ["serve", "--plain", "--data", tmp_path, "--addr", "127.0.0.1:0", "--log", form]
    with Bf(words, program=["-c", FAILING_SERVER]) as server:
        address = server.expect("serving ").split(" on ", 1)[1].split(",", 1)[0]
        with Caller(address, ACME) as caller, pytest.raises(grpc.RpcError) as failed:
            caller.call(rq.AddProductsReq(skus=[SECRET]))
        assert SECRET not in str(failed.value)
        line = server.expect("AddProductsReq failed")
        server.signal(signal.SIGTERM)
        assert server.end() == 0
    assert SECRET not in server.said
    assert "ValueError" in server.said
    assert re.search(r"<string>:\d+:fail", server.said)
    if form == "json":
        assert json.loads(line)["tenant"] == ACME


ENDING_PROCESS = """
import logging, sys, threading
from bf.adapters.logs.writing import write_logs

def fail():
    raise ValueError(sys.argv[2])

write_logs(sys.argv[1])
for number in range(1_000):
    logging.getLogger("bf.flood").warning("line %s", number)
logging.getLogger("bf.flood").warning("%s and %s", sys.argv[2])
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""


@EVERY_FORM
def test_what_ends_a_thread_or_the_process_is_told_too_and_no_flood_fills_the_disk(form: str) -> None:
    with Bf([form, SECRET], program=["-c", ENDING_PROCESS]) as process:
        assert process.end() == 1
    lines = process.said.splitlines()
    assert len([line for line in lines if "bf.flood" in line]) == LOG_LINES_MAX
    assert "a thread failed" in process.said
    assert "the process ends" in process.said
    assert re.search(r"<string>:\d+:fail", lines[-1])
    assert SECRET not in process.said


EVERY_LOGGER_CALL = re.compile(r"^\s*(?:logger|log)\.\w+\((?P<first>.*)$", re.MULTILINE)


def calls_of_loggers() -> Iterator[tuple[Path, str]]:
    for path in (Path(__file__).parents[2] / "src" / "bf").rglob("*.py"):
        for found in EVERY_LOGGER_CALL.finditer(path.read_text("utf-8")):
            yield path, found["first"].strip()


def test_no_line_of_ours_puts_an_exceptions_text_into_its_words() -> None:
    assert [
        (path.name, first) for path, first in calls_of_loggers() if "str(error)" in first or "{error" in first
    ] == []
