"""The platform's named limits: each ends with its unit and MAX. A domain's own limits live in its package."""

REQUEST_BYTES_MAX = 2 * 1024 * 1024
"""The largest message that a caller may send; its answer, which may mirror it, stays below REPLY_BYTES_MAX."""

REPLY_BYTES_MAX = 4 * 1024 * 1024
"""The largest answer: what every gRPC client takes by default."""

REFUSAL_BYTES_MAX = 1_000
"""The longest sentence of a refusal, in UTF-8: with its details it fits into the 8 KiB of trailers clients take."""

TENANT_NAME_CHARS_MAX = 63
"""A tenant's name is a DNS label, so that it can be a server name."""
