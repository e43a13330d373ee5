"""Secrecy: nothing of a tenant lies anywhere in the clear, and no nonce is ever used twice."""

import asyncio
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.message import Message
from tests.support.serving import PATIENCE_S, Bf, Caller
from tests.support.tenants import ACME, ROOT, done, files, furnish, new_tenant, node_on, put

from bf.adapters.crypto.seal import HEADER_BYTES, NONCE_BYTES
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.inventory.api import requests_pb2 as rq
from bf.node import cell

SECRETS = {
    name: f"PLAIN-{name}-7c1f"
    for name in ("location", "sku", "reservation", "tag", "label", "request-id", "missing", "refused", "broken")
}
"""What the tenant must find nowhere but in its answers."""

ORDERS: list[tuple[Message, str]] = [
    (rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name=SECRETS["location"])], parent=ROOT), SECRETS["request-id"]),
    (rq.AddProductsReq(skus=[SECRETS["sku"]]), ""),
    (put(5), f"{SECRETS['request-id']}-2"),
    (
        rq.ReserveReq(
            reservation=SECRETS["reservation"],
            location=ROOT,
            items=[{"sku": SECRETS["sku"], "quantity": 2}],
            tags={SECRETS["tag"]: SECRETS["label"]},
        ),
        "",
    ),
]
FAILING: list[tuple[Message, str]] = [
    (rq.AddProductsReq(skus=[SECRETS["sku"]]), f"{SECRETS['request-id']}-3"),
    (rq.GetLocInventoryReq(location=SECRETS["missing"]), ""),
    (rq.ReserveReq(reservation=SECRETS["refused"], items=[{"sku": SECRETS["missing"], "quantity": 1}]), "x"),
    (rq.AddProductsReq(skus=[SECRETS["broken"]]), SECRETS["request-id"]),
    (rq.AddProductsReq(skus=["x"]), SECRETS["request-id"] * 20),
]


def found_in(text: bytes) -> set[str]:
    """Return the secrets that a text gives away, as they are, or as UTF-16, hex or base64 would show them."""
    return {name for name, secret in SECRETS.items() if secret.encode() in text or secret.encode("utf-16-le") in text}


