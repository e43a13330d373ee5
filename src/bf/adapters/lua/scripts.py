"""Scripts in Lua 5.4: each in an interpreter of its own, prepared once, that keeps nothing between two questions.

Rules of this file:
1. No object and no function of Python enters Lua: texts, numbers, truth values and tables made of them are all.
2. A script that failed loses its interpreter, so that nothing of the failure is left.
3. What comes back is counted before it is believed.
4. What lupa hands over is handed over without a limit on memory, and measured afterwards: where Lua is short of memory
   outside of a call, it ends the whole process.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, cast

from lupa import lua54

from bf.adapters.lua import limits as named
from bf.core.scripts import Plain, Reads, Script, ScriptError

PRELUDE = Path(__file__).with_name("prelude.lua").read_text("utf-8")
READING = {"available": 2, "on_hand": 2, "children": 1, "tagged": 1}
"""What scripts may ask while they run, with the number of names that each takes."""

LUA: Any = lua54.LuaRuntime  # its parameters are read by hand, so that its stub knows none

LIMITS = {
    "script_instructions": named.SCRIPT_INSTRUCTIONS_COUNT_MAX,
    "script_memory_bytes": named.SCRIPT_MEMORY_BYTES_MAX,
    "script_ms": named.SCRIPT_MS_MAX,
}
"""What can be set for a tenant, and what holds where it is not."""

PREPARED_SCRIPTS_COUNT_MAX = 32
"""How many interpreters a tenant keeps; the one that was not asked for longest goes."""


class LuaScripts:
    """The scripts of one tenant."""

    def __init__(self, limits: Mapping[str, int] | None = None) -> None:
        """Hold scripts to a tenant's own `limits`, and to LIMITS where it has none."""
        self._limits = {name: (limits or {}).get(name, most) for name, most in LIMITS.items()}
        self._prepared: dict[Script, _Interpreter] = {}

    def cases(self, script: Script) -> Plain:
        """Return the cases that a script brings along; ScriptError if it does not compile or has not its function."""
        return self._ask(script, None, {}, wants_cases=True)

    def ask(self, script: Script, question: Plain, reads: Reads) -> Plain:
        """Return what a script answers to a question; ScriptError."""
        return self._ask(script, question, reads)

    def _ask(self, script: Script, question: Plain, reads: Reads, *, wants_cases: bool = False) -> Plain:
        interpreter = self._prepared.pop(script, None) or _Interpreter(script, self._limits)
        answer = interpreter.ask(question, reads, wants_cases=wants_cases)
        self._prepared[script] = interpreter
        if len(self._prepared) > PREPARED_SCRIPTS_COUNT_MAX:
            del self._prepared[next(iter(self._prepared))]
        return answer


class _Interpreter:
    """One script, compiled, in an interpreter that has nothing else."""

    def __init__(self, script: Script, limits: Mapping[str, int]) -> None:
        self._script = script
        self._limits = limits
        self._lua: Any = LUA(
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_nothing,
            max_memory=0,
        )
        given: Plain = {
            "instructions": limits["script_instructions"],
            "seconds": limits["script_ms"] / 1000,
            "bytes": limits["script_memory_bytes"],
            "reads": named.SCRIPT_READS_COUNT_MAX,
            "pattern_steps": named.PATTERN_STEPS_COUNT_MAX,
            "repeated": named.REPEATED_COUNT_MAX,
            "step": named.STEP_INSTRUCTIONS,
            "reading": {**READING},
        }
        prelude = self._lua.compile(PRELUDE, name=b"=prelude", mode="t")
        compiles, self._asks, self._goes_on = prelude(self._table(given))
        self._most_bytes = limits["script_memory_bytes"] + named.HEADROOM_BYTES
        self._lua.set_max_memory(self._most_bytes)
        problem = compiles(script.source, script.name)
        if problem:
            raise ScriptError(*problem)

    def ask(self, question: Plain, reads: Reads, *, wants_cases: bool) -> Plain:
        """Go through a script's reads until it has answered."""
        try:
            said = self._asks(self._script.hook, self._handed_over(question), wants_cases)
            while said[0] == "read":
                said = self._goes_on(*self._read(reads, *said[1:]))
            if said[0] == "failed":
                raise self._failure(*said[1:])
            return _Reader().read(said[1])
        except lua54.LuaMemoryError:
            raise self._failure("not enough memory", 0, "memory") from None
        except UnicodeDecodeError:
            raise ScriptError("it answered with bytes that are no UTF-8 text") from None

    def _read(self, reads: Reads, name: str, *words: str | None) -> tuple[Any, str | None]:
        if name not in reads:
            return None, "it cannot be asked here"
        try:
            return self._handed_over(reads[name](*(word for word in words if word is not None))), None
        except LookupError as error:
            return None, str(error.args[0])

    def _failure(self, text: str, line: int, limit: str | None) -> ScriptError:
        most = {
            "instructions": f"{self._limits['script_instructions']} instructions (script_instructions)",
            "memory": f"{self._limits['script_memory_bytes']} bytes of memory (script_memory_bytes)",
            "time": f"{self._limits['script_ms']} milliseconds (script_ms)",
            "reads": f"{named.SCRIPT_READS_COUNT_MAX} questions (SCRIPT_READS_COUNT_MAX)",
        }
        return ScriptError(f"more than {most[limit]}" if limit else text, line, limit or "")

    def _handed_over(self, value: Plain) -> Any:  # noqa: ANN401  # as below
        if not isinstance(value, dict | list):
            return value
        self._lua.set_max_memory(0)
        table = self._table(value)
        self._lua.set_max_memory(self._most_bytes)
        if self._lua.get_memory_used() > self._most_bytes - named.HEADROOM_BYTES // 2:
            raise self._failure("", 0, "memory")
        return table

    def _table(self, value: Plain) -> Any:  # noqa: ANN401  # a table of Lua, which has no type
        return self._lua.table_from(value, recursive=True) if isinstance(value, dict | list) else value


