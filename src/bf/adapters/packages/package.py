"""A package of a tenant's own features, and the domain that a tenant with packages has."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from types import ModuleType

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from bf.adapters.packages.fence import Fence, FenceError
from bf.core.domain import Domain
from bf.core.tx import Tx

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class PackageError(Exception):
    """A package that cannot be used; it names the package and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Features that only the named tenants have, with requests, events and tables of their own."""

    name: str
    """Lower-case words joined by `_`: the log calls an event `name.Event`, every table is called `name_…`."""
    tenants: Collection[str]
    schema: str
    """Its tables and their indices, as in a domain's schema.sql."""
    service: ServiceDescriptor
    """One rpc per request; the messages stand in the same .proto file."""
    events: FileDescriptor
    features: Sequence[ModuleType]
    baseline: Callable[[Tx], Iterable[Message]]
    """Says what its tables hold as the fewest events that make it, for a compacted log."""


def own_domain(base: Domain, package: Package) -> Domain:
    """Read a package's features; PackageError names what is missing, doubled or unknown."""
    if not NAME.fullmatch(package.name):
        raise PackageError(f"{package.name!r} is no name of a package: write lower-case words joined by _")
    try:
        return Domain(
            name=package.name,
            version=base.version,
            schema=package.schema,
            requests=package.service.file,
            events=package.events,
            features=package.features,
            baseline=package.baseline,
            guard=base.guard,
        )
    except AssertionError as error:
        raise PackageError(f"the package {package.name}: {error}") from error


def extended(base: Domain, package: Package) -> Domain:
    """Return a domain that has a package's features too, which reach no tables but their own; PackageError.

    What the package's handlers let happen of the domain's own events is applied by the domain, under its rules.
    """
    own = own_domain(base, package)
    twice = sorted(base.requests.keys() & own.requests.keys())
    if twice:
        raise PackageError(f"the package {package.name}: another feature has the request {twice[0]} already")
    try:
        fence = Fence(package.name, base.schema, own.schema)
    except FenceError as error:
        raise PackageError(f"the package {package.name}: {error}") from error
    domain = copy(base)
    domain.schema = base.schema + own.schema
    domain.features = (*base.features, *own.features)
    domain.handlers = base.handlers | {
        request: fence.handler(handler, may_apply=request not in own.queries)
        for request, handler in own.handlers.items()
    }
    domain.appliers = base.appliers | {event: fence.applier(applier) for event, applier in own.appliers.items()}
    domain.queries = base.queries | own.queries
    domain.requests = base.requests | own.requests
    domain.responses = base.responses | own.responses
    domain.events = base.events | {f"{own.name}.{name}": event for name, event in own.events.items()}
    domain.event_names = {event: name for name, event in domain.events.items()}
    domain.baseline = _one_after_the_other(base, own)
    return domain


def _one_after_the_other(base: Domain, own: Domain) -> Callable[[Tx], Iterable[Message]] | None:
    first, second = base.baseline, own.baseline
    if first is None or second is None:
        return None

    def baseline(tx: Tx) -> Iterable[Message]:
        yield from first(tx)
        yield from second(tx)

    return baseline
