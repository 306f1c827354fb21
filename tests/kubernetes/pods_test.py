#!/usr/bin/env python3
"""What the chart and the manifests configure follows pods for real: pods_test.py PATH-OF-TAILRACE

Only addresses and folders differ from what a cluster gets. Where Promtail is (PROMTAIL, or beside LOKI), it
runs with the same configuration, and labels have to be the same."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

from places import ROOT, config_of, manifests, rendered
from pods_api import PodsApi, pod

sys.path.insert(0, os.path.join(ROOT, "tests", "end_to_end"))
from rig import StandIn, fetch, free_port, wait_for  # pylint: disable=wrong-import-position

BINARY = os.path.abspath(sys.argv.pop(1))
PROMTAIL = os.environ.get("PROMTAIL") or os.path.join(os.path.dirname(os.environ.get("LOKI", "")), "promtail")
PROMTAIL = PROMTAIL if os.access(PROMTAIL, os.X_OK) else None
NODE = "node-1"
HASH = "kubernetes.io/config.hash"
PODS = [
    pod("web-5d8f7c9b6d-x1", "uid-1", {"app.kubernetes.io/name": "web", "app": "no",
                                       "app.kubernetes.io/instance": "blue"}, "web-5d8f7c9b6d"),
    pod("old-0", "uid-2", {"app": "old", "component": "api"}, "old"),
    pod("plain-7f6b5c4d3e-x2", "uid-3", controller="plain-7f6b5c4d3e", containers=("first", "second")),
    pod("alone", "uid-4"),
    pod("static-node-1", "uid-5", annotations={HASH: "abc123"}),
]
COMMON = {"namespace": "shop", "node_name": NODE}
# Folder and container of each log, and what labels its lines get.
EXPECTED = {
    ("shop_web-5d8f7c9b6d-x1_uid-1", "app"): {"app": "web", "instance": "blue", "job": "shop/web"},
    ("shop_old-0_uid-2", "app"): {"app": "old", "component": "api", "job": "shop/old"},
    ("shop_plain-7f6b5c4d3e-x2_uid-3", "first"): {"app": "plain", "job": "shop/plain"},
    ("shop_plain-7f6b5c4d3e-x2_uid-3", "second"): {"app": "plain", "job": "shop/plain"},
    ("shop_alone_uid-4", "app"): {"app": "alone", "job": "shop/alone"},
    ("shop_static-node-1_abc123", "app"): {"app": "static-node-1", "job": "shop/static-node-1"},
}


def expected(folder, container):
    return {**COMMON, **EXPECTED[folder, container], "pod": folder.split("_")[1], "container": container,
            "stream": "stdout"}


class Follow(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.logs = os.path.join(self.folder.name, "pods")
        self.loki = StandIn()
        self.addCleanup(self.loki.stop)
        self.api = PodsApi(PODS, NODE)
        self.addCleanup(self.api.stop)
        for folder, container in EXPECTED:
            os.makedirs(os.path.join(self.logs, folder, container))
            with open(os.path.join(self.logs, folder, container, "0.log"), "w", encoding="utf-8") as file:
                file.write(f"2026-01-02T03:04:05.123456789Z stdout F {folder} {container}\n")

    def config(self, objects, program):
        """As the cluster gets it, but for addresses and folders."""
        config = yaml.safe_load(config_of(objects))
        text = yaml.safe_dump(config).replace("/var/log/pods", self.logs)
        config = yaml.safe_load(text)
        self.port = free_port()
        config["server"].update(http_listen_port=self.port, http_listen_address="127.0.0.1", grpc_listen_port=0)
        config["clients"] = [{"url": self.loki.url(), "batchwait": "100ms"}]
        self.state = os.path.join(self.folder.name, program)
        os.mkdir(self.state)
        config["positions"]["filename"] = os.path.join(self.state, "positions.yaml")
        for discovery in config["scrape_configs"][0]["kubernetes_sd_configs"]:
            discovery["api_server"] = f"http://127.0.0.1:{self.api.port}"
        path = os.path.join(self.folder.name, f"{program}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(config, file)
        return path

    def start(self, program, path):
        with open(path + ".log", "w", encoding="utf-8") as log:
            process = subprocess.Popen([program, f"-config.file={path}"], stdout=log, stderr=log,
                                       env={"HOSTNAME": NODE, "PATH": os.environ["PATH"]})
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.kill()
        process.wait(30)

    def labels(self):
        """By (folder, container): what a line says itself; without the file's name."""
        found = {}
        for _, labels, _, line, _ in list(self.loki.kept):
            pairs = dict(re.findall(r'(\w+)="([^"]*)"', labels))
            found.setdefault(tuple(line.split(" ")), []).append(
                {key: value for key, value in pairs.items() if key != "filename"})
        return found

    def run_with(self, objects, program, name):
        process = self.start(program, self.config(objects, name))
        wait_for(lambda: len(self.labels()) == len(EXPECTED) or process.poll() is not None, "all lines")
        self.assertIsNone(process.poll(), "it ended")
        for key, found in self.labels().items():
            self.assertEqual(found, [expected(*key)])
        return process

    def test_manifests(self):
        self.run_with(manifests(), BINARY, "tailrace")
        self.assertIn("/api/v1/pods", [path for path, _ in self.api.asked])

    def test_chart_and_its_probes(self):
        objects = rendered()
        self.run_with(objects, BINARY, "tailrace")
        container = next(each for each in objects
                         if each["kind"] == "DaemonSet")["spec"]["template"]["spec"]["containers"][0]
        for probe in ("livenessProbe", "readinessProbe"):
            self.assertEqual(fetch(self.port, container[probe]["httpGet"]["path"])[0], 200, probe)
        self.assertEqual(fetch(self.port, "/metrics")[0], 200)

    def test_loki_away_is_no_reason_to_be_killed(self):
        self.loki.stop()
        objects = rendered()
        self.start(BINARY, self.config(objects, "tailrace"))
        wait_for(lambda: fetch(self.port, "/ready")[0] == 200, "/ready with lines in the outbox")
        self.assertEqual(fetch(self.port, "/config")[0], 200)

    def test_refused_by_loki_is_not_ready_but_alive(self):
        self.loki.answer = lambda tenant, entries: 401
        self.start(BINARY, self.config(rendered(), "tailrace"))
        wait_for(lambda: fetch(self.port, "/ready")[0] == 500, "/ready to say no")
        self.assertEqual(fetch(self.port, "/config")[0], 200)

    @unittest.skipUnless(PROMTAIL or os.environ.get("TAILRACE_REQUIRE_PEERS"), "promtail not found")
    def test_promtail_gives_the_same_labels_and_its_positions_are_adopted(self):
        self.assertTrue(PROMTAIL, "promtail not found, and TAILRACE_REQUIRE_PEERS is set")
        process = self.run_with(rendered(), PROMTAIL, "promtail")
        process.terminate()
        process.wait(60)
        old = os.path.join(self.state, "positions.yaml")
        path = self.config(rendered(), "tailrace")
        os.link(old, os.path.join(self.state, "positions.yaml"))
        log = os.path.join(self.logs, "shop_alone_uid-4", "app", "0.log")
        with open(log, "a", encoding="utf-8") as file:
            file.write("2026-01-02T03:04:06.123456789Z stdout F later line\n")
        self.start(BINARY, path)
        wait_for(lambda: ("later", "line") in self.labels(), "what came after Promtail")
        self.assertEqual({key: len(found) for key, found in self.labels().items()},
                         {**{key: 1 for key in EXPECTED}, ("later", "line"): 1})


if __name__ == "__main__":
    unittest.main()
