"""As much of curl as our documentation uses, for machines without it: a request, and the body of its answer."""

import argparse
import http.client
import ssl
import sys
from urllib.parse import urlsplit


class Arguments(argparse.Namespace):
    """What curl is told."""

    cacert: str | None
    header: list[str]
    json: str | None
    url: str


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--silent", "-s", action="store_true")
    parser.add_argument("--cacert")
    parser.add_argument("--header", "-H", action="append", default=[])
    parser.add_argument("--json")
    parser.add_argument("url")
    args = parser.parse_args(namespace=Arguments())
    url = urlsplit(args.url)
    assert url.hostname, args.url
    local = "127.0.0.1" if url.hostname.endswith("localhost") else url.hostname
    connection = http.client.HTTPConnection(local, url.port)
    connection.connect()
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=args.cacert)
        context.set_alpn_protocols(["http/1.1"])
        connection.sock = context.wrap_socket(connection.sock, server_hostname=url.hostname)
    headers = {"host": url.netloc}
    for each in args.header:
        name, _, value = each.partition(": ")
        headers[name] = value
    if args.json is not None:
        headers["content-type"] = "application/json"
    connection.request("GET" if args.json is None else "POST", url.path, args.json, headers)
    sys.stdout.write(connection.getresponse().read().decode())
    connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
