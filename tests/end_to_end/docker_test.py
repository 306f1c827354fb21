#!/usr/bin/env python3
"""Reads containers of a real dockerd, which the test starts: docker_test.py PATH-OF-TAILRACE

Needs root, dockerd, the docker command and a C compiler that links statically; without them all is
skipped, and it says so (exit status 77)."""
import collections
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

from rig import Rig, StandIn, missing_peer, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(HERE, "../../docs/sources/examples/docker.yaml")
MINUTE = 60


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Daemon:
    """A dockerd with data of its own, without a network."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = os.path.join(folder, "docker.sock")
        self.process = None
        self.options = []
        self.log = open(os.path.join(folder, "dockerd.log"), "ab")

    def start(self):
        command = ["dockerd", "--data-root", f"{self.folder}/docker", "--exec-root",
                   f"{self.folder}/exec", "--pidfile", f"{self.folder}/docker.pid", "-H",
                   f"unix://{self.socket}", "--iptables=false", "--ip6tables=false",
                   "--bridge=none", "--log-level=warn", "--shutdown-timeout=5"]
        self.process = subprocess.Popen(command + self.options, stdout=self.log, stderr=self.log)

        def answers():
            if self.process.poll() is not None:
                raise unittest.SkipTest("dockerd does not run here: " + self.last_words())
            try:
                return self.get("/_ping") == b"OK"
            except OSError:
                return False
        wait_for(answers, "dockerd", MINUTE)

    def last_words(self):
        with open(f"{self.folder}/dockerd.log", encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-3:])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(MINUTE)
        self.process = None

    def get(self, path):
        connection = UnixConnection(self.socket)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def run(self, *arguments):
        done = subprocess.run(["docker", "-H", f"unix://{self.socket}", *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              timeout=2 * MINUTE)
        if done.returncode != 0:
            raise AssertionError(f"docker {arguments}: {done.stderr.decode()}")
        return done.stdout.decode().strip()

    def make_image(self):
        root = os.path.join(self.folder, "root")
        os.mkdir(root)
        subprocess.run(["cc", "-static", "-O1", "-o", f"{root}/talker",
                        os.path.join(HERE, "docker_talker.c")], check=True)
        archive = os.path.join(self.folder, "image.tar")
        subprocess.run(["tar", "-C", root, "-cf", archive, "talker"], check=True)
        self.run("import", archive, "talker")

    def truth(self, container):
        """What Docker has of it: (stream, line)."""
        tty = json.loads(self.get(f"/containers/{container}/json"))["Config"]["Tty"]
        log = self.get(f"/containers/{container}/logs?stdout=1&stderr=1&timestamps=1")
        if tty:
            return [("stdout", line) for raw in raw_lines(log.decode())
                    for line in apart(raw.split(" ", 1)[1].rstrip("\r"))]
        lines, parts, at = [], {}, 0
        while at < len(log):
            stream = {1: "stdout", 2: "stderr"}[log[at]]
            size = int.from_bytes(log[at + 4:at + 8], "big")
            stamp, text = log[at + 8:at + 8 + size].decode().split(" ", 1)
            at += 8 + size
            before, joined = parts.pop(stream, (stamp, ""))
            if before != stamp:  # Unterminated, of the run before.
                lines.append((stream, joined))
                joined = ""
            if text.endswith("\n"):
                lines.append((stream, (joined + text).rstrip("\r\n")))
            else:
                parts[stream] = (stamp, joined + text)
        return lines + [(stream, text) for stream, (_, text) in parts.items()]

    def close(self):
        if self.process is not None:
            for name in self.run("ps", "-q").split():
                self.run("kill", name)
            self.stop()
        subprocess.run(f"grep -o '{self.folder}[^ ]*' /proc/self/mountinfo | xargs -r umount -l",
                       shell=True, check=False, stderr=subprocess.DEVNULL)
        self.log.close()


def apart(line):
    """A terminal's last words of a run and what the next run wrote first: nothing separates them but
    the time, so that they are one line or two, as they were read."""
    return re.split(r"(?<=without a newline)[-0-9]{10}T[:.0-9]{18}Z ", line)


def raw_lines(text):
    """Of a terminal: a line's parts of 16 KiB each have a time in front."""
    lines = []
    for line in text.split("\n"):
        if not line:
            continue
        stamp = line[:31]
        rest, joined = line[31:], ""
        while len(rest) > 16384 and rest[16384:16415] == stamp:
            joined, rest = joined + rest[:16384], rest[16415:]
        lines.append(stamp + joined + rest)
    return lines