class _Reader:
    """Reads an answer out of Lua, in order, and no more of it than its limits allow."""

    def __init__(self) -> None:
        self._items = 0
        self._bytes = 0

    def read(self, value: Any, depth: int = 0) -> Plain:  # noqa: ANN401  # whatever Lua gives
        self._items += 1
        if self._items > named.SCRIPT_RESULT_ITEMS_COUNT_MAX:
            raise _too_much("values", "SCRIPT_RESULT_ITEMS_COUNT_MAX", named.SCRIPT_RESULT_ITEMS_COUNT_MAX)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            self._bytes += len(value.encode())
            if self._bytes > named.SCRIPT_RESULT_BYTES_MAX:
                raise _too_much("bytes", "SCRIPT_RESULT_BYTES_MAX", named.SCRIPT_RESULT_BYTES_MAX)
            return value
        kind = cast("str | None", lua54.lua_type(value))
        if kind != "table":
            raise ScriptError(f"it answered with a {kind}: only tables, texts, numbers, true and false can be answers")
        if depth == named.SCRIPT_RESULT_DEPTH_MAX:
            raise _too_much("levels", "SCRIPT_RESULT_DEPTH_MAX", named.SCRIPT_RESULT_DEPTH_MAX)
        return self._table(value, depth + 1)

    def _table(self, table: Any, depth: int) -> Plain:  # noqa: ANN401  # a table of Lua, which has no type
        found: dict[str | int, Plain] = {}
        for key, value in self._in_order(cast("Iterator[tuple[object, object]]", table.items())):
            found[key] = self.read(value, depth)
            if isinstance(key, str):
                self.read(key)
        if 1 in found and all(number in found for number in range(1, len(found) + 1)):
            return [found[number] for number in range(1, len(found) + 1)]
        return {str(key): found[key] for key in sorted(found, key=str)}

    def _in_order(self, items: Iterator[tuple[object, object]]) -> list[tuple[str | int, object]]:
        """Sort by keys, numbers first: the order of a table in Lua is another one in each interpreter."""
        entries: list[tuple[str | int, object]] = []
        for key, value in islice(items, named.SCRIPT_RESULT_ITEMS_COUNT_MAX + 1):
            if not isinstance(key, str | int) or isinstance(key, bool):
                raise ScriptError("it answered with a table whose keys are neither texts nor whole numbers")
            entries.append((key, value))
        return sorted(entries, key=lambda entry: (isinstance(entry[0], str), entry[0]))


def _too_much(what: str, limit: str, most: int) -> ScriptError:
    return ScriptError(f"it answered with more than {most} {what} ({limit})", 0, limit)


def _nothing(_holder: object, name: object, _setting: object) -> object:
    """Let Lua see no attribute of any object of Python: there is none inside, and this is the second wall."""
    raise AttributeError(name)
