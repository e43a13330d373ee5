"""TLS contexts: the tenant's own certificate, chosen by the server name that the client asks for."""

import ssl
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bf.adapters.access.names import tenant_of
from bf.adapters.access.sparing import SparingLog
from bf.adapters.tls.authority import AuthorityError, Now
from bf.adapters.tls.certificates import NODE, Certificates

CONTEXTS_COUNT_MAX = 1_000
"""How many tenants' contexts are kept in memory."""

LOOK_AGAIN = timedelta(hours=1)
"""How often one that should be renewed, and was not, is looked at."""

Stamp = tuple[int, ...]


class TenantContext(ssl.SSLContext):
    """A context that knows whose certificate it shows."""

    tenant: str = NODE


class Made(NamedTuple):
    """A context, the state of the files that it was made of, and when to look at them again."""

    stamp: Stamp
    until: datetime
    context: TenantContext


class Contexts:
    """Makes contexts, and keeps them while their files stay as they are."""

    def __init__(
        self,
        certificates: Certificates,
        domain: str,
        protocols: Sequence[str],
        log: SparingLog,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        """Answer to `<tenant>.<domain>`, and offer protocols in the order of our preference."""
        self._certificates = certificates
        self._domain = domain
        self._protocols = list(protocols)
        self._log = log
        self._now = now
        self._made = OrderedDict[str, Made]()

    def node(self) -> TenantContext:
        """Return the context with which a handshake begins; raises AuthorityError or OSError."""
        return self._context(NODE)

    def _choose(self, tls: ssl.SSLObject | ssl.SSLSocket, name: str | None, _begun: ssl.SSLContext) -> None:
        """Answer OpenSSL: go on with the tenant's context, or with the node's."""
        tenant = tenant_of(name or "", self._domain)
        if not tenant:
            return
        try:
            tls.context = self._context(tenant)
        except KeyError:
            return  # no such tenant: the node's own certificate tells nothing
        except (AuthorityError, OSError) as error:
            self._log.say(f"tenant {tenant} has no certificate to show: {error}")

    def _context(self, tenant: str) -> TenantContext:
        folder = self._certificates.folder(tenant)
        known = self._made.get(tenant)
        if known and known.stamp == _stamp(folder) and self._now() < known.until:
            return known.context
        pair = self._certificates.ready(tenant)
        context = TenantContext(ssl.PROTOCOL_TLS_SERVER)
        context.tenant = tenant
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(self._protocols)
        context.load_cert_chain(pair.cert, pair.key, password=lambda: b"")  # a key with a password asks nobody
        if tenant == NODE:
            context.sni_callback = self._choose
        until = max(pair.due_at, self._now() + LOOK_AGAIN)
        self._made[tenant] = Made(_stamp(folder), until, context)
        self._made.move_to_end(tenant)
        if len(self._made) > CONTEXTS_COUNT_MAX:
            self._made.popitem(last=False)
        return context


def _stamp(folder: Path) -> Stamp:
    """Tell one content of a pair's files from another without reading them."""
    stats = [(folder / name).stat() for name in ("cert.pem", "key.pem") if (folder / name).exists()]
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_ino, stat.st_size))
