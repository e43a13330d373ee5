"""Commands with actions: each action is a module, and only the chosen one is imported."""

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, Protocol, cast

from bf.cli.usage import UsageError


class Action(NamedTuple):
    """One line of a command's table."""

    module: str
    summary: str
    """What it does, in a few words; the first line of the module's docstring is the sentence in its own help."""


class ActionModule(Protocol):
    """What an action's module offers, as a command's does."""

    __doc__: str | None
    EXAMPLES: str

    def arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Name what the action takes."""
        ...

    def run(self, args: argparse.Namespace, /) -> int:
        """Do it, and return the exit code; UsageError for a wrong call."""
        ...


def add_actions(parser: argparse.ArgumentParser, table: Mapping[str, Action], otherwise: str = "") -> None:
    """Let a command take one of its actions, each with arguments of its own; `otherwise` needs no name."""
    if otherwise:
        load(table[otherwise]).arguments(parser)
    actions = parser.add_subparsers(dest="action", required=not otherwise, metavar="ACTION", parser_class=_ActionParser)
    for name, action in table.items():
        actions.add_parser(name, help=action.summary, module=action.module)


def run_action(args: argparse.Namespace, table: Mapping[str, Action], otherwise: str = "") -> int:
    """Run the action that was chosen, or the one that needs no name."""
    return load(table[args.action or otherwise]).run(args)


def load(action: Action) -> ActionModule:
    """Import an action's module."""
    return cast("ActionModule", import_module(action.module))


class _ActionParser(argparse.ArgumentParser):
    """Reads its arguments from the action's module when it is used, and not before."""

    def __init__(self, *, module: str, **options: Any) -> None:  # noqa: ANN401  # argparse's own
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options)
        self._module = module

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]  # argparse has overloads for namespaces
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Read the words after the action's name."""
        if self._module:
            module = cast("ActionModule", import_module(self._module))
            self.description = (module.__doc__ or "").partition("\n")[0]
            self.epilog = f"examples:\n{module.EXAMPLES}"
            module.arguments(self)
            self._module = ""
        return super().parse_known_args(args, namespace or argparse.Namespace())

    def error(self, message: str) -> NoReturn:
        """Complain in the way of every command."""
        raise UsageError(f"{message}; see {self.prog} --help")
