"""A meter that counts: what the platform says of itself is how a simulation knows which situations it has reached."""

from collections import Counter


class SimMeter:
    """Keeps every count."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Add to a counter."""
        self.counts["/".join([name, *labels.values()])] += by

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Count that a value was observed."""
        del value
        self.counts["/".join([name, *labels.values()])] += 1
