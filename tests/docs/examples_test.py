#!/usr/bin/env python3
"""Configurations that the documents show are valid and start: examples_test.py PATH-OF-TAILRACE

Every docs/**/*.yaml and every fence of yaml that is a configuration, or some blocks of one, goes through
-check-syntax; every whole file is then started as it stands, on a machine as world.py makes it.
That lines go through each source's example is seen by the end-to-end test of that source."""
import os
import re
import sys
import unittest

import yaml

import world
from pages import ROOT, documents, fences
from world import World, serves

BINARY = os.path.abspath(sys.argv.pop(1))
END_TO_END = os.path.join(ROOT, "tests", "end_to_end")
VALID = "Valid config file! No syntax issues found"
# What runs a file of docs with lines, or why none can.
FED_BY = {
    "docs/example/promtail.yaml": "tests/docs/examples_test.py",
    # Its reader is Kafka's, which runs end to end; there is no stand-in that speaks its login.
    "docs/sources/examples/azure-event-hubs.yaml": "tests/tailer/azure_records_test.cc",
    "docs/sources/examples/consul-sd.yaml": "tests/end_to_end/discovery_test.py",
    "docs/sources/examples/consulagent-sd.yaml": "tests/end_to_end/discovery_test.py",
    "docs/sources/examples/windows-events.yaml": "",  # Reads nothing, which is what it shows.
}
BLOCKS = {"global", "server", "client", "clients", "positions", "target_config", "limits_config",
          "tailrace", "scrape_configs"}
MISSING = {
    "clients": "\nclients: [{url: http://loki:3100/loki/api/v1/push}]\n",
    "scrape_configs": "\nscrape_configs: [{job_name: a, static_configs: "
                      "[{labels: {__path__: /var/log/syslog}}]}]\n",
}
DEMO = {"TAILRACE_DEMO": "/var/lib/tailrace/demo"}


def files():
    found = []
    for folder, _, names in os.walk(os.path.join(ROOT, "docs")):
        found += [os.path.relpath(os.path.join(folder, name), ROOT)
                  for name in names if name.endswith((".yaml", ".yml"))]
    return sorted(path for path in found if not path.endswith(".test.yaml"))


def shown():
    """(place, text) of the configurations in fences, with what they leave out."""
    for page in documents():
        for fence in fences(page):
            if fence.language != "yaml":
                continue
            document = yaml.safe_load(re.sub(r"\$\{[^}]*\}", "1", fence.text))
            if not isinstance(document, dict):
                continue
            is_positions_file = any(key.startswith("/") for key in document.get("positions") or {})
            if document and set(document) <= BLOCKS and not is_positions_file:
                yield fence.place(), fence.text + "".join(
                    text for key, text in MISSING.items() if key not in document)


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = World(BINARY)
        cls.machine.environment.update(DEMO)

    @classmethod
    def tearDownClass(cls):
        cls.machine.close()

    def write(self, text):
        self.machine.fresh({"example.yaml": text})

    def check(self):
        status, out = self.machine.run(
            "tailrace -config.file=example.yaml -config.expand-env -check-syntax")
        self.assertIn(VALID, out)
        self.assertEqual(status, 0)
        self.assertNotIn("not a known key", out)

    def run_it(self):
        """Starts it and its pages, and stops it."""
        self.machine.start_loki()
        self.machine.start("tailrace -config.file=example.yaml -config.expand-env",
                           lambda: serves(9080))
        for command, status, text in self.machine.stop_all():
            self.assertEqual(status, 0, f"{command}\n{text}")
            self.assertNotIn("panic", text)

    def test_every_file_is_valid_and_runs(self):
        found = files()
        for path in found:
            with self.subTest(path=path):
                with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                    self.write(file.read())
                self.check()
                try:
                    self.run_it()
                finally:
                    self.machine.stop_all()
        print(f"{len(found)} files checked and started")
        self.assertGreaterEqual(len(found), 20)

    def test_the_demo_of_run_shows_lines_that_arrive(self):
        self.machine.fresh({})
        self.machine.start("docs/example/demo.sh build/release/tailrace",
                           lambda: "order 1 placed" in self.machine.text())
        (_, status, text), = self.machine.stop_all()
        self.assertEqual(status, 0, text)
        arrived = next(line for line in text.splitlines() if "order 1 placed" in line)
        self.assertIn('job="shop", level="info"}', arrived)

    def test_every_configuration_in_a_page_is_valid(self):
        checked = 0
        for place, text in shown():
            with self.subTest(place=place):
                self.write(text)
                self.check()
                checked += 1
        print(f"{checked} configurations in pages checked")
        self.assertGreater(checked, 10)

    def test_lines_go_through_every_example_somewhere(self):
        tests = ""
        for name in os.listdir(END_TO_END):
            if name.endswith("_test.py"):
                with open(os.path.join(END_TO_END, name), encoding="utf-8") as file:
                    tests += file.read()
        for path in files():
            with self.subTest(path=path):
                name = os.path.splitext(os.path.basename(path))[0]
                if path in FED_BY:
                    self.assertTrue(not FED_BY[path] or
                                    os.path.exists(os.path.join(ROOT, FED_BY[path])))
                else:
                    named = re.search(rf"[\"'/]{re.escape(name)}(\.yaml)?[\"']", tests)
                    self.assertTrue(named, "no end-to-end test runs it")


if __name__ == "__main__":
    world.enter(BINARY)
    unittest.main()
