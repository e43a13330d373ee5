"""The named limits of connections."""

HANDSHAKE_S_MAX = 5
"""How long a TLS handshake may take."""

FIRST_REQUEST_S_MAX = 10
"""How long a new connection may take until the headers of its first request are there."""

IDLE_S_MAX = 300
"""How long a connection may be without a request; it is closed between one and two times of that."""

REQUEST_S_MAX = 30
"""How long a request's body may take."""

UNREAD_S_MAX = 30
"""How long a client may leave an answer unread."""

GONE_S_MAX = 30
"""How long a peer that went without a word keeps its connection while something waits to be sent, or is silent."""

DRAIN_S_MAX = 10
"""How long a stopping server waits for clients to read the answers of what was under way."""

CLOSING_S_MAX = 5
"""How long a client may take to say goodbye."""

HEADER_BYTES_MAX = 16 * 1024
"""The largest headers of a request."""

CONNECTIONS_COUNT_MAX = 1_000
"""How many connections may be open; beyond, the oldest one that has not shown a right to be here makes room."""

STREAMS_COUNT_MAX = 100
"""How many calls may be under way on one connection."""

RESETS_COUNT_MAX = 1_000
"""How many calls a connection may begin and take back in a minute."""

WATCHERS_COUNT_MAX = 50
"""How many calls may watch reports of one tenant, in each worker."""
