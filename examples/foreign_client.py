"""Call the server with plain grpcio: no code of ours, no generated code; the messages are learned through reflection.

python examples/foreign_client.py 127.0.0.1:50051 --ca data/demo/ca/ca.pem --token-file data/demo/demo.token
python examples/foreign_client.py 127.0.0.1:50051          a server in plain text
"""

import argparse
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

ROOT = "00000000-0000-0000-0000-000000000000"


def main(channel: grpc.Channel, metadata: list[tuple[str, str]]) -> None:
    """Show the warehouses of a tenant and what lies in them; then ask for too much."""
    service = DescriptorPool(ProtoReflectionDescriptorDatabase(channel)).FindServiceByName(
        "blackfriday.inventory.v1.InventoryService"
    )
    print("rpcs:", ", ".join(method.name for method in service.methods))

    def call(name: str, **fields: Any) -> Any:  # noqa: ANN401  # messages that exist only at run time
        method = service.FindMethodByName(name)
        return channel.unary_unary(
            f"/{service.full_name}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )(GetMessageClass(method.input_type)(**fields), metadata=metadata)

    for loc in call("ListLocations", location=ROOT, levels=2).locs:
        print(loc.name, "/", ", ".join(inside.name for inside in loc.children))
    items = call("GetLocInventory", location=ROOT, limit=5).items
    skus = {item.uid: item.sku for item in call("ListProducts", limit=50).items}
    for item in items:
        print(f"{skus[item.product]:>8}  {item.on_hand:>5} on hand  {item.available:>5} available")
    try:
        wanted = [{"sku": skus[items[0].product], "quantity": 1_000_000}]
        call("Reserve", reservation="too much", location=ROOT, items=wanted)
    except grpc.RpcError as refusal:
        print(f"{refusal.code().name}: {refusal.details()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("address", nargs="?", default="127.0.0.1:50051")
    parser.add_argument("--tenant", default="demo")
    parser.add_argument("--ca", type=Path, help="trust this authority; without it, plain text")
    parser.add_argument("--token", default="")
    parser.add_argument("--token-file", type=Path)
    args = parser.parse_args()
    token = args.token_file.read_text("ascii").strip() if args.token_file else args.token
    sent = [("tenant", args.tenant)] + ([("authorization", f"Bearer {token}")] if token else [])
    if args.ca:
        credentials = grpc.ssl_channel_credentials(args.ca.read_bytes())
        opened = grpc.secure_channel(args.address, credentials)
    else:
        opened = grpc.insecure_channel(args.address)
    with opened:
        main(opened, sent)
