"""How commands reach a server: its address, whom to trust, and the token that says who asks."""

import argparse
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from bf.cli.serve import ADDRESS
from bf.cli.usage import UsageError, address, read_text
from bf.client.wire import client_tls

TOKEN_VARIABLE = "BF_TOKEN"  # noqa: S105  # a variable's name


@dataclass(frozen=True, slots=True)
class Server:
    """A server to call."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    token: str = ""

    @property
    def address(self) -> str:
        """HOST:PORT, as clients take it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def add_server(parser: argparse.ArgumentParser, *, addr: bool = True) -> None:
    """Let a command name a server, and say how to reach it; without `addr`, its address has another name."""
    if addr:
        parser.add_argument("--addr", default=ADDRESS, metavar="HOST:PORT", help=f"the server (default: {ADDRESS})")
    parser.add_argument("--ca", metavar="FILE", help="trust this authority, data/ca/ca.pem; else those of the system")
    parser.add_argument("--token", help=f"who asks; better in a file, or in the variable {TOKEN_VARIABLE}")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="who asks: a file that holds a token")
    parser.add_argument("--plain", action="store_true", help="plain text, for a server with --plain")


def server_of(args: argparse.Namespace) -> Server:
    """Read what `add_server` added; UsageError if it does not fit together."""
    host, port = address("--addr", args.addr)
    token = _token(args)
    if args.plain:
        return Server(host, port, None, token)
    if not token:
        raise UsageError(f"--token-file: name a file with a token, or set {TOKEN_VARIABLE}; see bf token create --help")
    try:
        return Server(host, port, client_tls(args.ca), token)
    except OSError as error:
        raise UsageError(f"--ca: {args.ca} holds no authority that can be read: {error.strerror or error}") from error


def _token(args: argparse.Namespace) -> str:
    if args.token and args.token_file:
        raise UsageError("--token: there is --token-file too; name one of them")
    text = read_text("--token-file", args.token_file) if args.token_file else args.token
    token = str(text or os.environ.get(TOKEN_VARIABLE, "")).strip()
    if not token.isascii() or not token.isprintable():
        raise UsageError("--token: this is no token")
    return token
