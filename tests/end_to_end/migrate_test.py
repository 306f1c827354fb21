#!/usr/bin/env python3
"""Moves from Promtail and back while lines are written, and counts: migrate_test.py TAILRACE

A stand-in for systemctl starts real processes. Promtail is a small stand-in of it, and the real one
where PROMTAIL or the path has it; else those tests are skipped, which is said."""
import os
import shutil
import subprocess
import sys
import threading
import unittest

from rig import PATIENCE_SECONDS, StandIn, free_port, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
REAL = os.environ.get("PROMTAIL") or shutil.which("promtail") or ""
QUICK = "batchwait: 50ms, backoff_config: {min_period: 50ms, max_period: 200ms}"
TAILRACE_UNIT = """[Unit]
Description=tailrace
[Service]
EnvironmentFile=-{root}/etc/default/tailrace
Environment=TAILRACE_CONFIG={root}/etc/tailrace/config.yml
ExecStart={tailrace} -config.file=${{TAILRACE_CONFIG}} $TAILRACE_ARGS
ExecReload={tailrace} -config.file=${{TAILRACE_CONFIG}} $TAILRACE_ARGS -check-syntax
ExecReload=/bin/kill -HUP $MAINPID
"""
PROMTAIL_UNIT = """[Unit]
Description=Promtail service
[Service]
Type=simple
EnvironmentFile=-{root}/etc/default/promtail
ExecStart={promtail} -config.file={root}/etc/promtail/config.yml \\
  -config.expand-env=true $EXTRA
TimeoutSec=60
Restart=on-failure
"""


class Writer:
    """Writes numbered lines into two files until it is stopped."""

    def __init__(self, folder):
        self.paths = [os.path.join(folder, name) for name in ("a.log", "b.log")]
        self.written = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        files = [open(path, "a", encoding="utf-8", buffering=1) for path in self.paths]
        while not self.ended.wait(0.002):
            files[self.written % 2].write(f"line {self.written}\n")
            self.written += 1
        for file in files:
            file.close()

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.written


