"""Scripts: what a tenant adds to a feature in a language of its own. An adapter runs them; features ask them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from bf.core.refusal import Code, Refusal

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What goes into a script and comes out of it."""

Reads = Mapping[str, Callable[..., Plain]]
"""What a script may look up while it runs, by name; a LookupError tells it that there is no such thing."""


class Script(NamedTuple):
    """A text with a name, and the hook that it is for: the name of its function."""

    hook: str
    name: str
    source: str


class ScriptError(Exception):
    """A script that cannot be read, failed, or went beyond a `limit`; `line` 0 is unknown."""

    def __init__(self, text: str, line: int = 0, limit: str = "") -> None:
        super().__init__(text)
        self.text, self.line, self.limit = text, line, limit


class Scripts(Protocol):
    """Runs the scripts of one tenant, within its limits; nothing of a run is left for the next one."""

    def cases(self, script: Script) -> Plain:
        """Return the cases that a script brings along; ScriptError if it cannot be read or has not its function."""
        ...

    def ask(self, script: Script, question: Plain, reads: Reads) -> Plain:
        """Return what a script answers to a question; ScriptError."""
        ...


class NoScripts(Refusal):
    """A place where nothing runs scripts."""

    code = Code.UNIMPLEMENTED
    text = "nothing runs scripts here"


class Nobody:
    """Runs no scripts."""

    def cases(self, script: Script) -> Plain:  # noqa: ARG002  # as the port has it
        """Refuse."""
        raise NoScripts

    def ask(self, script: Script, question: Plain, reads: Reads) -> Plain:  # noqa: ARG002  # as the port has it
        """Refuse."""
        raise NoScripts


NOBODY = Nobody()

ScriptsOf = Callable[[Mapping[str, int]], Scripts]
"""Makes what runs a tenant's scripts, within the tenant's own limits."""
