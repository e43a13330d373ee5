"""Having a tenant's request carried out as an operator's: by the server that runs on the directory, or here."""

import argparse
from base64 import b64decode, b64encode
from typing import TypeVar

from google.protobuf.message import Message

from bf.cli.operating import operate
from bf.cli.usage import UsageError

Resp = TypeVar("Resp", bound=Message)


def ask(args: argparse.Namespace, request: Message, response: type[Resp]) -> Resp:
    """Return the answer; UsageError if it is a refusal."""
    body = b64encode(request.SerializeToString()).decode()
    arguments = {"tenant": args.tenant, "request": request.DESCRIPTOR.name, "body": body}
    told = operate(args.data, "ask", arguments)
    if told["code"]:
        raise UsageError(told["message"])
    return response.FromString(b64decode(told["response"]))
