#!/usr/bin/env python3
"""Follows a real systemd-journald and counts: journal_test.py PATH-OF-TAILRACE

It needs root, as journald runs in a mount namespace with a /run, a journal and a machine id of its own;
without these it is skipped, and it says so (exit status 77)."""
import collections
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from rig import PATIENCE_SECONDS, Rig, StandIn, missing_peer, wait_for

JOURNALD = "/lib/systemd/systemd-journald"
WRITER = "/lib/systemd/systemd-journal-remote"
SOCKET = "/run/systemd/journal/socket"
VAR = "/var/log/journal"
INSIDE = "TAILRACE_TEST_INSIDE_NAMESPACE"
EXAMPLE = os.path.join(os.path.dirname(__file__), "../../docs/sources/examples/journal.yaml")
QUICK = "batchwait: 20ms, backoff_config: {min_period: 50ms, max_period: 200ms}"


def run(*command):
    return subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS, check=True,
                          text=True).stdout


def enter_namespace():
    """A machine of its own, as far as journald sees one."""
    for folder in ("/run", VAR):
        os.makedirs(folder, exist_ok=True)
        run("mount", "-t", "tmpfs", "tmpfs", folder)
    with open("/run/machine-id", "w", encoding="utf-8") as file:
        file.write("3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    if not os.path.exists("/etc/machine-id"):
        raise OSError("there is no /etc/machine-id")
    run("mount", "--bind", "/run/machine-id", "/etc/machine-id")


class Journald:
    def __init__(self, storage):
        os.makedirs("/run/systemd/journald.conf.d", exist_ok=True)
        with open("/run/systemd/journald.conf.d/test.conf", "w", encoding="utf-8") as file:
            file.write(f"[Journal]\nStorage={storage}\nRateLimitIntervalSec=0\n"
                       "ForwardToSyslog=no\nForwardToWall=no\nReadKMsg=no\nAudit=no\n")
        self.process = None
        self.start()

    def start(self):
        if os.path.exists(SOCKET):
            os.remove(SOCKET)
        self.process = subprocess.Popen([JOURNALD], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(SOCKET), "journald")

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)


