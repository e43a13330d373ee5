"""Fronts in this process: real sockets and TLS, and whoever carries out the requests is a stand-in."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import Message
from tests.support.calls import OneByOne

from bf.adapters.access.tokens import Role, TokenFile
from bf.cli.front import OpenFront, Place
from bf.cli.listening import listen
from bf.core.ports import Answer

ACME = "acme"
PATIENCE_S = 20


@dataclass
class Desk(OneByOne):
    """Answers every request with an empty response, and notes who asked."""

    asked: list[tuple[str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str]])
    response: bytes = b""

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        self.asked.append((tenant, request.DESCRIPTOR.name, request_id, actor))
        return Answer(code=0, response=self.response)


@dataclass
class Opened:
    """A front that takes connections."""

    data: Path
    port: int
    desk: Desk
    writers: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    def token(self, role: Role = Role.ADMIN, tenant: str = ACME) -> str:
        _, text = TokenFile(self.data / "tenants" / tenant).create("test", role, 1)
        return text

    def tls(self, *protocols: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.data / "ca" / "ca.pem")
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    async def connect(
        self, *protocols: str, name: str = "acme.localhost"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a TLS connection."""
        tls = self.tls(*protocols)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=tls, server_hostname=name)
        self.writers.append(writer)
        return reader, writer

    async def bare(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection without TLS."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def works(self) -> None:
        """Expect that somebody else is served meanwhile."""
        reader, writer = await self.connect("http/1.1")
        writer.write(post("ListProducts", self.token()))
        assert (await asyncio.wait_for(reader.readline(), PATIENCE_S)).startswith(b"HTTP/1.1 200 ")
        writer.close()


def folder_in(data: Path) -> Callable[[str], Path]:
    def folder_of(tenant: str) -> Path:
        folder = data / "tenants" / tenant
        if not tenant or not folder.is_dir():
            raise KeyError(tenant)
        return folder

    return folder_of


@asynccontextmanager
async def opened(data: Path, *, plain: bool = False, tenants: tuple[str, ...] = (ACME,)) -> AsyncGenerator[Opened]:
    """Open a front on a free port."""
    for tenant in tenants:
        (data / "tenants" / tenant).mkdir(parents=True, exist_ok=True)
    desk = Desk()
    front = OpenFront(data, folder_in(data), desk, Place("127.0.0.1", 0, plain=plain))
    listening = listen("127.0.0.1", 0)
    await front.start(listening)
    here = Opened(data, listening.getsockname()[1], desk)
    try:
        yield here
    finally:
        await front.stop()
        for writer in here.writers:
            writer.transport.abort()
        await asyncio.sleep(0)


def post(name: str, token: str = "", body: bytes = b"{}", more: str = "") -> bytes:
    """Write a request of HTTP/1.1."""
    access = f"authorization: Bearer {token}\r\n" if token else ""
    head = f"POST /v1/{name} HTTP/1.1\r\nhost: acme.localhost\r\ncontent-type: application/json\r\n{access}{more}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Read until the other side closes, however it does."""
    got = b""
    with suppress(ConnectionError, ssl.SSLError):
        while chunk := await asyncio.wait_for(reader.read(65_536), PATIENCE_S):
            got += chunk
    return got
