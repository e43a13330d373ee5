"""What operators may ask of a node about one tenant, while it serves: each a name, its arguments, and a report."""

from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from google.protobuf.message import DecodeError

from bf.core.ports import Env, Storage
from bf.core.refusal import Code, Refusal
from bf.node.cell import Cell
from bf.node.compact import compact
from bf.node.node import Node, TenantNotFound
from bf.node.pace import Pace
from bf.node.rebuild import rebuild
from bf.node.verify import Place, verify

Arguments = Mapping[str, Any]
Progress = Callable[[Mapping[str, Any]], None]
Operation = Callable[[Arguments, Progress], Awaitable[Mapping[str, Any]]]

PLATFORM_LIMITS = {
    "requests_per_s": "requests a second",
    "bytes_per_s": "bytes of requests a second",
    "state_bytes": "bytes of the state, beyond which commands are refused",
    "script_instructions": "instructions that one question to a script may take",
    "script_memory_bytes": "bytes that a script may hold",
    "script_ms": "milliseconds of processor time that one question to a script may take",
}
"""What can be limited for every tenant, whatever its domain; a domain adds what it counts."""


class Tenancy(Storage, Protocol):
    """What operations ask of a storage beyond what cells do."""

    def key_numbers(self, tenant: str) -> list[int]:
        """Return the numbers of a tenant's keys, the newest last."""
        ...

    def oldest_key(self, tenant: str) -> int:
        """Return the number of the oldest key that some file of a tenant needs."""
        ...

    def rotate_key(self, tenant: str) -> int:
        """Add a key, under which everything new is from now on; return its number."""
        ...

    def forget_keys(self, tenant: str, below: int) -> None:
        """Destroy a tenant's keys below a number."""
        ...

    async def reseal_archives(self, tenant: str) -> None:
        """Bring the generations that were kept under the newest key."""
        ...

    def set_limits(self, tenant: str, limits: Mapping[str, int]) -> None:
        """Keep a tenant's own limits."""
        ...

    def erase(self, tenant: str, tombstone: dict[str, str]) -> None:
        """Destroy a tenant's keys, then everything it has here; a tombstone stays."""
        ...


