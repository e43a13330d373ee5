"""Install a script for a hook, as the next version of it."""

from bf.core.feature import applies, handles
from bf.core.scripts import Script, ScriptError
from bf.core.tx import Tx
from bf.inventory.api.events_pb2 import ScriptInstalled
from bf.inventory.api.requests_pb2 import InstallScriptReq, InstallScriptResp
from bf.inventory.checks import require_text
from bf.inventory.limits import (
    SCRIPT_NAME_CHARS_MAX,
    SCRIPT_SOURCE_CHARS_MAX,
    SCRIPT_VERSIONS_COUNT_MAX,
    SCRIPTS_COUNT_MAX,
)
from bf.inventory.scripts.asking import HOOKS, REPORT, where
from bf.inventory.scripts.cases import run_cases
from bf.inventory.scripts.errors import CaseFailed, HookNotFound, HookTaken, ScriptUnreadable, TooManyScripts


@handles(InstallScriptReq)
def install_script(tx: Tx, req: InstallScriptReq) -> InstallScriptResp:
    """Take only what can be read and does what its own cases say; the same text again changes nothing."""
    if req.hook not in HOOKS:
        raise HookNotFound(field="hook", hook=req.hook, hooks=", ".join(HOOKS))
    require_text("name", req.name, "SCRIPT_NAME_CHARS_MAX", SCRIPT_NAME_CHARS_MAX)
    require_text("source", req.source, "SCRIPT_SOURCE_CHARS_MAX", SCRIPT_SOURCE_CHARS_MAX)
    known = tx.one(
        "SELECT version, source FROM script_version WHERE hook = ? AND name = ? AND active", req.hook, req.name
    )
    if known and known[1] == req.source:
        return InstallScriptResp(version=known[0])
    if not known:
        _require_place(tx, req)
    _require_sound(tx, Script(req.hook, req.name, req.source))
    row = tx.one(
        "SELECT coalesce(max(version), 0) + 1 FROM script_version WHERE hook = ? AND name = ?", req.hook, req.name
    )
    assert row is not None, "there is a next version"
    version: int = row[0]
    tx.apply(ScriptInstalled(hook=req.hook, name=req.name, version=version, source=req.source, time_us=tx.now_us))
    return InstallScriptResp(version=version)


@applies(ScriptInstalled)
def script_installed(tx: Tx, event: ScriptInstalled) -> None:
    """Ask this version from now on, and forget the oldest versions that are not asked any more."""
    tx.write("UPDATE script_version SET active = 0 WHERE hook = ? AND name = ? AND active", event.hook, event.name)
    tx.write(
        "INSERT INTO script_version (hook, name, version, source, installed_us) VALUES (?, ?, ?, ?, ?)",
        event.hook,
        event.name,
        event.version,
        event.source,
        event.time_us,
    )
    tx.write(
        """
        DELETE FROM script_version WHERE (hook, name, version) IN (
            SELECT hook, name, version FROM script_version WHERE NOT active
            ORDER BY installed_us DESC, hook, name, version DESC LIMIT -1 OFFSET ?
        )
        """,
        SCRIPT_VERSIONS_COUNT_MAX,
    )


def _require_place(tx: Tx, req: InstallScriptReq) -> None:
    """Refuse a second script where one decides, and one too many."""
    names = tx.query("SELECT hook, name FROM script_version WHERE active")
    for hook, name in names:
        if hook == req.hook != REPORT:
            raise HookTaken(field="name", hook=hook, script=name)
    if len(names) >= SCRIPTS_COUNT_MAX:
        raise TooManyScripts(count=len(names) + 1, most=SCRIPTS_COUNT_MAX)


def _require_sound(tx: Tx, script: Script) -> None:
    try:
        for case in run_cases(tx.scripts, script):
            if case.problem:
                raise CaseFailed(field="source", case=case.name, problem=case.problem)
    except ScriptError as error:
        raise ScriptUnreadable(field="source", where=where(script, error.line), problem=error.text) from error
