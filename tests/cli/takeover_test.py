"""An upgrade while requests go on: the next server gets the socket of the one before."""

import signal
import threading
import time
from pathlib import Path

import grpc
import pytest
from tests.support.serving import PATIENCE_S, Bf, Caller, served
from tests.support.tenants import ACME, ROOT, commits, digests, new_tenant, put

from bf.inventory.api import requests_pb2 as rq

NEXT_RELEASE = """
import sys
from bf.inventory.domain import INVENTORY
from bf.cli.main import main
INVENTORY.version = 2
INVENTORY.schema += "CREATE TABLE new_in_version_2 (one INTEGER PRIMARY KEY) STRICT;\\n"
sys.exit(main(sys.argv[1:]))
"""


class Orders(threading.Thread):
    """Somebody who writes all the time, and repeats at once what was not answered."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.done = threading.Event()
        self.count = 0
        self.longest_ms = 0.0

    def run(self) -> None:
        """Write until told to stop."""
        with Caller(self._address, ACME) as caller:
            while not self.done.is_set():
                began = time.monotonic()
                while not self._sent(caller):
                    assert time.monotonic() - began < PATIENCE_S
                    time.sleep(0.002)
                self.count += 1
                self.longest_ms = max(self.longest_ms, 1e3 * (time.monotonic() - began))

    def _sent(self, caller: Caller) -> bool:
        try:
            caller.call(put(1), f"order-{self.count}")
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # grpcio's
                raise
            return False
        return True


@pytest.mark.parametrize(
    ("release", "before", "after"),
    [
        ("the same", "1", "1"),
        ("with other tables", "1", "1"),
        ("the same", "1", "2"),
        ("with other tables", "2", "1"),
        ("the same", "2", "3"),
    ],
)
def test_a_server_is_relieved_while_requests_go_on(tmp_path: Path, release: str, before: str, after: str) -> None:
    """From any number of workers to any other; a release with other tables is a patch, which workers do not have."""
    new_tenant(tmp_path)
    words = ["serve", "--data", tmp_path, "--plain", "--addr", "127.0.0.1:0", "--take-over", "--workers", after]
    program = ["-c", NEXT_RELEASE] if release == "with other tables" else ["-m", "bf.cli.main"]
    with served(tmp_path, "--workers", before) as (first, address), Caller(address, ACME) as caller:
        caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
        caller.call(rq.AddProductsReq(skus=["cola"]))
        for number in range(100):
            caller.call(put(1), f"before-{number}")
        orders = Orders(address)
        orders.start()
        with Bf(words, program=program) as second:
            line = second.expect("serving ")
            assert first.end() == 0
            assert address in line
            at_the_change = orders.count
            while orders.count < at_the_change + 20:
                time.sleep(0.01)
            orders.done.set()
            orders.join(PATIENCE_S)
            second.signal(signal.SIGTERM)
            assert second.end() == 0
    assert at_the_change > 0
    ids = [commit.request_id for commit in commits(tmp_path)[2:]]
    assert ids == [f"before-{number}" for number in range(100)] + [f"order-{number}" for number in range(orders.count)]
    versions = [commit.domain_version for commit in commits(tmp_path)]
    assert sorted(versions) == versions
    assert versions[-1] == (2 if release == "with other tables" else 1)
    if release == "the same":
        lies, made = digests(tmp_path)
        assert lies == made
    print(f"the longest wait was {orders.longest_ms:.0f} ms")  # noqa: T201  # measured, not asserted


def test_without_a_server_it_simply_starts(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with Bf(["serve", "--data", tmp_path, "--plain", "--addr", "127.0.0.1:0", "--take-over"]) as server:
        server.expect("serving 1 tenants")
        server.signal(signal.SIGTERM)
        assert server.end() == 0
