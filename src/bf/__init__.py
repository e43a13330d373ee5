"""Black Friday: an event-sourced platform for many tenants, with stock keeping as its first domain."""

if not __debug__:
    raise SystemExit("bf refuses to start under -O: its assertions are part of its safety")
