#!/usr/bin/env python3
"""Runs tests/cases/program against the built binary: recorded_test.py PATH-OF-TAILRACE

Its README.md has the format. One test per case."""
import glob
import json
import os
import re
import subprocess
import sys
import time
import unittest

import yaml

from rig import PATIENCE_SECONDS, Rig, StandIn, fetch, wait_for

BINARY = os.path.abspath(sys.argv.pop(1))
CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cases", "program")


def indented(text, columns):
    return "".join(" " * columns + line + "\n" for line in text.rstrip("\n").split("\n"))


class Recorded(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()

    def tearDown(self):
        self.rig.close()
        self.loki.stop()

    def write_config(self, case, path):
        labels = dict(case.get("labels") or {})
        if case.get("input") == "file":
            labels["__path__"] = path
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(f"server: {{http_listen_address: 127.0.0.1, http_listen_port: {self.rig.port}}}\n"
                       f"clients:\n- url: {self.loki.url()}\n  batchwait: 10ms\n"
                       + indented(case.get("client_extra") or "{}", 2).replace("  {}\n", "")
                       + f"positions: {{filename: {self.rig.state}/positions.yaml}}\n"
                       + case.get("config_extra", "")
                       + "scrape_configs:\n- job_name: test\n"
                       + indented(case.get("scrape_extra") or "{}", 2).replace("  {}\n", "")
                       + f"  static_configs: [{{labels: {json.dumps(labels)}}}]\n")
            if case.get("stages"):
                file.write("  pipeline_stages:\n"
                           + indented(case["stages"].replace("${CASES}", CASES), 2))

    def check(self, case):
        path = os.path.join(self.rig.logs, "in.log")
        self.write_config(case, path)
        text = "".join(line + "\n" for line in case["lines"])
        if case.get("refused"):
            process = subprocess.run([BINARY, f"-config.file={self.rig.path}", "-stdin"],
                                     input=text.encode(), capture_output=True,
                                     timeout=PATIENCE_SECONDS, check=False)
            self.assertEqual(process.returncode, 1)
            self.assertNotEqual((process.stdout + process.stderr).strip(), b"")
            self.assertEqual(self.loki.lines(), [])
            return
        if case.get("input") == "file":
            self.rig.append(text, name="in.log")
            self.rig.start()
            stdin = None
        else:
            stdin = subprocess.Popen([BINARY, f"-config.file={self.rig.path}", "-stdin"],
                                     stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                     stderr=self.rig.errors)
            self.rig.processes.append(stdin)
            stdin.stdin.write(text.encode())
            stdin.stdin.flush()
        expected = [(entry["labels"], entry["line"]) for entry in case["observed"]]
        try:
            wait_for(lambda: len(self.loki.lines()) >= len(expected), "the entries", 10)
            if case.get("metrics"):
                self.check_metrics(case)
        finally:
            if stdin:
                stdin.stdin.close()
                self.assertEqual(stdin.wait(PATIENCE_SECONDS), 0)
        observed = [(yaml_labels(labels), line) for _, labels, _, line, _ in self.loki.kept]
        self.assertEqual(by_stream(self.without_folder(observed)), by_stream(expected))

    def without_folder(self, entries):
        return [({name: value.replace(self.rig.logs, "<DIR>") for name, value in labels.items()},
                 line) for labels, line in entries]

    def check_metrics(self, case):
        wanted = sorted(line for line in case["observed_metrics"] if not line.startswith("#"))

        def seen():
            text = fetch(self.rig.port, "/metrics")[1].replace(f":{self.loki.port}", ":PORT")
            return sorted(line for line in text.split("\n")
                          if re.search(case["metrics"], line) and not line.startswith("#"))

        end = time.monotonic() + 10
        while seen() != wanted and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(seen(), wanted)


def yaml_labels(text):
    """{a="b", c="d"} as a map."""
    return {name: json.loads(f'"{value}"')
            for name, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', text)}


def by_stream(entries):
    """Entries of one label set keep their order; streams have none."""
    return sorted(entries, key=lambda entry: sorted(entry[0].items()))


def add_tests():
    count = 0
    for path in sorted(glob.glob(os.path.join(CASES, "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            for case in yaml.safe_load(file):
                stem = os.path.splitext(os.path.basename(path))[0]
                name = "test_" + stem + "_" + re.sub(r"\W+", "_", case["name"])
                setattr(Recorded, name, lambda self, case=case: self.check(case))
                count += 1
    assert count >= 16, count


if __name__ == "__main__":
    add_tests()
    unittest.main()