class Migrate(unittest.TestCase):
    promtail = ""  # The stand-in.

    def setUp(self):
        # Below the folder of the build: a system's folder for temporary files is Promtail's case.
        self.folder = os.path.realpath(os.path.join(os.environ.get("TMPDIR", "/tmp"),
                                                    f"tailrace-migrate-{os.getpid()}"))
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("root/etc/systemd/system", "root/lib/systemd/system", "root/etc/promtail",
                     "root/etc/default", "root/tmp", "root/usr/local/bin", "root/var/lib", "run",
                     "log", "logs"):
            os.makedirs(os.path.join(self.folder, name))
        self.root = os.path.join(self.folder, "root")
        self.promtail = self.promtail or self.script("promtail_stand_in.py")
        self.manager = self.script("service_manager.py")
        self.loki = StandIn()
        self.writer = None
        self.environment = dict(os.environ, SERVICES=self.folder)
        self.state = os.path.join(self.root, "var/lib/tailrace")
        self.config = os.path.join(self.root, "etc/promtail/config.yml")
        self.positions = os.path.join(self.root, "tmp/positions.yaml")
        self.port = free_port()
        self.write("root/etc/promtail/config.yml", f"""
server: {{http_listen_address: 127.0.0.1, http_listen_port: {self.port}, grpc_listen_port: 0}}
positions: {{filename: {self.positions}}}
clients:
- {{url: "{self.loki.url()}", {QUICK}}}
scrape_configs:
- job_name: app
  static_configs: [{{labels: {{job: app, env: "${{PLACE}}", __path__: "{self.folder}/logs/*.log"}}}}]
""")
        self.write("root/etc/default/promtail", "# what it needs\nPLACE=\"here\"\nEXTRA=\n")
        self.write("root/lib/systemd/system/tailrace.service",
                   TAILRACE_UNIT.format(root=self.root, tailrace=BINARY))
        self.write("root/etc/systemd/system/promtail.service",
                   PROMTAIL_UNIT.format(root=self.root, promtail=self.promtail))

    def tearDown(self):
        if self.writer:
            self.writer.stop()
        for unit in ("promtail.service", "tailrace.service"):
            self.systemctl("stop", unit)
        self.loki.stop()
        shutil.rmtree(self.folder)

    def script(self, name):
        """A program of its own, for the Python that runs us."""
        path = os.path.join(self.folder, name)
        text = self.read(os.path.join(HERE, name)).split("\n", 1)[1]
        self.write(name, f"#!{sys.executable}\n{text}")
        os.chmod(path, 0o755)
        return path

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def systemctl(self, *words):
        return subprocess.run([self.manager, *words], env=self.environment, capture_output=True,
                              timeout=2 * PATIENCE_SECONDS, check=False).stdout.decode().strip()

    def migrate(self, *flags, status=0):
        done = subprocess.run(
            [BINARY, "migrate", f"-root={self.root}", f"-systemctl={self.manager}", *flags],
            env=self.environment, capture_output=True, timeout=4 * PATIENCE_SECONDS, check=False)
        text = done.stdout.decode() + done.stderr.decode()
        self.assertEqual(done.returncode, status, text + self.logs())
        return text

    def logs(self):
        text = ""
        for name in os.listdir(os.path.join(self.folder, "log")):
            text += f"--- {name}\n" + self.read(os.path.join(self.folder, "log", name))[-3000:]
        return text

    def install(self):
        """Promtail runs, is enabled, and has sent something."""
        self.systemctl("enable", "promtail.service")
        self.systemctl("start", "promtail.service")
        self.writer = Writer(os.path.join(self.folder, "logs"))
        self.wait_for_more()

    def wait_for_more(self, lines=50):
        count = len(self.loki.lines())
        try:
            wait_for(lambda: len(self.loki.lines()) > count + lines, "more lines")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from error

    def count(self):
        """(lost, twice), of all that was written."""
        written = self.writer.stop()
        self.writer = None
        wanted = {f"line {number}" for number in range(written)}
        try:
            wait_for(lambda: set(self.loki.lines()) == wanted, "all lines")
        except AssertionError:
            pass  # Counted below.
        lines = self.loki.lines()
        lost, twice = len(wanted - set(lines)), len(lines) - len(set(lines))
        print(f"  {self.id().rsplit('.', 1)[1]}: {written} lines, {lost} lost, {twice} twice",
              flush=True)
        return lost, twice

    def running(self):
        return [unit for unit in ("promtail.service", "tailrace.service")
                if self.systemctl("is-active", unit) == "active"]

    def enabled(self):
        return [unit for unit in ("promtail.service", "tailrace.service")
                if self.systemctl("is-enabled", unit) == "enabled"]

    def tree(self):
        found = {}
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                about = os.lstat(path)
                found[path] = (about.st_mode, about.st_mtime_ns, about.st_size)
        return found


