"""The client library: requests of one tenant, one by one, many in a message, or as a stream.

    async with Client("127.0.0.1:50051", "acme") as client:
        added = await client.call(AddProductsReq(skus=["cola"]))

`Client` is for asyncio, `BlockingClient` for everybody else; both take the same words.
"""

from bf.client.blocking import BlockingClient
from bf.client.client import Client
from bf.client.wire import NoAnswerError, UnreachableError, UntrustedError, client_tls
from bf.core.refusal import Code, Told

__all__ = [
    "BlockingClient",
    "Client",
    "Code",
    "NoAnswerError",
    "Told",
    "UnreachableError",
    "UntrustedError",
    "client_tls",
]