class WrongArgument(Refusal):
    """An argument that is missing, unknown, or of another kind."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: {why}"
    field: str
    why: str


class Operations:
    """The operations of one node, by name."""

    def __init__(self, node: Node, env: Env, storage: Tenancy) -> None:
        self._node = node
        self._env = env
        self._storage = storage

    def table(self) -> dict[str, Operation]:
        """Return every operation by its name."""
        return {
            "compact": self._compact,
            "verify": self._verify,
            "rebuild": self._rebuild,
            "rotate": self._rotate,
            "limits": self._limits,
            "ask": self._ask,
            "erase": self._erase,
        }

    async def _compact(self, arguments: Arguments, progress: Progress) -> Mapping[str, Any]:
        """Shorten the log; `archive`: keep what was there before; `bytes_per_s`: go no faster."""
        cell = await self._cell(_checked(arguments, tenant=str, archive=bool, bytes_per_s=int))
        pace = Pace(self._env.clock, arguments.get("bytes_per_s", 0))
        archive = arguments.get("archive", True)
        told = await compact(cell, self._env, archive=archive, pace=pace, progress=_in_words(progress))
        return asdict(told) | {"pos": told.pos._asdict()}

    async def _verify(self, arguments: Arguments, progress: Progress) -> Mapping[str, Any]:
        """Replay the log and compare."""
        cell = await self._cell(_checked(arguments, tenant=str))
        found = await verify(cell, self._env, _of("replaying the log", progress))
        first = {} if found.sound else {"state": _said(found.state), "log": _said(found.log)}
        return {"sound": found.sound, "events": found.events, "rows": found.rows, **first}

    async def _rebuild(self, arguments: Arguments, progress: Progress) -> Mapping[str, Any]:
        """Make the state anew from the log."""
        cell = await self._cell(_checked(arguments, tenant=str))
        pause_us = await rebuild(cell, self._env, self._node.domain_of(cell.tenant), _of("replaying the log", progress))
        return {"pause_us": pause_us}

    async def _rotate(self, arguments: Arguments, progress: Progress) -> Mapping[str, Any]:
        """Bring everything under a new key, or go on with that; `forget`: destroy the old ones, and old backups.

        `archive`: keep the generation before, brought under the new key as well.
        """
        cell = await self._cell(_checked(arguments, tenant=str, forget=bool, archive=bool))
        tenant, storage = cell.tenant, self._storage
        newest = storage.key_numbers(tenant)[-1]
        if storage.oldest_key(tenant) == newest:
            newest = storage.rotate_key(tenant)
        await compact(cell, self._env, archive=arguments.get("archive", True), progress=_in_words(progress))
        await storage.reseal_archives(tenant)
        if arguments.get("forget"):
            storage.forget_keys(tenant, storage.oldest_key(tenant))
        return {"key": newest, "keys": storage.key_numbers(tenant)}

    async def _limits(self, arguments: Arguments, progress: Progress) -> Mapping[str, Any]:
        """Tell a tenant's limits, and how much it has of what they limit; `set`: change some, null takes one away."""
        del progress
        cell = await self._cell(_checked(arguments, tenant=str, set=dict))
        known = PLATFORM_LIMITS | {name: name.replace("_", " ") for name in self._node.domain_of(cell.tenant).gauges}
        limits = dict(self._storage.limits(cell.tenant))
        for name, value in cast("dict[str, object]", arguments.get("set", {})).items():
            if name not in known:
                raise WrongArgument(field=f"set.{name}", why=f"there is no such limit; there are: {', '.join(known)}")
            if value is None:
                limits.pop(name, None)
            elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                limits[name] = value
            else:
                raise WrongArgument(field=f"set.{name}", why=f"{value!r} is not a whole number from 0")
        if arguments.get("set"):
            self._storage.set_limits(cell.tenant, limits)

        async def tell() -> Mapping[str, int]:
            cell.limit(limits)
            state = cell.derived.state
            return state.usage() | {"state_bytes": state.database.size()}

        usage = await cell.exclusively(tell)
        return {"limits": limits, "usage": usage, "known": known}

    async def _ask(self, arguments: Arguments, progress: Progress) -> Mapping[str, Any]:
        """Carry out a `request` of a tenant, by its short name and its `body` in base64, as an operator's."""
        del progress
        cell = await self._cell(_checked(arguments, tenant=str, request=str, body=str))
        kind = self._node.domain_of(cell.tenant).requests.get(arguments.get("request", ""))
        if kind is None:
            raise WrongArgument(field="request", why=f"there is no request {arguments.get('request', '')!r}")
        try:
            request = kind.FromString(b64decode(arguments.get("body", ""), validate=True))
        except (ValueError, DecodeError) as error:
            raise WrongArgument(field="body", why=f"it is no {arguments['request']} in base64") from error
        answer = await cell.call(request, "", "operator")
        return {**asdict(answer), "response": b64encode(answer.response).decode()}

    async def _erase(self, arguments: Arguments, progress: Progress) -> Mapping[str, Any]:
        """Destroy a tenant's keys and files; `confirm` repeats its name. There is no way back."""
        del progress
        tenant = _checked(arguments, tenant=str, confirm=str)
        if tenant not in self._storage.tenants():
            raise TenantNotFound(field="tenant", tenant=tenant)
        if arguments.get("confirm") != tenant:
            raise WrongArgument(field="confirm", why=f"repeat the tenant's name, {tenant}: there is no way back")
        at = datetime.fromtimestamp(self._env.clock.now_us() / 1e6, tz=UTC).isoformat(timespec="seconds")
        tombstone = {"tenant": tenant, "erased_at": at, "keys": ", ".join(map(str, self._storage.key_numbers(tenant)))}
        await self._node.erase(tenant, lambda: self._storage.erase(tenant, tombstone))
        return tombstone

    async def _cell(self, tenant: str) -> Cell:
        try:
            return await self._node.cell(tenant)
        except KeyError:
            raise TenantNotFound(field="tenant", tenant=tenant) from None


def _checked(arguments: Arguments, **kinds: type) -> str:
    """Return the tenant that the arguments name; WrongArgument if one is of another kind, unknown, or missing."""
    for name, value in arguments.items():
        if name not in kinds:
            raise WrongArgument(field=name, why=f"there is no such argument; there are: {', '.join(kinds)}")
        if not isinstance(value, kinds[name]):
            raise WrongArgument(field=name, why=f"{value!r} is not a {kinds[name].__name__}")
    if "tenant" not in arguments:
        raise WrongArgument(field="tenant", why="name the tenant")
    return cast("str", arguments["tenant"])


def _in_words(progress: Progress) -> Callable[[str, int, int], None]:
    return lambda what, done, total: progress({"what": what, "done": done, "total": total})


def _of(what: str, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress({"what": what, "done": done, "total": total})


def _said(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    table, row = place
    return {"table": table, "row": [value.hex() if isinstance(value, bytes) else value for value in row]}
