"""Which features each tenant has: the domain's, and those of the packages that name it."""

from collections.abc import Sequence
from functools import reduce
from importlib import import_module

from bf.adapters.packages.package import Package, PackageError, extended
from bf.core.domain import Domain


class Domains:
    """A domain for each tenant of an installation."""

    def __init__(self, base: Domain, packages: Sequence[Package] = ()) -> None:
        """Join the domain and packages; PackageError if two of them do not go together."""
        names = [package.name for package in packages]
        if len(set(names)) < len(names):
            raise PackageError(f"two packages have one name: {', '.join(sorted(names))}")
        self.base = base
        self.packages = packages
        self.all = reduce(extended, packages, base)
        """Every request that some tenant has: what faces must be able to read."""
        self._made: dict[tuple[str, ...], Domain] = {}

    def of(self, tenant: str) -> Domain:
        """Return what a tenant has."""
        own = [package for package in self.packages if tenant in package.tenants]
        key = tuple(package.name for package in own)
        if key not in self._made:
            self._made[key] = reduce(extended, own, self.base)
        return self._made[key]


def load(module: str) -> Package:
    """Import a module that says PACKAGE; PackageError if it cannot be, or says none."""
    try:
        package = getattr(import_module(module), "PACKAGE", None)
    except Exception as error:
        raise PackageError(f"{module} cannot be imported: {type(error).__name__}: {error}") from error
    if not isinstance(package, Package):
        raise PackageError(f"{module} has no PACKAGE: let it say PACKAGE = Package(…)")
    return package