class Moving(Migrate):
    def test_a_look_changes_nothing_and_says_what_is_there(self):
        self.systemctl("enable", "promtail.service")
        self.write("root/tmp/positions.yaml", f'positions:\n  {self.folder}/logs/gone.log: "12"\n')
        before = self.tree()
        text = self.migrate()
        self.assertEqual(self.tree(), before)
        for words in ("etc/systemd/system/promtail.service", self.config, self.positions,
                      "Valid config file!", "etc/default/promtail",
                      "positions of files that are not there: " + self.folder + "/logs/gone.log",
                      "1. tell the unit of tailrace", "Nothing was changed"):
            self.assertIn(words, text)
        with open(os.path.join(self.folder, "asked"), encoding="utf-8") as file:
            self.assertEqual({line.split()[0] for line in file} - {"enable"},
                             {"is-active", "is-enabled"})

    def test_what_stands_in_the_way_is_said_and_nothing_is_done(self):
        self.install()
        self.write("root/etc/promtail/config.yml", "scrape_configs: 5\n")
        self.assertIn("config.yml:1", self.migrate("-apply", status=1))
        self.assertEqual(self.running(), ["promtail.service"])
        os.remove(os.path.join(self.root, "etc/systemd/system/promtail.service"))
        self.assertIn("-unit=NAME", self.migrate(status=1))
        self.assertIn("only one of them", self.migrate("-apply", "-undo", status=2))
        self.assertIn("there is no move to undo", self.migrate("-undo", status=1))
        self.write("root/etc/systemd/system/promtail.service",
                   PROMTAIL_UNIT.format(root=self.root, promtail=self.promtail))

    def test_there_and_back_loses_nothing_and_sends_nothing_twice(self):
        self.install()
        config = self.read(self.config)
        before = os.lstat(self.positions).st_mode if os.path.exists(self.positions) else None
        text = self.migrate("-apply")
        self.assertEqual(self.running(), ["tailrace.service"], text)
        self.assertEqual(self.enabled(), ["tailrace.service"])
        self.wait_for_more()
        # Flags and environment came along.
        self.assertIn('env="here"', self.loki.kept[-1][1])
        self.assertIn("already", self.migrate("-apply", status=1))
        self.migrate("-undo")
        self.assertEqual(self.running(), ["promtail.service"])
        self.assertEqual(self.enabled(), ["promtail.service"])
        self.wait_for_more()
        self.assertEqual(self.count(), (0, 0))
        self.assertEqual(self.read(self.config), config)
        self.assertNotIn("#", self.read(self.positions))
        if before:
            self.assertEqual(os.lstat(self.positions).st_mode, before)
        self.assertEqual(sorted(os.listdir(self.state)), ["migration.json"])
        self.assertFalse(os.path.exists(os.path.join(
            self.root, "etc/systemd/system/tailrace.service.d")))

    def test_a_second_move_is_as_good_as_the_first(self):
        self.install()
        for _ in range(2):
            self.migrate("-apply")
            self.wait_for_more()
            self.migrate("-undo")
            self.wait_for_more()
        self.assertEqual(self.count(), (0, 0))

    def test_what_tailrace_had_before_comes_back(self):
        self.install()
        os.makedirs(self.state)
        other = 'positions:\n  /other: "5"\n'
        self.write("root/var/lib/tailrace/positions.yaml", other)
        self.migrate("-apply")
        self.wait_for_more()
        self.migrate("-undo")
        self.assertEqual(self.read(os.path.join(self.state, "positions.yaml")), other)
        self.assertEqual(self.count(), (0, 0))

    def test_a_link_is_made_when_asked_for(self):
        self.install()
        link = os.path.join(self.root, "usr/local/bin/promtail")
        self.migrate("-apply", "-link")
        self.assertEqual(os.readlink(link), BINARY)
        self.migrate("-undo")
        self.assertFalse(os.path.lexists(link))

    def test_a_loki_that_is_away_loses_nothing_on_the_way_back(self):
        self.install()
        self.migrate("-apply")
        self.wait_for_more()
        self.loki.answer = lambda tenant, entries: 503
        begin = self.writer.written
        wait_for(lambda: self.writer.written > begin + 200, "lines")
        text = self.migrate("-undo", "-drain=1s")
        self.assertRegex(text, r"Loki has not taken \d+ entries in 1 s")
        self.assertRegex(text, r"\d+ entries were not accepted. Promtail reads those of files again")
        self.assertIn("positions.yaml.outbox.left", os.listdir(self.state))
        self.loki.answer = lambda tenant, entries: 204
        self.wait_for_more()
        self.assertEqual(self.count(), (0, 0))

    def test_a_tailrace_that_cannot_start_is_said_and_undone(self):
        self.install()
        self.write("root/etc/default/tailrace", "TAILRACE_ARGS=-no.such.flag\n")
        self.assertIn("-undo goes back", self.migrate("-apply", status=1))
        self.migrate("-undo")
        self.assertEqual(self.running(), ["promtail.service"])
        self.assertEqual(self.count(), (0, 0))

    def test_ports_of_promtail_are_taken_over(self):
        self.install()
        text = self.migrate("-apply")
        self.assertIn(f"status pages listen on 127.0.0.1:{self.port}", text)
        self.assertIn("tailrace.service is ready", text)


class Interrupted(Migrate):
    APPLY = ["daemon-reload", "stop promtail.service", "disable promtail.service",
             "enable tailrace.service", "start tailrace.service"]
    UNDO = ["stop tailrace.service", "disable tailrace.service", "daemon-reload",
            "enable promtail.service", "start promtail.service"]

    def interrupt(self, flag, command, when):
        self.write("kill", f"{when} {command}")
        self.migrate(flag, status=-9)

    def check_moves(self, kill, go_on):
        for command in kill[1]:
            for when in ("before", "after"):
                with self.subTest(command=command, when=when):
                    self.interrupt(kill[0], command, when)
                    go_on()
                    self.wait_for_more()

    def test_an_apply_that_was_killed_goes_on(self):
        self.install()

        def go_on():
            self.assertIn("Going on", self.migrate("-apply"))
            self.assertEqual(self.running(), ["tailrace.service"])
            self.wait_for_more()
            self.migrate("-undo")
        self.check_moves(("-apply", self.APPLY), go_on)
        self.assertEqual(self.count(), (0, 0))

    def test_an_apply_that_was_killed_is_undone(self):
        self.install()

        def go_on():
            self.migrate("-undo")
            self.assertEqual(self.running(), ["promtail.service"])
            self.assertEqual(self.enabled(), ["promtail.service"])
        self.check_moves(("-apply", self.APPLY), go_on)
        self.assertEqual(self.count(), (0, 0))

    def test_an_undo_that_was_killed_goes_on(self):
        self.install()
        self.migrate("-apply")

        def go_on():
            self.assertIn("-undo has begun", self.migrate("-apply", status=1))
            self.migrate("-undo")
            self.assertEqual(self.running(), ["promtail.service"])
            self.wait_for_more()
            self.migrate("-apply")
        self.check_moves(("-undo", self.UNDO), go_on)
        self.assertEqual(self.count(), (0, 0))