class Writer:
    """Numbered messages in journald's own protocol; what is sent has arrived."""

    def __init__(self):
        self.number = 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.connect()
        self.going = False
        self.lock = threading.Lock()
        self.thread = None

    def connect(self):
        self.socket.close()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.connect(SOCKET)

    def send(self, count=1, more=""):
        for _ in range(count):
            with self.lock:
                self.socket.send(f"MESSAGE=line {self.number}\nPRIORITY=5\nTESTED=1\n{more}"
                                 .encode())
                self.number += 1

    def begin(self, per_second):
        def work():
            while self.going:
                self.send(per_second // 50)
                time.sleep(0.02)

        self.going = True
        self.thread = threading.Thread(target=work)
        self.thread.start()

    def end(self):
        self.going = False
        self.thread.join()


class Journal(unittest.TestCase):
    def setUp(self):
        run("sh", "-c", f"rm -rf {VAR}/* /run/log/journal/*")
        self.journald = None
        self.rig = Rig(BINARY)
        self.loki = StandIn()

    def tearDown(self):
        self.rig.close()
        self.loki.stop()
        if self.journald:
            self.journald.stop()

    def writer(self):
        writer = Writer()
        self.addCleanup(lambda: writer.socket.close())
        return writer

    def config(self, journal="matches: TESTED=1, labels: {job: j}", rules="[]", client=QUICK):
        self.rig.config([f'{{url: "{self.loki.url()}", {client}}}'])
        with open(self.rig.path, encoding="utf-8") as file:
            head = file.read().split("scrape_configs:")[0]
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(f"{head}scrape_configs:\n- job_name: j\n  journal: {{{journal}}}\n"
                       f"  relabel_configs: {rules}\n")

    def kept(self):
        """What Loki keeps: of entries that are equal in stream, time and line, one."""
        with self.loki.lock:
            return collections.Counter(
                line for _, _, line in {entry[1:4] for entry in self.loki.kept})

    def wait_for_all(self, count, what="all lines"):
        try:
            wait_for(lambda: len(self.kept()) >= count, what)
        except AssertionError:
            self.fail(f"{what}: {len(self.kept())} of {count}\n{self.rig.log()}")

    def check_each_once(self, count):
        self.wait_for_all(count)
        kept = self.kept()
        wanted = {f"line {n}" for n in range(count)}
        self.assertEqual((set(), set()), (wanted - set(kept), set(kept) - wanted))
        self.assertEqual([], [line for line, times in kept.items() if times > 1])
        written = run("journalctl", "-o", "cat", "TESTED=1").splitlines()
        if len(written) == count:
            self.assertEqual(wanted, set(written))

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    # ---- The journal of this machine. ----

    def test_each_line_once_through_kills_stops_rotation_and_vacuum(self):
        self.journald = Journald("persistent")
        self.config()
        writer = self.writer()
        process = self.rig.start()
        writer.begin(per_second=2000)
        for turn in range(6):
            time.sleep(0.4)
            if turn % 2 == 0:
                self.kill(process)
            else:
                self.rig.stop(process)
            run("journalctl", "--rotate")
            time.sleep(0.1)
            process = self.rig.start()
            time.sleep(0.4)
            if turn in (2, 4):
                # What was read may go.
                seen = writer.number
                self.wait_for_all(seen, "what was written before the vacuum")
                run("journalctl", "--rotate")
                self.wait_for_all(writer.number)
                run("journalctl", "--vacuum-files=1")
        writer.end()
        self.check_each_once(writer.number)
        self.assertGreater(writer.number, 5000)
        self.rig.stop(process)
        self.tell(writer)

    def tell(self, writer):
        with self.loki.lock:
            again = len(self.loki.kept) - writer.number
        print(f"{writer.number} lines: lost 0, kept twice 0, sent again without an answer {again}", file=sys.stderr)

    def test_each_line_once_of_a_journal_that_was_there_with_kills_in_the_middle(self):
        self.journald = Journald("persistent")
        self.config(client=QUICK + ", batchsize: 5000")
        writer = self.writer()
        writer.send(40_000)
        kills = 0
        process = self.rig.start()
        while len(self.loki.lines()) < writer.number:
            before = len(self.loki.lines())
            wait_for(lambda seen=before: len(self.loki.lines()) > min(seen + 2500, writer.number - 1),
                     "more lines")
            self.kill(process)
            kills += 1
            process = self.rig.start()
        self.check_each_once(writer.number)
        self.rig.stop(process)
        self.assertGreater(kills, 4)
        self.tell(writer)

    def test_journald_restarts_and_moves_its_journal(self):
        self.journald = Journald("auto")
        self.assertFalse(os.listdir(VAR))
        run("umount", VAR)
        os.rename(VAR, VAR + ".away")
        try:
            self.config()
            self.journald.stop()
            self.journald.start()
            writer = self.writer()
            writer.send(300)
            process = self.rig.start()
            self.wait_for_all(300)
            writer.send(100)
            self.wait_for_all(400)
            self.kill(process)
            writer.send(100)
            # From /run to /var, where entries get other numbers.
            os.mkdir(VAR)
            run("mount", "-t", "tmpfs", "tmpfs", VAR)
            run("journalctl", "--flush")
            writer.send(100)
            process = self.rig.start()
            self.wait_for_all(600)
            writer.send(100)
            self.wait_for_all(700)
            self.journald.stop()
            self.journald.start()
            writer.connect()
            writer.send(100)
            self.check_each_once(800)
            self.rig.stop(process)
        finally:
            if not os.path.ismount(VAR):
                os.makedirs(VAR, exist_ok=True)
                run("mount", "-t", "tmpfs", "tmpfs", VAR)
            os.rmdir(VAR + ".away")

    def test_moved_while_it_is_followed(self):
        """At boot journald begins in /run, and goes to /var when that is there."""
        self.journald = Journald("auto")
        self.assertIn("log", os.listdir("/run"))
        self.config()
        writer = self.writer()
        writer.send(200)
        process = self.rig.start()
        self.wait_for_all(200)
        writer.begin(per_second=1000)
        time.sleep(0.3)
        run("journalctl", "--flush")
        time.sleep(0.3)
        writer.end()
        self.assertTrue(os.listdir(VAR))
        self.check_each_once(writer.number)
        self.rig.stop(process)

    def test_a_position_of_promtail_is_gone_on_from(self):
        self.journald = Journald("persistent")
        self.config()
        writer = self.writer()
        writer.send(10)
        run("journalctl", "--sync")
        entries = [json.loads(line)
                   for line in run("journalctl", "-o", "json", "TESTED=1").splitlines()]
        self.assertEqual(10, len(entries))
        with open(f"{self.rig.state}/positions.yaml", "w", encoding="utf-8") as file:
            file.write(f"positions:\n  cursor-j: {entries[6]['__CURSOR']}\n")
        process = self.rig.start()
        self.wait_for_all(3)
        self.rig.stop(process)
        self.assertEqual({f"line {n}": 1 for n in (7, 8, 9)}, dict(self.kept()))
        with open(f"{self.rig.state}/positions.yaml", encoding="utf-8") as file:
            self.assertIn(entries[9]["__CURSOR"], file.read())

    def test_labels_json_and_metrics(self):
        self.journald = Journald("persistent")
        self.config("labels: {job: j, q: x}, json: true, matches: TESTED=1", """
  - {source_labels: [__journal__hostname], target_label: host}
  - {source_labels: [__journal_priority_keyword], target_label: level}
  - {source_labels: [__journal_unwanted], regex: 'yes', action: drop}""")
        writer = self.writer()
        writer.send()
        writer.send(more="UNWANTED=yes\n")
        writer.send()
        process = self.rig.start()
        self.wait_for_all(2)
        host = socket.gethostname()
        with self.loki.lock:
            labels = {entry[1] for entry in self.loki.kept}
            lines = [json.loads(entry[3]) for entry in self.loki.kept]
        self.assertEqual({f'{{host="{host}", job="j", level="notice", q="x"}}'}, labels)
        self.assertEqual(["line 0", "line 2"], [line["MESSAGE"] for line in lines])
        self.assertEqual([str(os.getpid())] * 2, [line["_PID"] for line in lines])
        metric = self.rig.metric
        self.assertEqual(2, metric("promtail_journal_target_lines_total"))
        self.assertEqual(1, metric('promtail_journal_target_parsing_errors_total{error="empty_labels"'))
        self.rig.stop(process)

    def test_the_journal_of_a_folder_that_is_not_there_is_waited_for(self):
        self.config(f"path: {VAR}/3d1219c7c4c5404aaa1f6d2a48adfda4, labels: {{job: j}}, "
                    "matches: TESTED=1")
        process = self.rig.start()
        wait_for(lambda: "No such file or directory" in self.rig.log(), "the warning")
        self.journald = Journald("persistent")
        self.writer().send(5)
        self.check_each_once(5)
        self.rig.stop(process)

    def test_the_example_of_the_documentation(self):
        self.journald = Journald("persistent")
        with open(EXAMPLE, encoding="utf-8") as file:
            text = file.read()
        for what, by in (("9080", str(self.rig.port)), ("3100", str(self.loki.port)),
                         ("/var/lib/tailrace", self.rig.state)):
            self.assertIn(what, text)
            text = text.replace(what, by)
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(text)
        writer = self.writer()
        writer.send(3)
        writer.send(1, "SYSLOG_IDENTIFIER=CRON\n")
        writer.send(1)
        process = self.rig.start()
        wait_for(lambda: "line 4" in self.kept(), "the lines")
        with self.loki.lock:
            kept = {entry[3]: entry[1] for entry in self.loki.kept}
        self.assertNotIn("line 3", kept)
        self.assertIn(f'nodename="{socket.gethostname()}"', kept["line 0"])
        self.assertIn('level="notice"', kept["line 0"])
        self.rig.stop(process)


if __name__ == "__main__":
    for peer in (JOURNALD, WRITER):
        if not os.access(peer, os.X_OK):
            sys.exit(missing_peer(peer))
    if os.geteuid() != 0:
        sys.exit(missing_peer("root, for a mount namespace,"))
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable,
                              *sys.argv])
    try:
        enter_namespace()
    except (OSError, subprocess.SubprocessError) as failure:
        sys.exit(missing_peer(f"a mount namespace of its own ({failure})"))
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
