"""The named limits of a running tenant: each ends with its unit and MAX."""

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

KEPT_BATCHES_MAX = 64
"""How many batches that the log has a state may hold uncommitted: after a crash they are replayed."""

KEPT_MS_MAX = 50
"""How long a state is left uncommitted when nothing comes."""

QUEUE_BYTES_MAX = 64 * 1024 * 1024
"""How many bytes of one tenant's requests may wait; one more is told to come back later."""

OPEN_CELLS_MAX = 2_000
"""How many tenants are open at a time; the one that was not called for longest is closed."""

QUEUE_REQUESTS_MAX = 4_096
"""How many requests of one tenant may wait; one more is told to come back later."""

CHANGES_BYTES_MAX = 4 * 1024 * 1024
"""How many bytes of batches a cell keeps for those who watch it; who is farther behind is told of a gap."""

CHANGES_S_MAX = 20
"""How long a watcher waits for changes before it asks again."""

REQUEST_KEPT_BYTES_MAX = 4 * 1024
"""The largest request that the log keeps beside what it led to."""
