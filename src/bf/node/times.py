"""Times as people write them: ISO 8601, UTC unless an offset is said."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def text_of(time_us: int) -> str:
    """Write microseconds since 1970, as 2026-11-27T08:00:00.000001Z."""
    try:
        time = EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        return f"{time_us} µs since 1970"
    return time.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def time_of(text: str) -> int:
    """Read a time, or a day, as microseconds since 1970; ValueError."""
    try:
        time = datetime.fromisoformat(text)
        return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time; write for example 2026-11-27T08:00:00Z") from None
