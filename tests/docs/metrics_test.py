#!/usr/bin/env python3
"""docs/metrics.md names the metrics that the sources make, and no others."""
import os
import re
import unittest

from pages import ROOT, read

FOLDERS = ["base", "daemon", "discovery", "http", "pipeline", "positions", "receivers", "shippers",
           "tailer"]
PREFIXES = r"(?:promtail|tailrace|logentry|loki|process)_"
# Where texts of this form are no metrics, and such texts.
WITHOUT_METRICS = os.path.join("daemon", "migrate")
OTHERS = {"loki_push_api", "loki_api_v1_push", "promtail_api_v1_raw"}


def names_in_sources():
    found = set()
    for folder in FOLDERS:
        for place, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in names:
                if name.endswith((".cc", ".h")) and WITHOUT_METRICS not in place:
                    with open(os.path.join(place, name), encoding="utf-8") as file:
                        found |= set(re.findall(rf'"({PREFIXES}[a-z0-9_]*[a-z0-9])"', file.read()))
    return found - OTHERS


class Metrics(unittest.TestCase):
    def setUp(self):
        self.page = read("docs/metrics.md")
        self.made = names_in_sources()

    def test_every_metric_is_on_the_page(self):
        self.assertGreater(len(self.made), 80)
        self.assertEqual({name for name in self.made if f"`{name}`" not in self.page}, set())

    def test_every_name_on_the_page_is_made(self):
        named = set(re.findall(rf"`({PREFIXES}[a-z0-9_]*[a-z0-9])`", self.page))
        self.assertEqual(named - self.made, set())


if __name__ == "__main__":
    unittest.main()
