"""What a worker is told when it begins, as JSON: which tenants it has, where, and how they are served."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from bf.adapters.workers.share import Share
from bf.cli.front import Place
from bf.cli.lookout import Watching
from bf.node.housekeeping import Policy

HIRED, READY = b"hired", b"ready"
"""What a worker says: it waits for its orders; it serves."""


@dataclass(frozen=True, slots=True)
class Orders:
    """How to be a worker."""

    share: Share
    data: Path
    place: Place
    watching: Watching
    policy: Policy | None
    log: str

    def written(self) -> bytes:
        """Write them for another process."""
        return json.dumps(asdict(self) | {"data": str(self.data)}).encode()

    @classmethod
    def read(cls, message: bytes) -> Self:
        """Read what was written."""
        told = json.loads(message)
        return cls(
            Share(**told["share"]),
            Path(told["data"]),
            Place(**told["place"]),
            Watching(**told["watching"]),
            Policy(**told["policy"]) if told["policy"] else None,
            told["log"],
        )


def socket_name(number: int) -> str:
    """Name the socket in the data directory through which the parent has a worker's operations done."""
    return f"worker-{number}.sock"
