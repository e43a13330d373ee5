"""A meter that nobody reads."""


class NoMeter:
    """Takes every number and keeps none."""

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Add to nothing."""

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Note nothing."""
