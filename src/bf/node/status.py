"""How a node and its tenants are: what an operator looks at first. It opens no cell and changes nothing."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bf.core.ports import Env, LogError
from bf.core.refusal import Code, Refusal
from bf.node.cell import Cell
from bf.node.node import Node, TenantNotFound


class WrongArgument(Refusal):
    """An argument that an operation does not take, or one of another kind."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: status takes a tenant's name, and closed: true to look at the logs of closed tenants too"
    field: str


async def status(node: Node, env: Env, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Tell how a node is, and its tenants or one `tenant`; `closed`: look into the logs of those without a cell too."""
    names = _names(env, arguments)
    look = bool(arguments.get("closed") or arguments.get("tenant"))
    cells = node.cells()
    tenants: list[dict[str, Any]] = []
    for tenant in names:
        if tenant in cells:
            tenants.append({"tenant": tenant, **await _of_cell(tenant, cells[tenant], node)})
        else:
            tenants.append({"tenant": tenant, "is": "closed", **(await _of_log(tenant, env) if look else {})})
            await asyncio.sleep(0)
    return {
        "uptime_s": round((env.clock.elapsed_us() - node.began_us) / 1e6, 1),
        "requests": node.requests,
        "open_cells": len(cells),
        "waiting": sum(cell.waiting for cell in cells.values() if cell),
        "tenants": tenants,
    }


def _names(env: Env, arguments: Mapping[str, Any]) -> list[str]:
    for name, kind in (("tenant", str), ("closed", bool)):
        if not isinstance(arguments.get(name, kind()), kind):
            raise WrongArgument(field=name)
    for name in arguments:
        if name not in {"tenant", "closed"}:
            raise WrongArgument(field=name)
    tenants, named = env.storage.tenants(), arguments.get("tenant", "")
    if named and named not in tenants:
        raise TenantNotFound(field="tenant", tenant=named)
    return [named] if named else tenants


async def _of_cell(tenant: str, cell: Cell | None, node: Node) -> dict[str, Any]:
    if cell is None:
        return {"is": "opening"}
    if not cell.alive:
        return {"is": "stopped"}
    told: dict[str, Any] = {"is": "serving", "waiting": cell.waiting, "requests": cell.requests}
    if cell.ready:
        state = cell.derived.state
        told |= {"event": state.pos.event, "batch": state.pos.batch, "state_bytes": state.database.size()}
    else:
        replayed, events = node.replays.get(tenant, (0, 0))
        told |= {"is": "replaying", "replayed": replayed, "events": events}
    try:
        return told | {"generation": cell.log.generation, "log_bytes": await cell.log.size()}
    except LogError:
        return told


async def _of_log(tenant: str, env: Env) -> dict[str, Any]:
    """Look into the log of a tenant without a cell."""
    try:
        log = env.storage.log(tenant)
        try:
            pos = await log.head()
            return {"event": pos.event, "batch": pos.batch, "generation": log.generation, "log_bytes": await log.size()}
        finally:
            await log.close()
    except Exception as error:  # noqa: BLE001  # it is damaged, or it has gone meanwhile: that hides no other tenant
        return {"is": "unreadable", "why": str(error) if isinstance(error, LogError) else type(error).__name__}
