"""Where lines of the log go: the error stream, with whatever ends this process or a thread of it."""

import logging
import sys
import threading

from bf.adapters.access.sparing import BoundedLines
from bf.adapters.access.tokens import TokenError
from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.logs.lines import JsonLines, TextLines
from bf.adapters.sqlite.storage import StorageError
from bf.adapters.tls.authority import AuthorityError
from bf.core.ports import LogError

FORMS = {"text": TextLines, "json": JsonLines}

SENTENCES_OF_OURS = (LogError, StorageError, KeyringError, TokenError, AuthorityError)
"""Where these are raised, positions, paths and names of tenants are told, and nothing that tenants have stored."""

logger = logging.getLogger("bf.process")


def write_logs(form: str, level: int = logging.INFO) -> None:
    """Write the log in a form to the error stream, unless this process has done so already."""
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(FORMS[form](SENTENCES_OF_OURS))
    handler.addFilter(BoundedLines())
    root.addHandler(handler)
    root.setLevel(level)
    logging.raiseExceptions = False  # else what cannot be written is printed with all its arguments
    logging.getLogger("grpclib").setLevel(logging.WARNING)
    sys.excepthook = lambda kind, error, trace: _fatal(error)  # noqa: ARG005  # python's signature
    threading.excepthook = lambda what: logger.error("a thread failed", exc_info=what.exc_value)


def _fatal(error: BaseException) -> None:
    logger.critical("the process ends", exc_info=error)
