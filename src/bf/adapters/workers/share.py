"""Which worker has which tenant: a hash of the name, the same in every process and release."""

import hashlib
from dataclasses import dataclass

HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Share:
    """The tenants of one worker: its number, from 1, and how many workers there are."""

    number: int
    count: int

    def has(self, tenant: str) -> bool:
        """Say whether a tenant belongs to this worker, whether it exists or not."""
        return owner_of(tenant, self.count) == self.number


def owner_of(tenant: str, count: int) -> int:
    """Return the number of the one worker, of so many, to which a tenant belongs."""
    digest = hashlib.blake2b(tenant.encode(errors="surrogatepass"), digest_size=HASH_BYTES).digest()
    return int.from_bytes(digest, "big") % count + 1
