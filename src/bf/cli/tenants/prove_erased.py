"""Search every file for what is left of an erased tenant, try every key that is left, and say what was tried."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from bf.adapters.crypto.keyring import KeyringError
from bf.adapters.erasure.proof import Proof, prove_erased
from bf.cli.operating import ProgressBar, add_operating
from bf.cli.packages import domains_of
from bf.cli.tenants.place import opened
from bf.cli.usage import UsageError, read_text

EXAMPLES = """\
  bf tenant prove-erased acme                                   exit code 1 if something is found
  bf tenant prove-erased acme --also backups --words known.txt  other folders, and what nobody should find there"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name the tenant, where else to look, and for what."""
    parser.add_argument("tenant", help="the name that it had")
    parser.add_argument(
        "--also", type=Path, action="append", default=[], metavar="DIR", help="look there too; repeatable"
    )
    parser.add_argument(
        "--word", action="append", default=[], metavar="TEXT", help="such as one of its SKUs; repeatable"
    )
    parser.add_argument("--words", type=Path, metavar="FILE", help="more of them, one a line")
    add_operating(parser)


def run(args: argparse.Namespace) -> int:
    """Look, and say what was tried and found."""
    missing = next((folder for folder in args.also if not folder.is_dir()), None)
    if missing:
        raise UsageError(f"--also: {missing} is not a folder")
    words = [*args.word, *(read_text("--words", args.words).splitlines() if args.words else ())]
    with opened(args) as tenants, ProgressBar() as bar:
        tombstone = tenants.tombstone(args.tenant)
        if tombstone is None:
            raise UsageError(f"tenant: {args.tenant} was not erased here; bf tenant erase {args.tenant} does that")
        folders = list(dict.fromkeys(path.resolve() for path in (tenants.root, *args.also)))
        try:
            proof = prove_erased(
                tenants.keyring,
                args.tenant,
                folders,
                [*words, *domains_of(args.data).of(args.tenant).events],
                lambda done: bar({"what": "searching, in files", "done": done, "total": 0}),
            )
        except KeyringError as error:
            raise UsageError(f"--data: {error}") from error
    if args.json:
        print(json.dumps({"proved": proof.proved, "erased_at": tombstone["erased_at"], **asdict(proof)}))
    else:
        _tell(args.tenant, tombstone["erased_at"], proof)
    return 0 if proof.proved else 1


def _tell(tenant: str, erased_at: str, proof: Proof) -> None:
    print(
        f"{tenant} was erased at {erased_at}. Searched {proof.files:,} files of {proof.bytes:,} bytes for "
        f"{proof.words} words, and tried {proof.keys} keys {proof.attempts:,} times."
    )
    for found in proof.found:
        print(f"  found: {found['file']}: {found['what']}")
    for unreadable in proof.unreadable:
        print(f"  could not be read: {unreadable}")
    if proof.proved:
        print("Nothing of it was found, and no key that is left opens anything of it.")
