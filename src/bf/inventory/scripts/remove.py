"""Remove a script from its hook: the domain decides alone again."""

from bf.core.feature import applies, handles
from bf.core.tx import Tx
from bf.inventory.api.events_pb2 import ScriptRemoved
from bf.inventory.api.requests_pb2 import RemoveScriptReq, RemoveScriptResp
from bf.inventory.scripts.errors import ScriptNotFound


@handles(RemoveScriptReq)
def remove_script(tx: Tx, req: RemoveScriptReq) -> RemoveScriptResp:
    """Keep its versions in the history."""
    row = tx.one("SELECT version FROM script_version WHERE hook = ? AND name = ? AND active", req.hook, req.name)
    if row is None:
        raise ScriptNotFound(field="name", hook=req.hook, script=req.name)
    tx.apply(ScriptRemoved(hook=req.hook, name=req.name, version=row[0], time_us=tx.now_us))
    return RemoveScriptResp()


@applies(ScriptRemoved)
def script_removed(tx: Tx, event: ScriptRemoved) -> None:
    """Note when."""
    tx.write(
        "UPDATE script_version SET active = 0, removed_us = ? WHERE hook = ? AND name = ? AND version = ?",
        event.time_us,
        event.hook,
        event.name,
        event.version,
    )
