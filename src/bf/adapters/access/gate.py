"""The gate: who a caller is, and whether it may ask what it asks. Every face lets its callers through here.

Rules of this file:
1. A refusal tells nobody whether a tenant, or a token's id, exists: TokenUnknown covers both, and always compares.
2. A refusal is audited with the tenant, the reason, the peer and the token's id. Secrets and requests never are.
"""

import hmac
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from bf.adapters.access.sparing import SparingLog
from bf.adapters.access.tokens import ROLES, Role, Token, TokenError, digest, split
from bf.adapters.sqlite.storage import TENANT_NAME
from bf.core.domain import Domain
from bf.core.limits import TENANT_NAME_CHARS_MAX
from bf.core.ports import Answer, Meter
from bf.core.refusal import Code, Refusal

AUTHORIZATION = "authorization"
BEARER = "bearer "
NO_DIGEST = digest(b"")
"""What an unknown token is compared with, so that it takes as long as a known one."""


class TenantMissing(Refusal):
    """A call that names no tenant."""

    code = Code.INVALID_ARGUMENT
    text = "name the {field}: by the server name, or in the header or metadata: tenant"
    field: str


class WrongTenant(Refusal):
    """A call that names two tenants."""

    code = Code.PERMISSION_DENIED
    text = "{field}: the server name and the metadata name different tenants"
    field: str


class TokenMissing(Refusal):
    """A call without a token."""

    code = Code.UNAUTHENTICATED
    text = "{field} is missing: send Bearer and a token; bf token create makes one"
    field: str


class TokenUnknown(Refusal):
    """A token that the tenant does not have, or a tenant that is not there."""

    code = Code.UNAUTHENTICATED
    text = "{field}: this is no token of the tenant"
    field: str


class TokenRevoked(Refusal):
    """A token that was good once."""

    code = Code.UNAUTHENTICATED
    text = "{field}: the token {token} was revoked"
    field: str
    token: str


class RoleTooLow(Refusal):
    """A token that may not do this."""

    code = Code.PERMISSION_DENIED
    text = "{field}: {request} takes the role {needed}; the token {token} has {role}"
    field: str
    request: str
    needed: str
    token: str
    role: str


@dataclass(slots=True, eq=False)
class Visit:
    """A connection, as far as access is concerned; `proved` is called when a caller on it was let through."""

    peer: str = ""
    tenant: str = ""
    """Whom the TLS server name named."""
    proved: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and for which tenant."""

    tenant: str
    actor: str


class Gate:
    """Lets callers through, or refuses them."""

    def __init__(
        self,
        domain: Domain,
        find: Callable[[str, str], Token | None],
        audit: SparingLog,
        *,
        required: bool,
        meter: Meter | None = None,
    ) -> None:
        """Look tokens up with `find`; unless they are `required`, a caller without one may do everything."""
        self._meter = meter
        self._queries = domain.queries
        self._find = find
        self._audit = audit
        self._required = required

    def admit(self, visit: Visit, named: Sequence[str], authorization: str, request: type[Message]) -> Caller:
        """Tell who asks; `named` are the tenants that the call itself names. Raises a Refusal."""
        tenants = {name for name in (visit.tenant, *named) if name}
        shown = split(authorization[len(BEARER) :].strip())
        try:
            if len(tenants) > 1:
                raise WrongTenant(field="tenant")
            if not tenants:
                raise TenantMissing(field="tenant")
            (tenant,) = tenants
            actor = self._actor(tenant, authorization, shown, request)
        except Refusal as refusal:
            self._note(refusal, visit.peer, sorted(tenants), shown[0] if shown else "")
            raise
        visit.proved()
        return Caller(tenant, actor)

    def _actor(self, tenant: str, authorization: str, shown: tuple[str, bytes] | None, request: type[Message]) -> str:
        if not authorization and not self._required:
            return ""
        if not authorization[: len(BEARER)].lower() == BEARER:
            raise TokenMissing(field=AUTHORIZATION)
        token_id, secret = shown or ("", b"")
        token = self._known(tenant, token_id)
        same = hmac.compare_digest(digest(secret), token.secret_sha256 if token else NO_DIGEST)
        if token is None or not same:
            raise TokenUnknown(field=AUTHORIZATION)
        if token.revoked_us:
            raise TokenRevoked(field=AUTHORIZATION, token=token_id)
        needed = Role.READER if request in self._queries else Role.WRITER
        if ROLES[token.role] < needed:
            raise RoleTooLow(
                field=AUTHORIZATION,
                request=request.DESCRIPTOR.name,
                needed=needed.title,
                token=token_id,
                role=token.role,
            )
        return f"token {token_id}"

    def _known(self, tenant: str, token_id: str) -> Token | None:
        try:
            return self._find(tenant, token_id)
        except TokenError as error:
            self._audit.say(str(error))
            return None

    def _note(self, refusal: Refusal, peer: str, tenants: Sequence[str], token_id: str) -> None:
        if self._meter:
            self._meter.count("refusals", reason=refusal.reason)
        names = ",".join(tenant if _is_name(tenant) else "?" for tenant in tenants)
        self._audit.say(f"refused tenant={names} reason={refusal.reason} peer={peer} token={token_id}")


def open_gate(domain: Domain) -> Gate:
    """Make a gate that takes no tokens and asks for none."""
    return Gate(domain, lambda _tenant, _token_id: None, SparingLog(logging.getLogger("bf.audit")), required=False)


def told(refusal: Refusal) -> Answer:
    """Say a refusal as an answer."""
    return Answer(code=refusal.code, reason=refusal.reason, message=str(refusal), field=refusal.facts.get("field", ""))


def _is_name(tenant: str) -> bool:
    return len(tenant) <= TENANT_NAME_CHARS_MAX and TENANT_NAME.fullmatch(tenant) is not None