def leaks(*folders: Path) -> dict[str, set[str]]:
    read = {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    return {str(path): found_in(body) for path, body in read.items() if found_in(body)}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory, and a folder for temporary files beside it."""
    for variable in ("TMPDIR", "SQLITE_TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    new_tenant(tmp_path / "data")
    return tmp_path


def ask(caller: Caller, asked: list[tuple[Message, str]]) -> list[str]:
    return [caller.begin(request, request_id).code().name for request, request_id in asked]


@pytest.mark.parametrize("log", ["text", "json"])
def test_invariant_7_nothing_of_a_tenant_lies_anywhere_in_the_clear(place: Path, log: str) -> None:
    data, watched = place / "data", (place / "data", place / "tmp")
    words = ["serve", "--plain", "--data", data, "--addr", "127.0.0.1:0", "--log", log]
    said = ""
    for end in (signal.SIGKILL, signal.SIGTERM):
        with Bf(words) as server:
            address = server.expect("serving ").split(" on ", 1)[1].split(",", 1)[0]
            with Caller(address, ACME) as caller:
                codes = ask(caller, ORDERS) if end is signal.SIGKILL else ["OK"]
                assert set(codes) == {"OK"}
                assert "OK" not in ask(caller, FAILING)
                answer = caller.call(rq.ListProductsReq())
                assert [item.sku for item in answer.items] == [SECRETS["sku"]], "it is there, for those who may ask"
                (data / "tenants" / ACME / "limits.json").write_text("{")
                assert leaks(*watched) == {}, "while it runs"
                server.signal(end)
            server.end()
            said += server.said
        assert leaks(*watched) == {}, f"after {end.name}"
        (data / "tenants" / ACME / "limits.json").unlink()
    assert found_in(said.encode()) == set(), "in what the server says"


def test_invariant_7_an_internal_error_tells_nothing_of_its_tenant(place: Path) -> None:
    """A bug in a handler, with its traceback, and a state and a log that are damaged."""
    story = f"""
import asyncio, copy, logging
from pathlib import Path
from bf.adapters.logs.writing import write_logs
from tests.node.secrecy_test import FAILING, ORDERS
from tests.support.tenants import node_on, ACME
from bf.inventory.domain import INVENTORY
from bf.inventory.api import requests_pb2 as rq

write_logs("text", logging.DEBUG)
domain = copy.copy(INVENTORY)

def wrong(tx, req):
    raise KeyError(req.skus[0]) from ValueError(req)

async def main():
    async with node_on(Path({str(place / "data")!r})) as node:
        for order in ORDERS:
            assert (await node.call(ACME, *order)).code == 0
    domain.handlers = INVENTORY.handlers | {{rq.AddProductsReq: wrong}}
    async with node_on(Path({str(place / "data")!r}), domain) as node:
        for order in FAILING:
            await node.call(ACME, *order)
    path = next((Path({str(place / "data")!r}) / "tenants" / ACME).glob("state-*.db"))
    path.write_bytes(path.read_bytes()[:5000] + bytes(9000))
    async with node_on(Path({str(place / "data")!r})) as node:
        for order in FAILING:
            await node.call(ACME, *order)

asyncio.run(main())
"""
    folder = Path(__file__).parents[2]
    command = [sys.executable, "-c", story]
    ended = subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE_S, check=False)
    assert ended.returncode == 0, ended.stderr
    assert b"KeyError" in ended.stderr
    assert found_in(ended.stdout + ended.stderr) == set()
    assert leaks(place / "data", place / "tmp") == {}


def test_invariant_7_a_server_leaves_no_core_dump(place: Path) -> None:
    with Bf(["serve", "--plain", "--data", place / "data", "--addr", "127.0.0.1:0"]) as server:
        server.expect("serving ")
        limits = Path(f"/proc/{server._process.pid}/limits").read_text()  # pyright: ignore[reportPrivateUsage]  # its number
        assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size")] == [
            ["0", "0"]
        ]


# Nonces

PAGE_BYTES, WAL_HEADER_BYTES, FRAME_HEADER_BYTES = 4_096, 32, 24
HALF_BYTES = 32
"""A page ends with a nonce of 32 bytes and a tag of 32: which is which does not matter, neither may come back."""


def page_images(root: Path) -> set[bytes]:
    """Return every encrypted page that lies in a data directory, in databases and in WAL files."""
    images = set[bytes]()
    for path in root.rglob("*.db*"):
        if path.name.endswith("-shm"):
            continue
        is_wal = path.name.endswith("-wal")
        header, frame = (WAL_HEADER_BYTES, FRAME_HEADER_BYTES) if is_wal else (0, 0)
        body = path.read_bytes()[header:]
        step = frame + PAGE_BYTES
        images |= {body[place + frame : place + step] for place in range(0, len(body) - step + 1, step)}
    return images


def page_ends(images: set[bytes]) -> list[bytes]:
    ends = [image[-2 * HALF_BYTES :] for image in images if any(image)]
    return [half for end in ends for half in (end[:HALF_BYTES], end[HALF_BYTES:])]


async def sealed_nonces(root: Path) -> dict[bytes, bytes]:
    """Return the nonce of each sealed batch, and the batch."""
    storage = DirectoryStorage(root)
    (path,) = files(root, "log")
    key = storage.keyring.use(ACME, "log pages").sub_key(1)
    storage.close()
    database = SqliteDatabase(path, key)
    bodies: list[bytes] = [body for (body,) in database.execute("SELECT body FROM batch").fetchall()]
    database.close()
    return {body[HEADER_BYTES - NONCE_BYTES : HEADER_BYTES]: body for body in bodies}


async def go_on(root: Path, name: str, images: set[bytes]) -> None:
    async with node_on(root) as node:
        for number in range(15):
            await done(node, put(1), f"{name}-{number}")
            images |= page_images(root)
    images |= page_images(root)


def test_nonces_do_not_repeat_in_copies_that_both_go_on_and_after_a_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies do the same work at the same places with the same keys: nothing but the nonces keeps them apart."""
    monkeypatch.setattr(cell, "KEPT_BATCHES_MAX", 1)  # more pages are written
    root, copy, older = (tmp_path / name for name in ("root", "copy", "older"))
    new_tenant(root)
    images = set[bytes]()

    async def begin() -> None:
        async with node_on(root) as node:
            await furnish(node)

    asyncio.run(begin())
    shutil.copytree(root, copy)
    shutil.copytree(root, older)
    begun = asyncio.run(sealed_nonces(root))
    batches = dict(begun)
    for place, name in ((root, "one"), (copy, "one"), (copy, "two")):
        asyncio.run(go_on(place, name, images))
        batches |= asyncio.run(sealed_nonces(place))
    shutil.rmtree(root)
    older.rename(root)
    asyncio.run(go_on(root, "one", images))
    batches |= asyncio.run(sealed_nonces(root))
    assert len(batches) == len(begun) + 4 * 15, "no nonce of a batch came twice"
    assert len(set(batches.values())) == len(batches)
    ends = page_ends(images)
    assert len(ends) > 500
    assert len(set(ends)) == len(ends), "no nonce of a page came twice"


FORKED = """
import ctypes, os, sys
from pathlib import Path
from bf.adapters.sqlite import database

folder, careless = Path(sys.argv[1]), sys.argv[2] == "careless"

def use(name):
    one = database.SqliteDatabase(folder / name, bytes(32))
    for statement in ("PRAGMA journal_mode = WAL", "CREATE TABLE t (a BLOB)", f"INSERT INTO t VALUES ('{name}')"):
        one.execute(statement)
    one.close()

def as_process_1(work):
    if ctypes.CDLL(None).unshare(0x20000000):  # CLONE_NEWPID
        os._exit(77)
    return in_child(work)

def in_child(work):
    child = os.fork()
    if not child:
        try:
            os._exit(work() or 0)
        except database.ForkedError:
            os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def be_child(name):
    database._Nonces.shared &= not careless
    use(name)

def be_parent():
    use("parent.db")
    return max(in_child(lambda: as_process_1(lambda: be_child(name))) for name in ("one.db", "two.db"))

sys.exit(as_process_1(be_parent))
"""
"""A process that is number 1 of its namespace uses an encrypted file, and so do two children, each number 1 of its own:
for the library below, which knows a fork by the number of the process, they are one and the same."""


def forked(folder: Path, how: str) -> int:
    """Tell the story, and return how the children ended."""
    folder.mkdir()
    ended = subprocess.run([sys.executable, "-c", FORKED, folder, how], timeout=PATIENCE_S, check=False)
    if ended.returncode == 77:
        pytest.skip("this user may not make namespaces")
    return ended.returncode


def test_children_of_a_process_that_used_encrypted_files_are_refused_and_would_repeat_nonces(tmp_path: Path) -> None:
    careful, careless = tmp_path / "careful", tmp_path / "careless"
    assert forked(careful, "careful") == 3
    assert [path.name for path in careful.iterdir() if path.stat().st_size] == ["parent.db"]
    assert forked(careless, "careless") == 0
    ends = page_ends(page_images(careless))
    assert len(set(ends)) < len(ends), "without the refusal nonces come twice, and this test sees it"
