#!/usr/bin/env python3
"""Looks at entries on their way through a running daemon: tap_test.py PATH-OF-TAILRACE"""
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import unittest

from rig import PATIENCE_SECONDS, Rig, StandIn, fetch, missing_root, wait_for

STAGES = """  pipeline_stages:
  - regex: {expression: '(?P<level>\\w+) (?P<rest>.*)'}
  - labels: {level: }
  - drop: {source: level, value: debug, drop_counter_reason: too_low}
"""


class LocalConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE_SECONDS)
        self.sock.connect(self.path)


class TapTest(unittest.TestCase):
    def setUp(self):
        self.loki = StandIn()
        self.addCleanup(self.loki.stop)
        self.rig = Rig(BINARY)
        self.addCleanup(self.rig.close)
        self.socket = os.path.join(self.rig.state, "positions.yaml.outbox", "control.sock")

    def start(self, stages=STAGES, options=""):
        self.rig.config([f'{{url: "{self.loki.url()}", batchwait: 50ms}}'], stages, options)
        process = self.rig.start()
        wait_for(lambda: fetch(self.rig.port, "/ready")[0] != 0, "the daemon")
        return process

    def tap(self, *arguments):
        """A tap that has begun to look, with its output in files."""
        self.out = open(os.path.join(self.rig.folder, "out"), "w+b")
        self.err = open(os.path.join(self.rig.folder, "err"), "w+b")
        self.addCleanup(self.out.close)
        self.addCleanup(self.err.close)
        before = self.rig.metric("tailrace_taps ")
        process = subprocess.Popen([BINARY, "tap", f"-config.file={self.rig.path}", *arguments],
                                   stdout=self.out, stderr=self.err)
        self.rig.processes.append(process)
        wait_for(lambda: self.rig.metric("tailrace_taps ") > before or process.poll() is not None,
                 "the tap")
        return process

    def output(self, file=None):
        with open((file or self.out).name, encoding="utf-8") as text:
            return text.read()

    def interrupt(self, process):
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0, self.output(self.err))

    def local(self, path, method="GET", body=None, headers=None):
        connection = LocalConnection(self.socket)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def network(self, path, headers=None, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.rig.port,
                                                timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        finally:
            connection.close()

    def test_shows_entries_with_what_each_stage_did(self):
        self.start()
        process = self.tap()
        self.assertGreater(self.rig.metric("tailrace_observed"), 0)
        self.rig.append("info hello\ndebug hidden\n")
        wait_for(lambda: "hidden" in self.output(), "the entries")
        self.interrupt(process)
        text = self.output()
        labels = f'{{filename="{self.rig.logs}/a.log", job="app"'
        self.assertRegex(text, r'(?m)^20\d\d-\S+\t\{filename="[^"]*", job="app", level="info"\}'
                               r"\tinfo hello$")
        self.assertIn("[inspect: labels stage]: \n{stages.Entry}.Entry.Labels:\n"
                      f'\t-: {labels}}}\n\t+: {labels}, level="info"}}\n', text)
        self.assertIn("dropped, counted as too_low", text)
        self.assertEqual(self.output(self.err), "2 shown, 2 seen, 0 sampled out\n")
        wait_for(lambda: self.rig.metric("tailrace_observed") == 0, "the end of the tap")
        self.assertEqual(self.rig.metric("tailrace_taps "), 0)
        wait_for(lambda: self.loki.lines() == ["info hello"], "the delivery")

    def test_a_selector_chooses_and_a_limit_ends(self):
        self.start()
        process = self.tap("-format=json", "-limit=2", '{job="app", level=~"warn|debug"} |= "x"')
        self.rig.append("info x\nwarn y\nwarn x\ndebug x\nwarn x2\n")
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
        traces = [json.loads(line) for line in self.output().splitlines()]
        self.assertEqual([(one["line"], one["fate"]) for one in traces],
                         [("warn x", "sent"), ("debug x", "dropped")])
        self.assertEqual(traces[1]["drop_reason"], "too_low")
        self.assertNotIn("stages", traces[0])

    def test_a_rate_caps_and_says_so(self):
        self.start(stages="")
        process = self.tap("-rate=5", "-format=json")
        self.rig.append("".join(f"line {i}\n" for i in range(5000)))
        wait_for(lambda: len(self.loki.lines()) == 5000, "every line")
        self.interrupt(process)
        shown, seen, out = [int(word.split()[0]) for word in self.output(self.err).split(", ")]
        self.assertEqual(seen, 5000)
        self.assertEqual(shown + out, 5000)
        self.assertGreaterEqual(shown, 5)
        self.assertLess(shown, 500)

    def test_a_reload_does_not_end_it(self):
        process = self.start(stages="")
        tap = self.tap("-format=json", '{level="info"}')
        self.rig.append("info unlabelled\n")
        wait_for(lambda: self.loki.lines() == ["info unlabelled"], "the first line")
        self.rig.config([f'{{url: "{self.loki.url()}", batchwait: 50ms}}'], STAGES)
        self.rig.reload(process)
        self.rig.append("info labelled\n")
        wait_for(lambda: "info labelled" in self.output(), "the entry")
        self.interrupt(tap)
        self.assertNotIn("unlabelled", self.output())

    def test_a_tap_that_is_killed_goes(self):
        self.start(stages="")
        process = self.tap()
        process.kill()
        wait_for(lambda: self.rig.metric("tailrace_taps ") == 0, "the end of the tap")
        wait_for(lambda: self.rig.metric("tailrace_observed") == 0, "nobody who watches")

    def test_the_socket_is_the_users_own_and_goes_with_the_daemon(self):
        process = self.start()
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o600)
        self.assertEqual(self.local("/ready")[0], self.rig.ready()[0])
        process.kill()
        process.wait()
        self.assertTrue(os.path.exists(self.socket))
        process = self.start()
        self.assertEqual(self.local("/tailrace/api/v1/targets")[0], 200)
        self.rig.stop(process)
        self.assertFalse(os.path.exists(self.socket))
        done = subprocess.run([BINARY, "tap", f"-config.file={self.rig.path}"],
                              capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.socket + ": No such file or directory", done.stderr)

    def test_another_user_cannot_connect(self):
        missing_root(self)
        self.start()
        os.chmod(self.rig.folder, 0o755)
        for folder, _, _ in os.walk(self.rig.state):
            os.chmod(folder, 0o755)
        program = ("import os, socket, sys\nos.setgid(65534)\nos.setuid(65534)\n"
                   "s = socket.socket(socket.AF_UNIX)\n"
                   "try:\n    s.connect(sys.argv[1])\n"
                   "except PermissionError:\n    sys.exit(13)\n")
        done = subprocess.run([sys.executable, "-c", program, self.socket],
                              timeout=PATIENCE_SECONDS)
        self.assertEqual(done.returncode, 13)

    def test_a_socket_that_cannot_be_is_a_warning(self):
        for where, why in ((os.path.join(self.rig.state, "no", "x.sock"), "No such file"),
                           (os.path.join(self.rig.state, "x" * 200), "at most 107 bytes")):
            process = self.start(options=f"tailrace: {{control_socket: {where}}}")
            wait_for(lambda: "there is no control socket" in self.rig.log(), "the warning")
            self.assertIn(why, self.rig.log())
            self.rig.stop(process)

    def test_it_can_be_switched_off(self):
        for options in ('{control_socket: ""}', "{live: {disable: true}}"):
            process = self.start(options=f"tailrace: {options}")
            self.assertFalse(os.path.exists(self.socket))
            status = self.network("/tailrace/api/v1/targets")[0]
            self.assertEqual(status, 404 if "disable" in options else 200)
            done = subprocess.run([BINARY, "tap", f"-config.file={self.rig.path}"],
                                  capture_output=True, text=True, timeout=PATIENCE_SECONDS)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("switched off", done.stderr)
            self.rig.stop(process)

    def test_a_password_is_not_asked_for_on_the_socket(self):
        self.start(options="tailrace: {server: {basic_auth: {username: a, password: b}}}")
        self.assertEqual(self.network("/tailrace/api/v1/targets")[0], 401)
        self.assertEqual(self.local("/tailrace/api/v1/targets")[0], 200)

    def test_the_network_is_guarded(self):
        self.start()
        path = "/tailrace/api/v1/tap?id=x"
        status, body, headers = self.network(path)
        self.assertEqual((status, json.loads(body)["traces"]), (200, []))
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        for bad, word in (({"Host": "evil.example"}, "allowed_hosts"),
                          ({"Origin": "http://evil.example"}, "other sites"),
                          ({"Sec-Fetch-Site": "cross-site"}, "other sites"),
                          ({"X-Forwarded-For": "1.2.3.4"}, "http_listen_address")):
            status, body, headers = self.network(path, bad)
            self.assertEqual(status, 403, bad)
            self.assertIn(word, json.loads(body)["error"])
            self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(self.network("/tailrace/api/v1/nothing")[0], 404)
        self.assertEqual(self.network(path + "&selector=%7B")[0], 400)
        self.assertEqual(self.network(path, method="POST", body="x" * 2_000_000)[0], 403)

    def test_targets_are_listed_with_their_files(self):
        self.start()
        self.rig.append("info one\ninfo two")
        wait_for(lambda: self.loki.lines() == ["info one"], "the delivery")
        answer = json.loads(self.local("/tailrace/api/v1/targets")[1])
        target = answer["jobs"][0]["targets"][0]
        self.assertEqual(target["path"], f"{self.rig.logs}/*.log")
        self.assertEqual(target["labels"], {"job": "app"})
        self.assertEqual({key: target["files"][0][key] for key in ("path", "offset", "size_bytes",
                                                                   "lag_bytes", "lines")},
                         {"path": f"{self.rig.logs}/a.log", "offset": 9, "size_bytes": 17,
                          "lag_bytes": 8, "lines": 1})
        self.assertEqual(answer["silent_workers"], [])
        self.assertEqual(answer["workers"][0]["troubles"], [])


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("not root: whether another user can connect is not tested")
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
