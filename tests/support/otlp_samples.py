#!/usr/bin/env python3
"""The samples of an OTLP request as OpenMetrics text has them, for tests/e2e/otlp.sh: reads what protoc --decode prints.

Usage: protoc --decode=otlp.ExportMetricsServiceRequest ... | otlp_samples.py
"""
import ast
import re
import sys

RESOURCE = {'host.name': 'host', 'process.executable.name': 'program', 'silt.run': 'run',
            'process.executable.build_id.gnu': 'build_id', 'service.version': 'version'}
LEFT_OUT = ('service.name', 'service.instance.id')


def read(lines):
    """A message: (name, value) for each field, in order; a value is a number, a text or a message."""
    fields = []
    for line in lines:
        line = line.strip()
        if line == '}':
            return fields
        if line.endswith(' {'):
            fields.append((line[:-2], read(lines)))
        else:
            name, value = re.fullmatch(r'(\w+): (.*)', line).groups()
            fields.append((name, ast.literal_eval('b' + value).decode() if value[0] == '"' else float(value)))
    return fields


def one(message, name, default=None):
    found = [value for key, value in message if key == name]
    assert len(found) <= 1, name
    return found[0] if found else default


def pairs(message):
    return [(one(value, 'key'), one(one(value, 'value'), 'string_value', '')) for key, value in message if key == 'attributes']


def escape(text):
    return text.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')


for _, resource_metrics in read(iter(sys.stdin)):
    resource = dict(pairs(one(resource_metrics, 'resource')))
    labels = [] if resource['service.name'] == 'silt' else [(RESOURCE.get(name, name), value) for name, value in resource.items()
                                                            if name not in LEFT_OUT]
    order = list(RESOURCE.values())
    labels.sort(key=lambda label: order.index(label[0]) if label[0] in order else len(order))
    for key, metric in one(resource_metrics, 'scope_metrics'):
        if key != 'metrics':
            continue
        for _, point in one(metric, 'gauge'):
            text = ','.join(f'{name}="{escape(value)}"' for name, value in labels + pairs(point))
            print(one(metric, 'name') + ('{' + text + '}' if text else ''), '%.16g' % one(point, 'as_double', 0.0))
