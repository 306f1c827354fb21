"""Renders a chart as `helm template` does, with the part of Helm that this one needs.

As a program: render.py CHART RELEASE NAMESPACE [VALUES.yaml ...]"""
import copy
import os
import sys

import yaml

import json_schema
from functions import FUNCTIONS
from go_template import Parser, Run, TemplateError


class StrictLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """A key that stands twice is an error, as it is for kubectl."""


def mapping(loader, node):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise TemplateError(f"twice in one map: {sorted(twice)}, line {node.start_mark.line + 1}")
    loader.flatten_mapping(node)
    return {loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
            for key, value in node.value}


StrictLoader.add_constructor("tag:yaml.org,2002:map", mapping)


def documents(text):
    """All that are not empty."""
    return [each for each in yaml.load_all(text, Loader=StrictLoader) if each is not None]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def merged(base, over):
    """Maps are merged, all else replaces; null takes a default away."""
    result = copy.deepcopy(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


class Chart:
    """What is read once and rendered with many values."""

    def __init__(self, folder):
        self.about = documents(read(os.path.join(folder, "Chart.yaml")))[0]
        self.values = documents(read(os.path.join(folder, "values.yaml")))[0]
        self.schema = json_schema.load(read(os.path.join(folder, "values.schema.json")))
        self.defined, self.files = {}, {}
        templates = os.path.join(folder, "templates")
        for name in sorted(os.listdir(templates)):
            self.files[name] = Parser(read(os.path.join(templates, name)), self.defined).whole()

    def render(self, values=None, release="tailrace", namespace="tailrace", versions=()):
        """Text of each file by its name. `versions`: of the API, that the cluster has beside its own."""
        values = merged(self.values, values or {})
        faults = json_schema.faults(self.schema, values)
        if faults:
            raise TemplateError("values.schema.json: " + "; ".join(faults))
        data = {
            "Values": values,
            "Chart": {"Name": self.about["name"], "Version": self.about["version"],
                      "AppVersion": self.about["appVersion"]},
            "Release": {"Name": release, "Namespace": namespace, "Service": "Helm"},
            "Capabilities": {"APIVersions": {"Has": lambda version: version in versions}},
        }
        run = Run(FUNCTIONS, self.defined)
        return {name: run.render(nodes, data) for name, nodes in self.files.items()
                if not name.startswith("_")}

    def objects(self, *arguments, **options):
        rendered = self.render(*arguments, **options)
        return [each for name, text in rendered.items() if name.endswith(".yaml")
                for each in documents(text)]


def main():
    values = {}
    for path in sys.argv[4:]:
        values = merged(values, documents(read(path))[0])
    files = Chart(sys.argv[1]).render(values, sys.argv[2], sys.argv[3])
    print("\n---\n".join(text for name, text in files.items() if name.endswith(".yaml")))


if __name__ == "__main__":
    main()
