"""Names on the network: the tenant acme answers to acme.<domain>."""


def tenant_of(host: str, domain: str) -> str:
    """Return the tenant that a host name means, whether it exists or not; empty for any other name."""
    name = host.lower().removesuffix(".")
    label = name.removesuffix(f".{domain}")
    return label if label != name and "." not in label else ""
