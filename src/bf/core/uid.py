"""Uids: one counter per tenant, written as `00000000-0000-0000-0000-%012x`."""

from bf.core.refusal import MalformedUid

UID_PREFIX = "00000000-0000-0000-0000-"
UID_NUMBER_MAX = 2**48 - 1


def uid_text(number: int) -> str:
    """Write the counter's `number` (0 is the root of every tree) as a uid."""
    return f"{UID_PREFIX}{number:012x}"


def uid_number(field: str, text: str) -> int:
    """Read the counter's number out of the uid in a request's `field`; MalformedUid if it is none."""
    try:
        number = int(text[24:], 16)
    except ValueError:
        raise MalformedUid(field=field, value=text) from None
    if not 0 <= number <= UID_NUMBER_MAX or uid_text(number) != text:  # signs, spaces, upper case, other prefixes
        raise MalformedUid(field=field, value=text)
    return number


def number_of(uid: str) -> int:
    """Read the number out of an event's uid, which was checked before the event happened."""
    return int(uid[24:], 16)
