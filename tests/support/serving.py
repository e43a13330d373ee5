"""`bf serve` as a process of its own, and foreign clients that call it."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import grpc
from google.protobuf.message import Message

from bf.inventory.domain import INVENTORY

SERVICE = "/blackfriday.inventory.v1.InventoryService"
PATIENCE_S = 20
"""How long anything that must happen may take; a hang is a failure, not a wait."""


class Bf:
    """A `bf` command in a process of its own; `program` and `env` may put something around it."""

    def __init__(
        self,
        words: Sequence[str | Path],
        folder: Path | None = None,
        program: Sequence[str] = ("-m", "bf.cli.main"),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.said = ""
        self._process = subprocess.Popen(
            [sys.executable, *program, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "100", **(env or {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE_S)
        assert self._process.stdout
        self._process.stdout.close()

    def expect(self, text: str) -> str:
        """Wait until it says a text, and return the line with it."""
        assert self._process.stdout
        deadline = time.monotonic() + PATIENCE_S
        while True:
            for line in self.said.splitlines(keepends=True):
                if text in line and line.endswith("\n"):
                    return line.rstrip("\n")
            ready, _, _ = select.select([self._process.stdout], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self._process.stdout.fileno(), 65_536) if ready else b""
            assert more, f"never said {text!r}, but: {self.said}"
            self.said += more.decode()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait for its end, and return its exit code."""
        rest, _ = self._process.communicate(timeout=PATIENCE_S)
        self.said += rest.decode()
        return self._process.returncode

    def end_text(self) -> str:
        """Wait for its end, and return all that it said."""
        self.end()
        return self.said

    def kill(self) -> None:
        """End it as a power cut would: kill -9."""
        self._process.kill()
        self._process.wait(PATIENCE_S)


@contextmanager
def served(data: Path, *more: str) -> Generator[tuple[Bf, str]]:
    """Serve a data directory on a free port, in plain text, as `more` says; yield the process and its HOST:PORT."""
    with Bf(["serve", "--plain", "--data", data, "--addr", "127.0.0.1:0", *more]) as server:
        line = server.expect("serving ")
        yield server, line.split(" on ", 1)[1].split(",", 1)[0]


def unary(channel: grpc.Channel, name: str) -> Any:  # noqa: ANN401  # grpcio's callable
    """Return grpcio's callable of an rpc that takes and gives bytes; its types are its own."""
    return cast("Any", channel).unary_unary(f"{SERVICE}/{name}")


class Caller:
    """A foreign client of one tenant: plain grpcio."""

    def __init__(self, address: str, tenant: str) -> None:
        """Have a connection of its own: grpcio else has one for all channels to an address."""
        self._tenant = tenant
        self.channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.channel.close()

    def begin(self, request: Message, request_id: str = "") -> Any:  # noqa: ANN401  # grpcio's future
        """Send a request; the answer is still to come."""
        metadata = [("tenant", self._tenant)]
        if request_id:
            metadata.append(("request-id", request_id))
        name = request.DESCRIPTOR.name.removesuffix("Req")
        return unary(self.channel, name).future(request.SerializeToString(), metadata=metadata, timeout=PATIENCE_S)

    def call(self, request: Message, request_id: str = "") -> Any:  # noqa: ANN401  # a message, of which many kinds
        """Return the response; raises grpc.RpcError."""
        answer = INVENTORY.responses[request.DESCRIPTOR.name]
        return answer.FromString(self.begin(request, request_id).result())
