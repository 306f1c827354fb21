#!/usr/bin/env python3
"""Stages what keeps a line out of Loki, and asks why: why_test.py PATH-OF-TAILRACE

What needs root (a daemon of another user) is skipped and named without it."""
import json
import os
import subprocess
import sys
import unittest

from rig import PATIENCE_SECONDS, Rig, StandIn, missing_root, wait_for

QUICK = "batchwait: 20ms, backoff_config: {min_period: 50ms, max_period: 200ms}"


class Why(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()
        self.path = os.path.join(self.rig.logs, "a.log")

    def tearDown(self):
        self.rig.close()
        self.loki.stop()

    def client(self, more=QUICK):
        return f'{{name: main, url: "{self.loki.url()}", {more}}}'

    def config(self, stages="[]", options="", more=QUICK):
        self.rig.config([self.client(more)], stages=f"  pipeline_stages: {stages}\n",
                        options=options)

    def jobs(self, text):
        """A configuration with these jobs instead."""
        self.config()
        with open(self.rig.path, encoding="utf-8") as file:
            head = file.read().split("scrape_configs:")[0]
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(head + "scrape_configs:\n" + text)

    def ask(self, *arguments, path=None, form="json"):
        process = subprocess.run(
            [BINARY, "why", f"-config.file={self.rig.path}", "--file", path or self.path,
             f"-format={form}", *arguments],
            capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        self.assertEqual(process.stderr.decode(), "")
        return process.returncode, process.stdout.decode()

    def why(self, *arguments, path=None):
        status, text = self.ask(*arguments, path=path)
        answer = json.loads(text)
        self.assertEqual(status, {"accepted": 0, "cause": 1, "not known": 3}[answer["answer"]])
        return answer

    def wait_for_answer(self, *arguments, answer, point, text=""):
        """Until the answer is that and holds the text: what runs needs its time."""
        def asked():
            said = self.why(*arguments)
            right = (said["answer"], said["point"]) == (answer, point) and text in said["text"]
            return said if right else None
        try:
            return wait_for(asked, point, 15)
        except AssertionError:
            self.fail(f"wanted {answer} {point} {text}\n{self.ask(*arguments, form='text')[1]}"
                      f"{self.rig.log()}")

    def cause(self, *arguments, point, text):
        return self.wait_for_answer(*arguments, answer="cause", point=point, text=text)

    def start(self):
        process = self.rig.start()
        wait_for(lambda: self.rig.ready()[0] != 0, "the pages")
        return process

    # ---- The configuration. ----

    def test_the_name_matches_no_pattern(self):
        self.config()
        path = os.path.join(self.rig.logs, "a.txt")
        self.rig.append("line\n", "a.txt")
        said = self.why(path=path)
        self.assertEqual(("cause", "discovery"), (said["answer"], said["point"]))
        self.assertIn("job app follows", said["text"])
        self.assertIn("the same folder, but another name", said["text"])

    def test_the_file_is_excluded(self):
        self.jobs(f"""- job_name: app
  static_configs: [{{labels: {{__path__: "{self.rig.logs}/*.log",
                              __path_exclude__: "{self.rig.logs}/a*"}}}}]
""")
        self.rig.append("line\n")
        self.cause(point="exclude", text="leaves the file out")

    def test_relabelling_drops_the_target(self):
        self.jobs(f"""- job_name: app
  static_configs: [{{labels: {{env: test, __path__: "{self.rig.logs}/*.log"}}}}]
  relabel_configs:
  - {{source_labels: [env], regex: prod, action: keep}}
""")
        self.rig.append("line\n")
        self.cause(point="relabelling", text="rule 1 of relabel_configs (action keep")

    # ---- The file. ----

    def test_the_daemon_may_not_read_the_file(self):
        missing_root(self)
        self.config()
        self.rig.append("line\n")
        os.chmod(self.path, 0o600)
        os.chmod(self.rig.folder, 0o755)
        os.chown(self.rig.state, 65534, 65534)
        process = subprocess.Popen([BINARY, f"-config.file={self.rig.path}"], user=65534,
                                   group=65534, extra_groups=[], stdout=subprocess.DEVNULL,
                                   stderr=self.rig.errors)
        self.rig.processes.append(process)
        wait_for(lambda: self.rig.ready()[0] != 0, "the pages")
        self.cause(point="permission", text="Permission denied")

    def test_there_is_no_such_line(self):
        self.config()
        self.rig.append("line\n")
        self.cause("--line", "another", point="line", text='no line of the file contains "another"')

    def test_the_line_was_there_before_the_file_was_followed(self):
        self.config()
        self.rig.append("old\n")
        with open(os.path.join(self.rig.state, "positions.yaml"), "w", encoding="utf-8") as file:
            file.write(f'positions:\n  {self.path}: "4"\n')
        self.start()
        self.rig.append("new\n")
        wait_for(lambda: self.loki.lines() == ["new"], "the new line")
        self.cause("--line", "old", point="position", text="reading began at byte 4, behind it")
        self.assertEqual(self.why("--line", "new")["answer"], "accepted")

    def test_the_line_has_no_newline(self):
        self.config()
        self.rig.append("one\ntwo")
        self.start()
        wait_for(lambda: self.loki.lines() == ["one"], "the first line")
        self.cause(point="newline", text="no newline at its end")

    # ---- The stages. ----

    def test_a_stage_drops_it(self):
        self.config("[{regex: {expression: '^(?P<level>\\w+)'}}, "
                    "{drop: {source: level, value: debug, drop_counter_reason: noise}}]")
        self.rig.append("info a\ndebug b\n")
        self.start()
        wait_for(lambda: self.loki.lines() == ["info a"], "the other line")
        said = self.cause(point="stages", text="stage 1 (drop")
        self.assertIn("counted as noise", said["text"])

    def test_match_drops_it(self):
        self.config("[{match: {selector: '{job=\"app\"} |= \"debug\"', action: drop}}]")
        self.rig.append("info a\ndebug b\n")
        self.start()
        wait_for(lambda: self.loki.lines() == ["info a"], "the other line")
        self.cause(point="stages", text="stage 0 (match")

    def test_sampling_may_have_dropped_it(self):
        self.config("[{sampling: {rate: 0.5}}]")
        self.rig.append("".join(f"line {i}\n" for i in range(200)))
        self.start()
        wait_for(lambda: len(self.loki.lines()) > 20, "some lines")
        said = self.wait_for_answer(answer="not known", point="stages")
        self.assertIn("rate 0.5", said["text"])

    def test_a_limit_may_have_dropped_it(self):
        self.config("[{limit: {rate: 1, burst: 3, drop: true}}]")
        self.rig.append("".join(f"line {i}\n" for i in range(20)))
        self.start()
        wait_for(lambda: len(self.loki.lines()) >= 3, "some lines")
        said = self.wait_for_answer(answer="not known", point="stages")
        self.assertIn("lets 1 lines per second pass (burst 3)", said["text"])

    # ---- Limits. ----

    def test_the_line_is_too_long(self):
        self.config(options="limits_config: {max_line_size: 10}")
        self.rig.append("short\nmuch too long\n")
        self.start()
        wait_for(lambda: self.loki.lines() == ["short"], "the short line")
        self.cause(point="limits", text="the line has 13 bytes, and max_line_size is 10")

    def test_the_rate_of_all_lines_may_have_dropped_it(self):
        self.config(options="limits_config: {readline_rate_enabled: true, readline_rate: 1, "
                            "readline_burst: 2, readline_rate_drop: true}")
        self.rig.append("".join(f"line {i}\n" for i in range(20)))
        self.start()
        wait_for(lambda: len(self.loki.lines()) >= 2, "some lines")
        said = self.wait_for_answer(answer="not known", point="limits")
        self.assertIn("readline_rate lets 1 lines per second pass (burst 2)", said["text"])

    # ---- Loki. ----

    def test_loki_limits_the_rate(self):
        self.loki.answer = lambda tenant, entries: 429
        self.loki.words = "Ingestion rate limit exceeded"
        self.config()
        self.rig.append("line\n")
        self.start()
        said = self.cause(point="loki", text="429")
        self.assertIn("Ingestion rate limit exceeded", said["text"])
        self.assertIn("nothing is lost", said["text"])

    def test_loki_refuses_it(self):
        self.loki.answer = lambda tenant, entries: (
            400 if any("bad" in entry[2] for entry in entries) else 204)
        self.loki.words = "entry has timestamp too old"
        self.config()
        self.rig.append("good\n")
        self.start()
        wait_for(lambda: self.loki.lines() == ["good"], "the good line")
        self.rig.append("bad\n")
        said = self.cause(point="loki", text="400")
        self.assertIn("entry has timestamp too old", said["text"])
        self.assertEqual(self.why("--line", "good")["answer"], "accepted")

    def test_loki_is_away(self):
        self.loki.stop()
        self.config()
        self.rig.append("line\n")
        self.start()
        said = self.cause(point="loki", text="tried ")
        self.assertRegex(said["text"], r"since 2\d\d\d-\d\d-\d\dT")
        self.assertRegex(said["text"].lower(), "refused|connect")

    def test_it_waits_in_a_batch(self):
        self.config(more="batchwait: 1h")
        self.rig.append("line\n")
        self.start()
        self.cause(point="batch", text="batchwait")

    def test_it_went_to_another_tenant(self):
        self.config("[{tenant: {value: red}}]")
        self.rig.append("line\n")
        self.start()
        wait_for(lambda: self.loki.lines("red") == ["line"], "the line")
        self.cause("-tenant=blue", point="tenant", text='it is sent to tenant "red"')
        self.assertEqual(self.why("-tenant=red")["answer"], "accepted")

    def test_its_stream_is_another_one(self):
        self.config("[{static_labels: {env: prod}}, {labeldrop: [job]}]")
        self.rig.append("line\n")
        self.start()
        wait_for(lambda: self.loki.lines() == ["line"], "the line")
        said = self.cause('-query={job="app"}', point="labels", text="look for {")
        self.assertIn('env="prod"', said["text"])
        self.assertIn("removes label job", json.dumps(said["jobs"]))
        self.assertEqual(self.why('-query={env="prod"}')["answer"], "accepted")

    # ---- The end. ----

    def test_it_was_accepted(self):
        self.config("[{regex: {expression: '^(?P<t>\\S+)'}}, "
                    "{timestamp: {source: t, format: RFC3339}}]")
        self.rig.append("2001-02-03T04:05:06Z line\n")
        self.start()
        wait_for(self.loki.lines, "the line")
        said = self.wait_for_answer(answer="accepted", point="loki")
        self.assertRegex(said["text"], r"client main accepted it at 2\d\d\d-\d\d-\d\dT")
        self.assertIn('job="app"', said["text"])
        self.assertIn("at the time 2001-02-03T04:05:06Z, which is", said["text"])
        status, text = self.ask(form="text")
        self.assertEqual(status, 0)
        self.assertIn("Accepted (job app): client main accepted it at", text)

    def test_a_restart_is_before_what_is_remembered(self):
        self.config()
        self.rig.append("line\n")
        process = self.start()
        wait_for(self.loki.lines, "the line")
        self.wait_for_answer(answer="accepted", point="loki")
        self.rig.stop(process)
        self.start()
        said = self.wait_for_answer(answer="accepted", point="loki")
        self.assertIn("no record of the answer is kept that long", said["text"])

    def test_no_daemon_runs(self):
        self.config()
        self.rig.append("line\n")
        self.cause(point="daemon", text="no program runs")
        process = self.start()
        wait_for(self.loki.lines, "the line")
        self.rig.stop(process)
        self.rig.append("after\n")
        said = self.cause(point="daemon", text="the file was read up to byte 5")
        self.assertIn("no program runs", said["text"])
        self.assertEqual(self.why("--line", "line")["answer"], "accepted")

    def test_wrong_flags_are_refused(self):
        for arguments in (["-file=x"], ["-config.file=x"], ["-nonsense"],
                          [f"-config.file={self.rig.path}", "-file=x", "-offset=y"]):
            process = subprocess.run([BINARY, "why", *arguments], capture_output=True,
                                     timeout=PATIENCE_SECONDS, check=False)
            self.assertEqual(process.returncode, 2, arguments)


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    unittest.main(verbosity=2)
