"""The named limits of access."""

TOKENS_COUNT_MAX = 1_000
"""How many tokens a tenant may have, revoked ones included."""

LABEL_CHARS_MAX = 100
"""The longest label of a token."""

LOG_LINES_MAX = 300
"""How many lines one logger may write in a minute, whatever makes it write."""

AUDIT_LINES_MAX = 100
"""How many different lines of one kind are written in a minute; what is beyond them is counted."""
