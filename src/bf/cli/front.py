"""The front of a real node: TLS or plain text, tokens or none, gRPC and JSON on one port."""

import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bf.adapters.access.gate import Gate
from bf.adapters.access.names import tenant_of
from bf.adapters.access.sparing import SparingLog
from bf.adapters.access.tokens import Tokens
from bf.adapters.front.door import H1, H2
from bf.adapters.front.front import Front, Listen
from bf.adapters.front.under_way import UnderWay
from bf.adapters.grpc.execute import Execution
from bf.adapters.grpc.server import DomainService, grpc_server
from bf.adapters.grpc.watch import Watching
from bf.adapters.http.connection import http_faces
from bf.adapters.http.json_face import JsonFace
from bf.adapters.packages.domains import Domains
from bf.adapters.packages.package import own_domain
from bf.adapters.tls.authority import HERE, Authority, AuthorityError
from bf.adapters.tls.certificates import NODE, Certificates
from bf.adapters.tls.contexts import Contexts
from bf.cli.usage import UsageError
from bf.core.ports import Calls, Meter
from bf.inventory.api.service_pb2 import DESCRIPTOR
from bf.inventory.domain import INVENTORY

SERVICE = DESCRIPTOR.services_by_name["InventoryService"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, the domain of the tenants' names, and whether in plain text."""

    host: str
    port: int
    domain: str = HERE
    plain: bool = False

    def check(self) -> None:
        """Raise UsageError if plain text would leave this machine."""
        if self.plain and not is_loopback(self.host):
            raise UsageError(
                f"--plain: {self.host} is open to others, and plain text is for this machine alone; "
                "use 127.0.0.1, or leave --plain out"
            )


class OpenFront:
    """A front that can be started and stopped."""

    def __init__(
        self,
        data: Path,
        folder_of: Callable[[str], Path],
        calls: Calls,
        place: Place,
        meter: Meter | None = None,
        *,
        domains: Domains | None = None,
    ) -> None:
        """Serve `calls` at a place; UsageError if the domain is not one of the authority's.

        Requests of packages are read for every tenant; the cells of those who do not have them refuse.
        """
        domains = domains or Domains(INVENTORY)
        log, audit = SparingLog(logging.getLogger("bf.front")), SparingLog(logging.getLogger("bf.audit"))
        gate = Gate(domains.all, Tokens(folder_of).find, audit, required=not place.plain, meter=meter)
        self._audit = audit
        self.under_way = UnderWay()
        """What is counted as being carried out, so that it has its end before the front has."""
        self._service = DomainService(SERVICE, INVENTORY, calls, gate, self.under_way)
        watching = Watching(INVENTORY, calls, gate, self.under_way)
        services = [self._service, Execution(domains.all, calls, gate, self.under_way), watching]
        self._grpc = grpc_server(services)
        private = [
            DomainService(package.service, own_domain(INVENTORY, package), calls, gate, self.under_way)
            for package in domains.packages
        ]  # not in the server's reflection, which everybody may read
        json_face = JsonFace(
            domains.all,
            calls,
            gate,
            self.under_way,
            partial(tenant_of, domain=place.domain),
            published=INVENTORY.requests,
        )
        faces = {
            H1: http_faces(json_face.app(), INVENTORY.name, log),
            H2: partial(self._grpc.face, [*services, *private], log),
        }
        context = None if place.plain else _context(data, folder_of, place.domain, list(faces), log)
        self._front = Front(faces, context, log)

    async def start(self, listening: socket.socket) -> None:
        """Take connections from a socket."""
        await self._front.start(listening)

    async def serve(self, listen: Listen) -> None:
        """Take connections from whatever makes them."""
        await self._front.serve(listen)

    def take(self, connection: socket.socket) -> None:
        """Take a connection that another process has accepted."""
        self._front.take(connection)

    async def stop(self) -> None:
        """Take no more connections, let what is under way end, then close those that are open."""
        self._front.shut()
        await self._service.drain()
        await self._front.stop()
        await self._grpc.end_calls()
        self._audit.flush()


def authority_of(data: Path, domain: str) -> Authority:
    """Return the authority of a data directory, made if it is not there; UsageError if it is for other domains."""
    authority = Authority(data)
    try:
        if not authority.exists:
            authority.make(domain)
        if domain not in authority.domains():
            raise UsageError(
                f"--domain: {authority.path} is for {' and '.join(authority.domains())}; "
                f"let it be for this one with: bf ca renew --domain {domain} --data {data}"
            )
    except (AuthorityError, OSError) as error:
        raise UsageError(f"--data: {error}") from error
    return authority


def certificates_of(data: Path, folder_of: Callable[[str], Path], domain: str) -> Certificates:
    """Return the certificates of a data directory, with the node's own made and good; UsageError if it cannot be."""
    certificates = Certificates(data, authority_of(data, domain), folder_of)
    try:
        certificates.ready(NODE)
    except (AuthorityError, OSError) as error:
        raise UsageError(f"--data: the node has no certificate to show: {error}") from error
    return certificates


def _context(
    data: Path, folder_of: Callable[[str], Path], domain: str, protocols: list[str], log: SparingLog
) -> Callable[[], ssl.SSLContext]:
    contexts = Contexts(certificates_of(data, folder_of, domain), domain, protocols, log)
    try:
        contexts.node()
    except (AuthorityError, OSError) as error:
        raise UsageError(f"--data: the node's certificate cannot be shown: {error}") from error
    return contexts.node


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
