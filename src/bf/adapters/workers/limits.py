"""The named limits of workers."""

WORKERS_COUNT_MAX = 32
"""How many workers a server may have."""

HELLO_BYTES_MAX = 16 * 1024
"""How long a ClientHello may be to be looked into; the connection of a longer one is served wherever it comes to."""

LOOKED_AT_COUNT_MAX = 1_000
"""How many connections may wait to be looked into; beyond, the oldest one is closed."""

HANDED_COUNT_MAX = 1_000
"""How many messages to one worker may wait until it takes them; one more is dropped, with the connection it carries."""

FORWARDED_REQUESTS_MAX = 4_096
"""How many requests for tenants of one other worker may be under way; one more is told to come back later."""

FORWARDED_BYTES_MAX = 64 * 1024 * 1024
"""How many bytes they may have."""

STOPPING_S_MAX = 30
"""How long workers may take to finish what was begun; then they are killed."""

BACK_OFF_S_MAX = 5
"""The longest pause before a worker that ended is started again."""
