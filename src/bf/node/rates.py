"""A tenant's share of the node: how many requests and bytes a second it may ask."""

from collections.abc import Mapping

from bf.core.refusal import Code, Refusal

BURST_S = 1
"""How much of its rate a tenant may use at once after a pause."""


class RateLimited(Refusal):
    """More in a second than this tenant may ask."""

    code = Code.RESOURCE_EXHAUSTED
    text = "the limit {limit} of this tenant allows {most} a second: try again in {wait_ms} ms"
    limit: str
    most: int
    wait_ms: int


class Rates:
    """Buckets that fill with time: one for requests, one for their bytes."""

    def __init__(self, limits: Mapping[str, int], now_us: int) -> None:
        """Use the limits `requests_per_s` and `bytes_per_s`, where they are set."""
        self._rates = {name: limits[name] for name in ("requests_per_s", "bytes_per_s") if name in limits}
        self._left = {name: float(rate * BURST_S) for name, rate in self._rates.items()}
        self._seen_us = now_us

    def admit(self, size: int, now_us: int) -> None:
        """Take a request of so many bytes, or raise RateLimited; one larger than the burst takes a full bucket."""
        passed_us, self._seen_us = now_us - self._seen_us, now_us
        asked = {"requests_per_s": 1, "bytes_per_s": size}
        for name, rate in self._rates.items():
            self._left[name] = min(rate * BURST_S, self._left[name] + rate * passed_us / 1e6)
        for name, rate in self._rates.items():
            missing = min(asked[name], rate * BURST_S) - self._left[name]
            if missing > 0:
                raise RateLimited(limit=name, most=rate, wait_ms=int(1_000 * missing / rate) + 1)
        for name in self._rates:
            self._left[name] -= asked[name]
