"""The `bf` command: finds the command's module in a table, reads its arguments and runs it."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn, Protocol, cast

from bf.cli.usage import UsageError

COMMANDS: dict[str, str] = {
    "serve": "bf.cli.serve",
    "status": "bf.cli.status",
    "tenant": "bf.cli.tenant",
    "log": "bf.cli.log",
    "script": "bf.cli.script",
    "token": "bf.cli.token",
    "ca": "bf.cli.ca",
    "load": "bf.cli.load",
    "report": "bf.cli.report",
    "demo": "bf.cli.demo",
    "test": "bf.cli.test",
    "explore": "bf.cli.explore",
    "perf": "bf.cli.perf",
    "stress": "bf.cli.stress",
    "export": "bf.cli.export",
    "subject": "bf.cli.subject",
    "sim": "bf.cli.sim",
}
"""One command, one file. Only the chosen one is imported, so that each starts as fast as it can."""

WRONG_CALL, INTERRUPTED, BROKEN_PIPE = 2, 130, 141


class Command(Protocol):
    """What a command's module offers; the first line of its docstring is its summary."""

    __doc__: str | None
    EXAMPLES: str

    def arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Name what the command takes."""
        ...

    def run(self, args: argparse.Namespace, /) -> int:
        """Do it, and return the exit code; UsageError for a wrong call."""
        ...


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Complain in the way of every command."""
        raise UsageError(f"{message}; see {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2 for a wrong call, 130 after Ctrl-C."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(str(error), WRONG_CALL)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader has gone: leave nothing for Python to flush at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _run(words: list[str]) -> int:
    try:
        if words and words[0] in COMMANDS:
            command = _load(words[0])
            parser = _parser(f"bf {words[0]}", command)
            command.arguments(parser)
            return command.run(parser.parse_args(words[1:]))
        return _explain(words)
    except SystemExit as end:  # argparse ends the program after --help
        return int(end.code or 0)


def _explain(words: list[str]) -> int:
    """Answer a call that names no command."""
    parser = Parser(prog="bf", add_help=False, allow_abbrev=False, usage="bf COMMAND [ARGUMENT ...]")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("command", nargs="?")
    args = parser.parse_args(words[:1])
    if args.command is not None:
        raise UsageError(f"there is no command {args.command!r}; the commands are: {', '.join(COMMANDS)}")
    if args.version:
        print(f"bf {import_module('importlib.metadata').version('bf')}")
        return 0
    print("Black Friday: an event-sourced stock system for many tenants.\n\nusage: bf COMMAND [ARGUMENT ...]\n")
    for name in COMMANDS:
        print(f"  {name:<10} {_summary(_load(name))}")
    print("\nbf COMMAND --help shows a command's arguments and examples, bf --version the version.")
    return 0 if args.help else WRONG_CALL


def _load(name: str) -> Command:
    return cast("Command", import_module(COMMANDS[name]))


def _summary(command: Command) -> str:
    return (command.__doc__ or "").split("\n", maxsplit=1)[0]


def _parser(name: str, command: Command) -> argparse.ArgumentParser:
    return Parser(
        prog=name,
        description=_summary(command),
        epilog=f"examples:\n{command.EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _complain(sentence: str, code: int) -> int:
    print(f"bf: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
