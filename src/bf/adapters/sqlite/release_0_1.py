"""Tenants of release 0.1, whose logs lay in the clear: they are sealed when the first server of a later release starts.

<data>/tenants/acme/log.db    batch (cursor, event, body), in plain text
<data>/tenants/acme/state.db  derived from it
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from bf.adapters.machine.files import remove_durably, sync_folder
from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.core.ports import START, Log, Pos

logger = logging.getLogger("bf.upgrade")


async def upgrade(storage: DirectoryStorage) -> None:
    """Seal the logs that still lie in the clear, and leave no plain text; after a crash it begins again."""
    for tenant in storage.tenants():
        folder = storage.folder(tenant)
        if not storage.keyring.has(tenant):
            if list(folder.glob("log-*.db")):
                continue  # its keys are lost: new ones would open nothing
            storage.keyring.create(tenant)
        elif not (folder / "log.db").exists():
            continue
        if not list(folder.glob("log-*.db")):
            logger.info("tenant %s: sealing the log that release 0.1 left in the clear", tenant)
            await _seal(folder / "log.db", storage.draft(tenant))
            await storage.publish(tenant)
        for path in folder.glob("state.db*"):
            remove_durably(path)
        for path in sorted(folder.glob("log.db*"), reverse=True):  # the log itself last
            remove_durably(path)
        sync_folder(folder)


async def _seal(path: Path, draft: Log) -> None:
    pos = START
    for event, body in _rows(path):
        pos = await draft.append(pos, event - pos.event, body)
    await draft.sync()
    await draft.close()


def _rows(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the position after each batch, and the batch; nothing if the tenant was never opened."""
    if not path.exists():
        return
    database = SqliteDatabase(path)
    last = START
    try:
        for cursor, event, body in database.execute("SELECT cursor, event, body FROM batch ORDER BY cursor").fetchall():
            assert cursor == last.batch + 1, f"{path}: batch {last.batch + 1} is missing"
            last = Pos(event, cursor)
            yield event, body
    finally:
        database.close()
