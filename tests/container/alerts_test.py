#!/usr/bin/env python3
"""Alerts and dashboards of docker/, as far as nothing has to run for it: promtool tests the alerts.

Without promtool (Debian's package prometheus has it) that part is skipped, and it says so."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "../.."))
sys.path.insert(0, os.path.join(HERE, "../end_to_end"))

from rig import missing_peer  # noqa: E402

FOLDER = f"{TOP}/docker/prometheus"
DASHBOARDS = sorted(glob.glob(f"{TOP}/docker/grafana/dashboards/*.json"))
# Of a query, what is no metric of ours.
METRIC = re.compile(r"\b(?:promtail|tailrace|loki|logentry|process)_[a-z_]+")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file) if path.endswith(".json") else yaml.safe_load(file)


def expressions(board):
    """(panel, datasource, query) of all queries of a dashboard."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["datasource"]["uid"], target["expr"]


def rules():
    return [rule for group in load(f"{FOLDER}/alerts.yaml")["groups"] for rule in group["rules"]]


class Files(unittest.TestCase):
    def test_every_alert_has_a_test_in_which_it_comes_and_one_in_which_it_does_not(self):
        comes, stays_away = set(), set()
        for test in load(f"{FOLDER}/alerts_test.yaml")["tests"]:
            for case in test.get("alert_rule_test", []):
                (comes if case.get("exp_alerts") else stays_away).add(case["alertname"])
        names = {rule["alert"] for rule in rules()}
        self.assertEqual(comes, names)
        self.assertEqual(stays_away, names)

    def test_every_alert_is_explained(self):
        with open(f"{TOP}/docs/how-to/operate.md", encoding="utf-8") as file:
            text = file.read()
        for rule in rules():
            self.assertIn(f"`{rule['alert']}`", text)

    def test_every_metric_is_one_that_the_documents_name(self):
        known = ""
        for path in [f"{TOP}/docs/metrics.md"] + glob.glob(f"{TOP}/docs/sources/*.md"):
            with open(path, encoding="utf-8") as file:
                known += file.read()
        queries = [rule["expr"] for rule in rules()]
        for path in DASHBOARDS:
            queries += [query for _, uid, query in expressions(load(path)) if uid == "prometheus"]
        self.assertGreater(len(queries), 40)
        for query in queries:
            for name in METRIC.findall(query):
                base = re.sub(r"_(count|bucket|sum)$", "", name)
                self.assertIn(f"`{base}`", known, query)

    def test_dashboards_ask_only_the_datasources_that_are_provisioned(self):
        sources = load(f"{TOP}/docker/grafana/provisioning/datasources/datasources.yaml")
        known = {source["uid"] for source in sources["datasources"]}
        self.assertEqual(len(DASHBOARDS), 2)
        for path in DASHBOARDS:
            board = load(path)
            self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(board["panels"]))
            self.assertLessEqual({uid for _, uid, _ in expressions(board)}, known)


class Promtool(unittest.TestCase):
    def setUp(self):
        if shutil.which("promtool") is None:
            if missing_peer("promtool") == 1:
                self.fail("promtool is required")
            self.skipTest("promtool is not there")

    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *arguments], cwd=FOLDER, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_alerts_come_when_they_should(self):
        self.promtool("test", "rules", "alerts_test.yaml")

    def test_the_configuration_is_valid(self):
        self.promtool("check", "config", "prometheus.yaml")


if __name__ == "__main__":
    unittest.main()
