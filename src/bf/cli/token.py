"""Make, list and revoke the API tokens of a tenant."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from bf.adapters.access.tokens import ROLES, Token, TokenError, TokenFile
from bf.adapters.machine.clock import MachineClock
from bf.adapters.machine.files import write_durably
from bf.cli.serve import DATA
from bf.cli.usage import UsageError
from bf.cli.wiring import storage

EXAMPLES = """\
  bf token create acme --role writer --label tills
  bf token create acme --role reader --out acme.token     into a file of yours, 0600
  bf token list acme
  bf token revoke acme 6f1e0c2d9a7b4c35

Roles: a reader asks, a writer changes stock too, an admin may do everything. A running server knows of a change at
once."""

PRIVATE = 0o600


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what to do, for which tenant, and where the tenants live."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a token and show it once")
    listing = actions.add_parser("list", help="show the tokens without their secrets")
    revoke = actions.add_parser("revoke", help="make a token useless for ever")
    for action in (create, listing, revoke):
        action.add_argument("tenant", help="whose tokens they are")
        action.add_argument("--data", type=Path, default=DATA, help="the data directory (default: ./data)")
        action.add_argument("--json", action="store_true", help="for machines")
    create.add_argument("--role", choices=list(ROLES), default="reader", help="what it may do (default: reader)")
    create.add_argument("--label", default="", help="what it is for; it is kept as it stands, so no secrets")
    create.add_argument("--out", type=Path, metavar="FILE", help="write the token into a file instead of showing it")
    revoke.add_argument("id", help="the token's id: its second part")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    tenants = storage(args.data)
    try:
        file = TokenFile(tenants.folder(args.tenant))
    except KeyError:
        raise UsageError(f"tenant: no tenant of {args.data} is named {args.tenant!r}; see bf tenant list") from None
    finally:
        tenants.close()
    try:
        match args.action:
            case "create":
                _create(file, args)
            case "revoke":
                _show([file.revoke(args.id, MachineClock().now_us())], as_json=args.json)
            case _:
                _show(list(file.read().values()), as_json=args.json)
    except TokenError as error:
        raise UsageError(f"{args.action}: {error}") from error
    return 0


def _create(file: TokenFile, args: argparse.Namespace) -> None:
    if args.out and args.out.exists():
        raise UsageError(f"--out: {args.out} exists; name another file")
    token, text = file.create(args.label, ROLES[args.role], MachineClock().now_us())
    if args.out:
        try:
            write_durably(args.out, text.encode() + b"\n", PRIVATE)
        except OSError as error:
            file.revoke(token.id, MachineClock().now_us())
            raise UsageError(f"--out: cannot write {args.out}: {error.strerror}") from error
    if args.json:
        print(json.dumps(_row(token) | ({} if args.out else {"token": text})))
    elif args.out:
        print(f"token {token.id} of {args.tenant}, {token.role}, is in {args.out}; it is shown nowhere else")
    else:
        print(f"{text}\ntoken {token.id} of {args.tenant}, {token.role}; it is not shown again")


def _show(tokens: list[Token], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"tokens": [_row(token) for token in tokens]}))
        return
    for token in tokens:
        state = f"revoked {_day(token.revoked_us)}" if token.revoked_us else "good"
        print(f"{token.id}  {token.role:<6}  made {_day(token.created_us)}  {state}  {token.label}".rstrip())
    if not tokens:
        print("no tokens yet: bf token create TENANT --role writer")


def _row(token: Token) -> dict[str, str | int]:
    return {
        "id": token.id,
        "label": token.label,
        "role": token.role,
        "created_us": token.created_us,
        "revoked_us": token.revoked_us,
    }


def _day(time_us: int) -> str:
    return f"{datetime.fromtimestamp(time_us / 1_000_000, UTC):%F}"
