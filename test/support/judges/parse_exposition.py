"""Reads expositions with the parsers of prometheus_client, which are none of ours.

stdin:  a JSON list of {"format": "text" | "openmetrics", "body": "<base64>"}
stdout: a JSON list of lists of {name, type, help, unit, samples: [{name, labels, value}]}
"""

import base64
import json
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text

PARSERS = {
    "text": text.text_string_to_metric_families,
    "openmetrics": openmetrics.text_string_to_metric_families,
}


def family(metric):
    return {
        "name": metric.name,
        "type": metric.type,
        "help": metric.documentation,
        "unit": metric.unit,
        "samples": [{"name": s.name, "labels": s.labels, "value": str(float(s.value))} for s in metric.samples],
    }


def parse(exposition):
    body = base64.b64decode(exposition["body"]).decode("utf-8", "strict")
    return [family(metric) for metric in PARSERS[exposition["format"]](body)]


json.dump([parse(exposition) for exposition in json.load(sys.stdin)], sys.stdout)
