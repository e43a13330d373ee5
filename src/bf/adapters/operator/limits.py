"""The named limits of the operator's channel."""

ORDER_BYTES_MAX = 64 * 1024
"""The longest line that asks for an operation."""

REPLY_BYTES_MAX = 16 * 1024 * 1024
"""The longest line that answers: the status of tens of thousands of tenants."""

ORDER_S_MAX = 10
"""How long a client may take until its line is there."""

UNREAD_S_MAX = 10
"""How long a client may leave its answer unread."""

CONNECTIONS_COUNT_MAX = 32
"""How many operators may be connected; one more is told to come back later."""

PROGRESS_MS_MIN = 50
"""How far apart two lines of progress are at least; those between are left out."""