class OnceLoki(StandIn):
    """Knows a request that comes again byte for byte, as Loki knows its lines."""

    def __init__(self):
        self.known = set()
        self.repeated = 0
        super().__init__()

    def take(self, tenant, entries, arrived):
        with self.lock:
            key = hash(tuple(entries))
            if key in self.known:
                self.repeated += 1
                return 204
            self.known.add(key)
        return super().take(tenant, entries, arrived)


class Docker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Rig(BINARY)
        cls.daemon = Daemon(cls.home.folder)
        cls.daemon.start()
        cls.daemon.make_image()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.close()
        cls.home.close()

    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = OnceLoki()

    def tearDown(self):
        for container in self.daemon.run("ps", "-aq").split():
            self.daemon.run("rm", "-f", container)
        self.loki.stop()
        self.rig.close()

    def report(self, text):
        print(f"  {self.id().rsplit('.', 1)[1]}: {text}", flush=True)

    def start(self):
        """Returns once it has seen which containers stand still: those are not read."""
        process = self.rig.start()
        wait_for(lambda: self.rig.metric("promtail_build_info"), "us")
        time.sleep(2)
        return process

    def config(self, rules="", entry=""):
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(f"""server: {{http_listen_address: 127.0.0.1, http_listen_port: {self.rig.port}}}
clients: [{{url: "{self.loki.url()}", batchwait: 100ms, batchsize: 50000}}]
positions: {{filename: {self.rig.state}/positions.yaml, sync_period: 200ms}}
scrape_configs:
- job_name: docker
  docker_sd_configs:
  - host: unix://{self.daemon.socket}
{entry}
  relabel_configs:
  - {{source_labels: [__meta_docker_container_name], regex: "/(.*)", target_label: container}}
  - {{source_labels: [__meta_docker_container_log_stream], target_label: stream}}
{rules}""")

    def talk(self, name, count, pause_us=1000, burst=20, long=0, options=(),
             network="none"):
        return self.daemon.run("run", "-d", f"--network={network}", "--name", name, *options,
                               "talker", "/talker", str(count), str(pause_us), str(burst),
                               str(long))

    def got(self):
        """(container, stream, line): how often"""
        count = collections.Counter()
        with self.loki.lock:
            for _, labels, _, line, _ in self.loki.kept:
                pairs = dict(part.split("=", 1) for part in labels.strip("{}").split(", "))
                for part in apart(line):
                    count[(pairs["container"].strip('"'), pairs["stream"].strip('"'), part)] += 1
        return count

    def wanted(self, names):
        count = collections.Counter()
        for name in names:
            for stream, line in self.daemon.truth(name):
                count[(name, stream, line)] += 1
        return count

    def expect_all_once(self, names, wanted=None):
        wanted = wanted or self.wanted(names)
        try:
            wait_for(lambda: sum(self.got().values()) >= sum(wanted.values()), "the lines", MINUTE)
        except AssertionError:
            pass
        time.sleep(1)
        got = self.got()
        lost, twice = wanted - got, got - wanted
        self.report(f"{sum(wanted.values())} lines, lost {sum(lost.values())}, "
                    f"twice {sum(twice.values())}, requests repeated {self.loki.repeated}")
        short = lambda count: [(*key[:2], key[2][:60], times) for key, times in count.items()][:5]
        self.assertEqual((short(lost), short(twice)), ([], []), self.rig.log()[-3000:])

    def wait_for_lines(self, count):
        wait_for(lambda: len(self.loki.lines()) >= count, f"{count} lines", MINUTE)

    def wait_until_done(self, names):
        def done():
            return all(not json.loads(self.daemon.get(f"/containers/{name}/json"))["State"]["Running"]
                       for name in names)
        wait_for(done, "the containers' end", 3 * MINUTE)

    def test_each_line_of_each_kind_of_container(self):
        self.config()
        process = self.start()
        self.talk("plain", 3000)
        self.talk("terminal", 3000, options=["-t"])
        self.talk("long", 400, long=5)
        self.talk("long-terminal", 400, long=5, options=["-t"])
        self.talk("hosts", 100, network="host")
        self.talk("local", 3000, long=500, options=["--log-driver=local"])
        names = ["plain", "terminal", "long", "long-terminal", "hosts", "local"]
        self.wait_until_done(names)
        self.expect_all_once(names)
        self.rig.stop(process)

    def test_our_restarts_in_mid_stream(self):
        self.config()
        process = self.start()
        names = ["first", "second", "third"]
        self.talk("first", 20000, long=300)
        self.talk("second", 20000, long=300, options=["-t"])
        self.talk("third", 20000, burst=1, pause_us=200)
        for turn in range(6):
            self.wait_for_lines(len(self.loki.lines()) + 2000)
            if turn % 2 == 0:
                process.kill()
                process.wait()
            else:
                self.rig.stop(process)
            process = self.rig.start()
        self.wait_until_done(names)
        self.expect_all_once(names)
        self.rig.stop(process)

    def test_restarts_of_the_container(self):
        self.config()
        process = self.start()
        names = ["first", "second"]
        self.talk("first", 1000000, long=300)
        self.talk("second", 1000000, options=["-t"])
        for turn in range(4):
            self.wait_for_lines(len(self.loki.lines()) + 2000)
            self.daemon.run("restart" if turn != 2 else "stop", "-t", "5", *names)
            if turn == 2:
                time.sleep(3)
                self.daemon.run("start", *names)
        self.wait_for_lines(len(self.loki.lines()) + 2000)
        # The last run begins and ends while nobody reads.
        process.kill()
        process.wait()
        self.daemon.run("restart", "-t", "5", "first")
        self.daemon.run("stop", "-t", "5", *names)
        process = self.rig.start()
        self.expect_all_once(names)
        self.rig.stop(process)

    def restart_daemon(self, how):
        """Both in mid-stream; the containers run on, or are started by hand."""
        self.config()
        process = self.start()
        self.talk("first", 1000000, long=300, burst=5)
        self.talk("second", 1000000, options=["-t"], burst=5)
        for _ in range(3):
            self.wait_for_lines(len(self.loki.lines()) + 1000)
            self.daemon.stop(how)
            self.daemon.start()
            self.daemon.run("start", "first", "second")
        self.wait_for_lines(len(self.loki.lines()) + 1000)
        self.daemon.run("stop", "-t", "5", "first", "second")
        self.expect_all_once(["first", "second"])
        self.rig.stop(process)

    def test_restarts_of_dockerd(self):
        self.restart_daemon(signal.SIGTERM)

    def test_restarts_of_dockerd_while_containers_live_on(self):
        self.daemon.stop()
        self.daemon.options = ["--live-restore"]
        self.daemon.start()
        try:
            self.restart_daemon(signal.SIGTERM)
        finally:
            self.daemon.stop()
            self.daemon.options = []
            self.daemon.start()

    def test_a_short_life_is_read_to_its_end(self):
        self.config()
        process = self.start()
        names = [f"short{number}" for number in range(10)]
        for name in names:
            self.talk(name, 50, pause_us=0)
        self.expect_all_once(names)
        wanted = self.got()
        self.talk("gone", 2000)
        self.wait_for_lines(sum(wanted.values()) + 1000)
        self.wait_until_done(["gone"])
        wanted += self.wanted(["gone"])
        self.daemon.run("rm", "gone")
        self.expect_all_once([], wanted)
        self.rig.stop(process)

    def test_rules_drop_containers_and_streams(self):
        self.config(rules="""  - {source_labels: [container], regex: "quiet.*", action: drop}
  - {source_labels: [container, stream], regex: "half;stderr", action: drop}""")
        process = self.start()
        for name in ["quiet", "half", "all"]:
            self.talk(name, 300)
        self.wait_until_done(["quiet", "half", "all"])
        wanted = self.wanted(["half", "all"])
        for key in [key for key in wanted if key[:2] == ("half", "stderr")]:
            del wanted[key]
        self.expect_all_once([], wanted)
        self.rig.stop(process)

    def test_the_example_works(self):
        with open(EXAMPLE, encoding="utf-8") as file:
            text = file.read()
        for old, new in [("http://loki:3100/loki/api/v1/push", self.loki.url()),
                         ("/var/lib/tailrace", self.rig.state),
                         ("/var/run/docker.sock", self.daemon.socket),
                         ("http_listen_port: 9080", f"http_listen_port: {self.rig.port}")]:
            self.assertIn(old, text)
            text = text.replace(old, new)
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(text)
        process = self.start()
        self.talk("web", 300, options=["--label", "com.docker.compose.service=front"])
        wait_for(lambda: len(self.loki.lines()) >= 401, "lines")
        labels = {entry[1] for entry in self.loki.kept}
        self.assertEqual(labels, {'{container="web", service="front", stream="stdout"}',
                                  '{container="web", service="front", stream="stderr"}'})
        self.rig.stop(process)


def find_peers():
    for program in ["dockerd", "docker", "cc"]:
        if shutil.which(program) is None:
            return program
    return None if os.geteuid() == 0 else "root's rights"


if __name__ == "__main__":
    MISSING = find_peers()
    if MISSING:
        sys.exit(missing_peer(f"{MISSING}, for dockerd and its containers,"))
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
