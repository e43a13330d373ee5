"""CPython's own tests of asyncio hold on the simulator's loop: what its documentation promises is so here too."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]

MODULES = [
    *(
        f"test_asyncio.test_{name}"
        for name in (
            *("context", "futures", "futures2", "locks", "pep492", "protocols", "queues", "runners", "streams"),
            *("taskgroups", "tasks", "threads", "timeouts", "waitfor"),
        )
    ),
    *("test_asyncgen", "test_contextlib_async", "test_coroutines"),
]

THREADS = {
    "RunCoroutineThreadsafeTests": "a thread waits for what the loop does meanwhile; without threads it waits for ever",
}
"""Classes that are not even begun."""

EXCLUDED = {
    "test_bare_create_task": "asks for the class of a task, which is ours here",
    "test_stop_while_run_in_complete": "asks for a time that CPython's test loop adds after the end",
    "test_async_writer_api": "wants a real socket",
    "test_async_writer_api_exception_after_close": "wants a real socket",
    "test_drain_raises": "wants a real socket",
    "test_eof_feed_when_closing_writer": "wants a real socket",
    "test_loop_is_closed_resource_warnings": "wants a real socket",
    "test_open_connection": "wants a real socket",
    "test_open_connection_error": "wants a real socket",
    "test_open_connection_no_loop_ssl": "wants a real socket",
    "test_open_unix_connection": "wants a real socket",
    "test_open_unix_connection_error": "wants a real socket",
    "test_open_unix_connection_no_loop_ssl": "wants a real socket",
    "test_read_all_from_pipe_reader": "wants a real pipe",
    "test_start_server": "wants a real socket",
    "test_start_tls": "wants a real socket",
    "test_start_unix_server": "wants a real socket",
    "test_unclosed_resource_warnings": "wants a real socket",
    "test_unhandled_exceptions": "wants a real socket",
    "test_wait_closed_on_close": "wants a real socket",
    "test_wait_closed_on_close_with_unread_data": "wants a real socket",
}
"""Tests that cannot hold here, and why."""

Ended = dict[str, dict[str, str]]
"""By module and test, what went wrong, if anything."""

pytestmark = [
    pytest.mark.skipif(
        not (importlib.util.find_spec("test") and importlib.util.find_spec("test.test_asyncio")),
        reason="this Python has no tests of its own: on Debian they are in libpython3-testsuite",
    ),
    pytest.mark.skipif(
        sys.version_info[:2] != (3, 11), reason="what is excluded is written for the tests of Python 3.11"
    ),
]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    command = [
        sys.executable,
        "-W",
        "ignore",
        str(HERE / "support" / "cpython.py"),
        ",".join(MODULES),
        ",".join(THREADS),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path_factory.mktemp("cpython"),
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout)


def method(name: str) -> str:
    return name.rpartition(".")[2]


@pytest.mark.parametrize("module", MODULES)
def test_what_cpython_promises_of_asyncio_holds_here(ended: Ended, module: str) -> None:
    wrong = {
        name: told
        for name, told in ended[module].items()
        if told and not told.startswith("skipped") and method(name) not in EXCLUDED
    }
    assert wrong == {}


def test_far_more_than_two_hundred_of_them_hold(ended: Ended) -> None:
    assert sum(not told for names in ended.values() for told in names.values()) >= 1_500


def test_nothing_is_excluded_that_holds(ended: Ended) -> None:
    wrong = {method(name) for names in ended.values() for name, told in names.items() if told}
    assert set(EXCLUDED) - wrong == set()
