#!/usr/bin/env python3
"""-check-syntax of the built binary: check_test.py PATH-OF-TAILRACE

What it prints, for people and for programs, and its exit status."""
import json
import os
import re
import subprocess
import sys
import unittest

from rig import PATIENCE_SECONDS, Rig

BINARY = os.path.abspath(sys.argv.pop(1))
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGE = os.path.join(ROOT, "docs", "how-to", "check.md")
GOOD = os.path.join(ROOT, "tests", "cases", "config", "good")
VALID = "Valid config file! No syntax issues found\n"

JOB = """server: {{http_listen_port: 0}}
clients: [{{url: "http://127.0.0.1:1/loki/api/v1/push"}}]
scrape_configs:
- job_name: app
  static_configs: [{{labels: {{job: app, __path__: "{path}"}}}}]
  pipeline_stages:
"""  # Stages begin in line 7.


class Check(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.rig.append("line\n")

    def tearDown(self):
        self.rig.close()

    def write(self, stages, path=None):
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(JOB.format(path=path or self.rig.logs + "/*.log") + stages)
        return self.rig.path

    def check(self, path, *flags, env=None):
        done = subprocess.run([BINARY, f"-config.file={path}", "-check-syntax", *flags],
                              capture_output=True, timeout=PATIENCE_SECONDS, check=False,
                              cwd=self.rig.folder, env={**os.environ, **(env or {})})
        self.assertEqual(done.stderr, b"")
        return done.returncode, done.stdout.decode()

    def check_json(self, path, *flags, env=None):
        status, out = self.check(path, "-format=json", *flags, env=env)
        self.assertEqual(out.count("\n"), 1)
        return status, json.loads(out)

    def test_a_good_file_is_called_valid_and_nothing_else_is_said(self):
        path = self.write("  - json: {expressions: {level: }}\n  - labels: {level: }\n")
        self.assertEqual(self.check(path), (0, VALID))
        self.assertEqual(self.check_json(path),
                         (0, {"file": path, "valid": True, "diagnostics": []}))

    def test_errors_of_loading_and_of_building_are_told_together(self):
        path = self.write("  - regex: {expression: '('}\n"
                          "  - labels: {9bad: }\n"
                          "  - timestamp: {source: t, format: Unix, location: Nowhere/Land}\n"
                          "- job_name: other\n"
                          "  static_configs: [{labels: {__path__: /a}}]\n"
                          "  pipeline_stages: [{match: {selector: '{', stages: [cri: ]}}]\n"
                          "nonsense: 1\n")
        status, out = self.check(path)
        self.assertEqual(status, 1)
        places = re.findall(r"^" + re.escape(path) + r":(\d+):(\d+): (?!warning)", out, re.M)
        self.assertEqual(places, [("7", "5"), ("8", "14"), ("9", "5"), ("12", "22"), ("13", "1")])
        self.assertEqual(out.count("^\n"), 5)
        self.assertNotIn("Valid config file", out)
        status, found = self.check_json(path)
        self.assertEqual((status, found["valid"], found["file"]), (1, False, path))
        self.assertEqual([(d["line"], d["severity"], d["code"]) for d in found["diagnostics"]],
                         [(7, "error", "build"), (8, "error", "config"), (9, "error", "build"),
                          (12, "error", "build"), (13, "error", "config")])

    def test_warnings_leave_a_file_valid(self):
        path = self.write("  - regex: {expression: '(?P<user>\\S+) (?P<rest>.*)'}\n"
                          "  - labels: {user: }\n"
                          "  - output: {source: message}\n", path=self.rig.logs + "/none-*.log")
        status, out = self.check(path)
        self.assertEqual(status, 0)
        self.assertTrue(out.endswith(VALID))
        self.assertIn(f"{path}:8:14: warning: scrape_configs[0].pipeline_stages[1].labels.user: "
                      '"user" looks like a person or a visit: each of its values would be a stream '
                      "of its own [unbounded-label]\n"
                      "      - labels: {user: }\n"
                      "                 ^\n"
                      "    hint: use structured_metadata instead of labels\n", out)
        status, found = self.check_json(path)
        self.assertEqual((status, found["valid"]), (0, True))
        self.assertEqual([(d["line"], d["code"]) for d in found["diagnostics"]],
                         [(5, "no-file"), (7, "unused-group"), (8, "unbounded-label"),
                          (9, "unset-value")])
        for diagnostic in found["diagnostics"]:
            self.assertEqual(diagnostic["severity"], "warning")
            self.assertEqual(set(diagnostic), {"severity", "code", "line", "column", "path",
                                               "message", "hint"})

    def test_files_that_are_not_here_are_warnings(self):
        path = self.write("  - decolorize: {}\n")
        with open(path, "a", encoding="utf-8") as file:
            file.write("tailrace: {server: {basic_auth: {username: u, password_file: /no/such}}}\n")
        status, found = self.check_json(path)
        self.assertEqual((status, [d["code"] for d in found["diagnostics"]]),
                         (0, ["unreadable-file"]))
        self.assertEqual(found["diagnostics"][0]["line"], 8)

    def test_places_are_those_before_the_environment_was_put_in(self):
        path = self.write("  - labels: {'${A_LONG_NAME_OF_A_VARIABLE}': , user: job}\n")
        status, found = self.check_json(path, "-config.expand-env",
                                        env={"A_LONG_NAME_OF_A_VARIABLE": "x"})
        self.assertEqual(status, 0)
        self.assertEqual([(d["line"], d["column"], d["code"]) for d in found["diagnostics"]],
                         [(7, 14, "unset-value"), (7, 48, "unbounded-label")])

    def test_a_file_that_cannot_be_read_is_an_error(self):
        status, out = self.check("/nowhere.yaml")
        self.assertEqual((status, out), (1, "/nowhere.yaml: no such file, or it cannot be read\n"))
        status, found = self.check_json("/nowhere.yaml")
        self.assertEqual((status, found["valid"]), (1, False))
        self.assertEqual([(d["code"], d["line"]) for d in found["diagnostics"]], [("file", None)])
        broken = self.write("  - labels: [\n")
        self.assertEqual(self.check_json(broken)[0], 1)

    def test_formats_are_refused_by_name(self):
        path = self.write("  - decolorize: {}\n")
        for flags, word in ((["-check-syntax", "-format=xml"], b"xml"),
                            (["-check-syntax", "-format="], b"-format"),
                            (["-format=json"], b"-check-syntax")):
            done = subprocess.run([BINARY, f"-config.file={path}", *flags], capture_output=True,
                                  timeout=PATIENCE_SECONDS, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, b""), flags)
            self.assertIn(word, done.stderr)

    def test_configurations_of_others_cause_no_false_alarm(self):
        expected = {
            # A disk of another machine has these.
            "*": {"no-file", "unreadable-file", "config", "unused-group", "unused-value"},
            # It reads a time that its json stage does not take out of the line.
            "real_old_style_docker_files.yaml": {"unset-value"},
            # It makes a label of the user.
            "real_journal.yaml": {"unbounded-label"},
            # Nothing of it runs on Linux, and that is said.
            "real_windows_events.yaml": {"build"},
            # Stages that have nothing to do with each other.
            "every_stage.yaml": {"unset-value", "build", "unreachable-stage",
                                 "selector-never-matches"},
        }
        for name in sorted(os.listdir(GOOD)):
            if name == "stdin_needs_no_input.yaml":
                continue
            _, found = self.check_json(os.path.join(GOOD, name))
            codes = {d["code"] for d in found["diagnostics"]}
            self.assertLessEqual(codes, expected["*"] | expected.get(name, set()), name)

    def test_every_code_is_on_the_page(self):
        with open(PAGE, encoding="utf-8") as file:
            rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", file.read(), re.M))
        used = {"config", "build", "file"}
        for folder in ("debugger", "pipeline/stages"):
            for name in sorted(os.listdir(os.path.join(ROOT, folder))):
                if folder == "debugger" and not name.startswith("lint"):
                    continue
                with open(os.path.join(ROOT, folder, name), encoding="utf-8") as file:
                    used |= set(re.findall(r'(?:Finding|\(|,|return)\s*\{\s*"([a-z0-9]+(?:-[a-z0-9]+)+)",',
                                           file.read()))
        self.assertGreater(len(used), 15)
        self.assertEqual(used, rows)


if __name__ == "__main__":
    unittest.main()
