"""The platform's named limits: each ends with its unit and MAX. A domain's own limits live in its package."""

REQUEST_BYTES_MAX = 2 * 1024 * 1024
"""The largest message that a caller may send; its answer, which may mirror it, stays below REPLY_BYTES_MAX."""

REPLY_BYTES_MAX = 4 * 1024 * 1024
"""The largest answer: what every gRPC client takes by default."""

REFUSAL_BYTES_MAX = 1_000
"""The longest sentence of a refusal, in UTF-8: with its details it fits into the 8 KiB of trailers clients take."""

REQUEST_ID_CHARS_MAX = 128
"""The longest request id."""

REQUEST_IDS_COUNT_MAX = 1_000_000
"""How many first answers a tenant keeps for retries; the oldest are forgotten first."""

REQUEST_ID_AGE_S_MAX = 7 * 24 * 3_600
"""How long a first answer is kept for retries: a week."""

BATCH_REQUESTS_MAX = 256
"""How many requests one append to the log may carry."""

BATCH_BYTES_MAX = 1024 * 1024
"""How many bytes of requests one append may gather; a single larger request goes alone."""

QUEUE_BYTES_MAX = 64 * 1024 * 1024
"""How many bytes of one tenant's requests may wait; one more is told to come back later."""

OPEN_CELLS_MAX = 2_000
"""How many tenants are open at a time; the one that was not called for longest is closed."""

QUEUE_REQUESTS_MAX = 4_096
"""How many requests of one tenant may wait; one more is told to come back later."""

DRAIN_S_MAX = 10
"""How long a stopping server waits for clients to read the answers of what was under way."""

TENANT_NAME_CHARS_MAX = 63
"""A tenant's name is a DNS label, so that it can be a server name."""

SPEC_GIVEN_EVENTS_MAX = 100_000
"""How many given events a foreign runner may send with one spec."""

REPLAY_BATCHES_MAX = 64
"""How many batches of the log are read at a time while a state is rebuilt."""