class Rehearsing(Migrate):
    def fill(self):
        for name in ("a", "b"):
            with open(os.path.join(self.folder, "logs", name + ".log"), "w", encoding="utf-8") as file:
                file.write("".join(f"{name} {number}\tword\n" for number in range(1000)))
        self.write("root/tmp/positions.yaml",
                   f'positions:\n  {self.folder}/logs/a.log: "{len("a 0") + 6}"\n')

    def test_nothing_differs(self):
        self.fill()
        before = self.tree()
        text = self.migrate("-rehearse", "-time=60s")
        self.assertIn("1999 entries of 2 files are the same, 0 are different", text)
        self.assertEqual(self.tree(), before)

    def test_what_differs_is_shown(self):
        self.fill()
        self.environment["STAND_IN_LABEL"] = "x"
        if self.promtail == REAL:
            self.skipTest("the real one does not lie")
        text = self.migrate("-rehearse", "-time=60s", status=1)
        self.assertIn("0 entries of 2 files are the same, 1999 are different", text)
        self.assertIn('more="x"', text)
        self.assertIn("other labels: b 0word", text)

    def test_nothing_to_compare_is_no_success(self):
        self.fill()
        for name in ("a", "b"):
            os.remove(os.path.join(self.folder, "logs", name + ".log"))
        self.assertIn("Neither has anything", self.migrate("-rehearse", "-time=20s", status=3))

    def test_a_promtail_that_is_not_there_is_said(self):
        self.migrate("-rehearse", "-promtail=/no/such/promtail", status=2)


@unittest.skipUnless(REAL, "no Promtail: PROMTAIL=/path/to/promtail")
class RealMoving(Migrate):
    promtail = REAL

    def test_there_and_back_loses_nothing(self):
        self.install()
        self.migrate("-apply")
        self.wait_for_more()
        self.migrate("-undo")
        self.wait_for_more()
        lost, twice = self.count()
        self.assertEqual(lost, 0)
        # Its own stop sends what it had read twice now and then; what is ours does not.
        self.assertLessEqual(twice, 20)


@unittest.skipUnless(REAL, "no Promtail: PROMTAIL=/path/to/promtail")
class RealRehearsing(Rehearsing):
    promtail = REAL

    def test_stages_and_times(self):
        config = self.read(self.config)
        self.write("root/etc/promtail/config.yml", config + """  pipeline_stages:
  - regex: {expression: '^(?P<time>\\S+) (?P<level>\\w+) (?P<rest>.*)$'}
  - timestamp: {source: time, format: RFC3339Nano}
  - labels: {level: }
  - match: {selector: '{level="debug"}', action: drop}
  - template: {source: rest, template: '{{ ToUpper .Value }}'}
  - output: {source: rest}
- job_name: listener
  syslog: {listen_address: 127.0.0.1:0}
""")
        with open(os.path.join(self.folder, "logs", "a.log"), "w", encoding="utf-8") as file:
            for number in range(500):
                level = ("info", "debug", "warn")[number % 3]
                file.write(f"2026-01-02T03:04:05.{number:09d}Z {level} some\tthing {number}\n")
        text = self.migrate("-rehearse", "-time=60s")
        self.assertIn("left out: listener (not read from files)", text)
        self.assertIn("333 entries of 1 files are the same, 0 are different", text)


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    if not REAL and os.environ.get("TAILRACE_REQUIRE_PEERS"):
        sys.exit("failed: no Promtail found, and TAILRACE_REQUIRE_PEERS is set")
    unittest.main(verbosity=2)
