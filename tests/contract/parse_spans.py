"""Reads OTLP's protobuf from stdin by OpenTelemetry's own messages, and prints it as JSON, ids in hex as OTLP/JSON has them."""

import base64
import json
import sys

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

request = ExportTraceServiceRequest()
request.ParseFromString(sys.stdin.buffer.read())
parsed = MessageToDict(request, use_integers_for_enums=True)
for resource in parsed["resourceSpans"]:
    for scope in resource["scopeSpans"]:
        for span in scope["spans"]:
            for key in ("traceId", "spanId", "parentSpanId"):
                if key in span:
                    span[key] = base64.b64decode(span[key]).hex()
print(json.dumps(parsed))
