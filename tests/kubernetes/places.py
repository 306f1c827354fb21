"""Where things are, and what several tests make of them."""
import os

from render import Chart, documents, read

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CHART = os.path.join(ROOT, "packaging", "kubernetes", "helm", "tailrace")
MANIFESTS = os.path.join(ROOT, "packaging", "kubernetes", "manifests", "tailrace.yaml")
VALUES = os.path.join(HERE, "values")
VALUES_FILES = sorted(os.listdir(VALUES))
OPENSHIFT = "security.openshift.io/v1"


def values_of(name):
    return documents(read(os.path.join(VALUES, name)))[0] or {}


def rendered(chart=None, name=None, **options):
    return (chart or Chart(CHART)).objects(values_of(name) if name else {}, **options)


def manifests():
    return documents(read(MANIFESTS))


def config_of(objects):
    """The text of the configuration among objects."""
    texts = [{**each.get("data", {}), **each.get("stringData", {})}.get("promtail.yaml")
             for each in objects if each["kind"] in ("ConfigMap", "Secret")]
    return next(text for text in texts if text)
