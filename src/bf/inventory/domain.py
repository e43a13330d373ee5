"""The inventory domain: the explicit list of what it can do."""

from pathlib import Path

from bf.core.domain import Domain, Gauge
from bf.inventory.api import events_pb2, requests_pb2
from bf.inventory.api.events_pb2 import Cancelled, Fulfilled, LocationAdded, ProductAdded, Reserved
from bf.inventory.baseline import baseline
from bf.inventory.features import disable as disable_feature
from bf.inventory.features import enable as enable_feature
from bf.inventory.features import list as list_features
from bf.inventory.features.optional import guard
from bf.inventory.locations import add as add_locations
from bf.inventory.locations import list as list_locations
from bf.inventory.locations import list_tagged
from bf.inventory.locations import move as move_location
from bf.inventory.locations import tag as tag_locations
from bf.inventory.products import add as add_products
from bf.inventory.products import list as list_products
from bf.inventory.reports import define as define_report
from bf.inventory.reports import drop as drop_report
from bf.inventory.reports import get as get_report
from bf.inventory.reports import list as list_reports
from bf.inventory.scripts import install as install_script
from bf.inventory.scripts import list as list_scripts
from bf.inventory.scripts import list_alerts
from bf.inventory.scripts import remove as remove_script
from bf.inventory.stock import cancel, count, fulfill, query, reserve, update
from bf.inventory.transfers import cancel as cancel_transfer
from bf.inventory.transfers import list as list_transfers
from bf.inventory.transfers import receive as receive_transfer
from bf.inventory.transfers import start as start_transfer
from bf.inventory.waves import pick as pick_wave
from bf.inventory.waves import plan as plan_wave

INVENTORY = Domain(
    name="inventory",
    version=1,
    schema=Path(__file__).with_name("schema.sql").read_text("utf-8"),
    requests=requests_pb2.DESCRIPTOR,
    events=events_pb2.DESCRIPTOR,
    baseline=baseline,
    guard=guard,
    gauges={
        "locations": Gauge("SELECT count(*) - 1 FROM location", {LocationAdded: 1}),
        "products": Gauge("SELECT count(*) FROM product", {ProductAdded: 1}),
        "open_reservations": Gauge("SELECT count(*) FROM reservation", {Reserved: 1, Fulfilled: -1, Cancelled: -1}),
    },
    features=[
        add_products,
        list_products,
        add_locations,
        list_locations,
        move_location,
        tag_locations,
        list_tagged,
        update,
        query,
        reserve,
        fulfill,
        cancel,
        count,
        start_transfer,
        receive_transfer,
        cancel_transfer,
        list_transfers,
        enable_feature,
        disable_feature,
        list_features,
        plan_wave,
        pick_wave,
        define_report,
        list_reports,
        get_report,
        drop_report,
        install_script,
        list_scripts,
        remove_script,
        list_alerts,
    ],
)
