"""Sending spans away: OTLP over HTTP, as the standard OTEL_* variables say."""

from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def exporting() -> TracerProvider:
    """Return a provider whose spans are sent in batches, by a thread of its own; shut it down in the end."""
    resource = Resource.create({"service.version": version("bf")})
    if str(resource.attributes["service.name"]).startswith("unknown_service"):  # no variable says another name
        resource = resource.merge(Resource({"service.name": "bf"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
