"""What commands say when they are called wrongly, and the arguments that several of them read."""

import re
from pathlib import Path

PORT_MAX = 65_535

DOMAIN_CHARS_MAX = 253 - 64
"""A server name has 253 characters at most, and the tenant's name stands before the domain."""

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class UsageError(Exception):
    """A wrong call: one line that names the argument and the remedy; `bf` prints it and ends with 2."""


def address(argument: str, text: str) -> tuple[str, int]:
    """Read HOST:PORT; an IPv6 host stands in brackets, port 0 lets the machine choose one."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > PORT_MAX:
        raise UsageError(f"{argument}: {text!r} is not HOST:PORT; write for example 127.0.0.1:50051")
    return host, int(port)


def domain(text: str) -> str:
    """Read the domain of an installation: lower-case DNS labels, with room for a tenant's name before them."""
    labels = text.split(".")
    if len(text) > DOMAIN_CHARS_MAX or not all(LABEL.fullmatch(label) for label in labels):
        raise UsageError(f"--domain: {text!r} is no domain in lower-case letters; write for example shop.example")
    return text


def read_text(argument: str, path: Path) -> str:
    """Read a file that the caller named."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{argument}: cannot read {path}: {error.strerror}; name a file that can be read") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{argument}: {path} is not UTF-8 at byte {error.start}; save it as UTF-8") from error
