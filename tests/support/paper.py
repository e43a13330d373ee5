"""A transport that writes down what it is given."""

import asyncio
from typing import Any


class Paper(asyncio.Transport):
    """Keeps what was written until somebody takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False
        self._written: list[bytes] = []

    def take(self) -> bytes:
        """Return what was written since the last time."""
        written, self._written = b"".join(self._written), []
        return written

    def write(self, data: Any) -> None:  # noqa: ANN401  # asyncio's
        """Write down."""
        self._written.append(bytes(data))

    def close(self) -> None:
        """Note that it is over."""
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        """Say whether it is over."""
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  # asyncio's
        """Know nothing."""
        del name
        return default

    def pause_reading(self) -> None:
        """Read nothing anyway."""

    def resume_reading(self) -> None:
        """Read nothing anyway."""
