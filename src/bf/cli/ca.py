"""Make, show and renew the local authority and the certificates that it signed."""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256

from bf.adapters.sqlite.storage import DirectoryStorage
from bf.adapters.tls.authority import HERE, Authority, AuthorityError
from bf.adapters.tls.certificates import NODE, Certificates, Pair
from bf.cli.serve import DATA
from bf.cli.usage import UsageError, domain
from bf.cli.wiring import storage

EXAMPLES = """\
  bf ca                                      show the authority, and each certificate with its end
  bf ca init --domain shop.example           make an authority that signs for shop.example and localhost alone
  bf ca issue acme                           sign acme's certificate anew, now
  bf ca renew                                renew what has less than a third of its life left
  bf ca renew --all                          renew everything that the authority signed

A server makes and renews by itself what it needs. Certificates of your own are never touched."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what to do, and where the tenants live."""
    parser.set_defaults(action="show", data=DATA, json=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    show = actions.add_parser("show", help="show the authority and the certificates (what `bf ca` alone does)")
    init = actions.add_parser("init", help="make an authority; a server makes one by itself")
    renew = actions.add_parser("renew", help="renew what is due")
    issue = actions.add_parser("issue", help="sign a tenant's certificate anew")
    for action in (parser, show, init, renew, issue):
        default = DATA if action is parser else argparse.SUPPRESS
        action.add_argument("--data", type=Path, default=default, help="the data directory (default: ./data)")
    for action in (parser, show):
        default = False if action is parser else argparse.SUPPRESS
        action.add_argument("--json", action="store_true", default=default, help="for machines")
    init.add_argument("--domain", default=HERE, help=f"what it may sign for, beside {HERE} (default: {HERE})")
    renew.add_argument("--domain", help="let the authority sign for this domain from now on, and renew everything")
    renew.add_argument("--all", action="store_true", help="renew also what is not due")
    issue.add_argument("tenant", help="whose certificate it is")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    tenants = storage(args.data)
    authority = Authority(tenants.root)
    certificates = Certificates(tenants.root, authority, tenants.folder)
    try:
        if args.action == "init":
            authority.make(domain(args.domain))
            print(f"made an authority for {_names(authority.domains())}; clients trust it with {authority.path}")
            return 0
        if not authority.exists:
            raise UsageError(f"--data: {args.data} has no authority yet: bf ca init --data {args.data}")
        match args.action:
            case "issue":
                print(_line(args.tenant, certificates.issue(args.tenant)))
            case "renew":
                _renew(tenants, authority, certificates, args)
            case _:
                _show(tenants, authority, certificates, as_json=args.json)
    except KeyError:
        raise UsageError(f"tenant: no tenant of {args.data} is named {args.tenant!r}; see bf tenant list") from None
    except (AuthorityError, OSError) as error:
        raise UsageError(f"{args.action}: {error}") from error
    finally:
        tenants.close()
    return 0


def _renew(
    tenants: DirectoryStorage, authority: Authority, certificates: Certificates, args: argparse.Namespace
) -> None:
    everything = args.all or args.domain is not None
    count = 0
    if everything or authority.due():
        authority.renew(domain(args.domain) if args.domain is not None else "")
        print(f"renewed the authority for {_names(authority.domains())}; give clients the new {authority.path}")
        count += 1
    for tenant, pair in _pairs(tenants, certificates):
        if pair.ours and (everything or pair.due_at <= datetime.now(UTC)):
            print("renewed " + _line(tenant, certificates.issue(tenant)))
            count += 1
    if not count:
        print("nothing is due")


def _show(tenants: DirectoryStorage, authority: Authority, certificates: Certificates, *, as_json: bool) -> None:
    certificate = authority.certificate
    pairs = list(_pairs(tenants, certificates))
    fingerprint = certificate.fingerprint(SHA256()).hex()
    if as_json:
        shown = {
            "authority": {
                "path": str(authority.path),
                "domains": authority.domains(),
                "not_after": certificate.not_valid_after_utc.isoformat(),
                "sha256": fingerprint,
            },
            "certificates": [_row(tenant, pair) for tenant, pair in pairs],
        }
        print(json.dumps(shown))
        return
    print(f"authority {authority.path} for {_names(authority.domains())}, to {certificate.not_valid_after_utc:%F}")
    print(f"SHA-256 {fingerprint}")
    for tenant, pair in pairs:
        print(_line(tenant, pair))


def _pairs(tenants: DirectoryStorage, certificates: Certificates) -> Iterator[tuple[str, Pair]]:
    for tenant in (NODE, *tenants.tenants()):
        pair = certificates.look(tenant)
        if pair:
            yield tenant, pair


def _row(tenant: str, pair: Pair) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "path": str(pair.cert),
        "names": list(pair.names),
        "not_after": pair.not_after.isoformat(),
        "ours": pair.ours,
    }


def _line(tenant: str, pair: Pair) -> str:
    whose = "" if pair.ours else ", not from this authority: renew it yourself"
    return f"{tenant or 'the node'}: {', '.join(pair.names)}, to {pair.not_after:%F}{whose}"


def _names(domains: list[str]) -> str:
    return " and ".join(domains)
