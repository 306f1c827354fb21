"""A machine of its own for commands and configurations as the documents show them, word by word.

The test runs itself again in new namespaces (mounts, network): /etc, /var/log, /var/lib and /run are
its own and empty but for what the documents speak of, all ports are free, and `loki` is a name of
this machine. No root is needed where the kernel gives namespaces to everybody."""
import array
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from pages import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "end_to_end"))
from rig import fetch, missing_peer, wait_for  # noqa: E402

INSIDE = "TAILRACE_DOCS_INSIDE"
OWN_FOLDERS = ["/var/log", "/var/lib", "/run"]
LIFE_SECONDS = 30

CONFIG = """server: {http_listen_address: 127.0.0.1, http_listen_port: 9080}
clients:
- url: http://loki:3100/loki/api/v1/push
positions: {filename: /var/lib/tailrace/positions.yaml}
scrape_configs:
- job_name: app
  static_configs:
  - labels: {job: app, __path__: "/var/log/{app/*.log,*.log,syslog}"}
  pipeline_stages:
  - multiline: {firstline: '^\\d{4}-'}
  - regex: {expression: '^(?P<time>\\S+) (?P<level>\\w+) '}
  - drop: {source: level, value: debug, drop_counter_reason: noise}
  - labels: {level: }
  - timestamp: {source: time, format: RFC3339}
  - metrics: {lines_total: {type: Counter, source: level, config: {action: inc}}}
"""
TYPO = """# The configuration of README.md, with a word that is wrong.
server: {http_listen_port: 9080}
positions: {filename: /var/lib/tailrace/positions.yaml}
clients:
  - url: http://loki:3100/loki/api/v1/push
    batchwiat: 1s
scrape_configs:
  - job_name: system
    static_configs:
      - labels: {job: varlogs, __path__: /var/log/*.log}
"""
LINES = """2026-01-02T03:04:05Z info started
2026-01-02T03:04:06Z debug order 4711
2026-01-02T03:04:07Z error text of the line
2026-01-02T03:04:08Z info text of it
"""


def enter(binary):
    """Runs the test again inside; returns there, with the path of the binary."""
    if os.environ.get(INSIDE):
        network_up()
        return
    flags = ["--mount", "--net"]
    if os.geteuid() != 0:
        flags = ["--user", "--map-root-user", *flags]
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, *flags, "true"], check=False,
                                         capture_output=True).returncode != 0:
        sys.exit(missing_peer("a kernel that gives namespaces"))
    os.environ[INSIDE] = "1"
    os.execv(unshare, [unshare, *flags, sys.executable, os.path.abspath(sys.argv[0]), binary,
                       *sys.argv[1:]])


def network_up():
    """The loopback device; `ip link set lo up` without the program."""
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 1
    with socket.socket() as any_socket:
        request = array.array("B", b"lo".ljust(40, b"\0"))
        fcntl.ioctl(any_socket, siocgifflags, request)
        request[16] |= iff_up
        fcntl.ioctl(any_socket, siocsifflags, request)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


class World:
    """The machine: folders, files, a small Loki on port 3100 and whatever a page starts."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = tempfile.mkdtemp(prefix="tailrace-docs-")
        self.processes = []
        self.own_etc()
        for folder in OWN_FOLDERS:
            mount("-t", "tmpfs", "tmpfs", folder)
        tools = os.path.join(self.folder, "bin")
        os.mkdir(tools)
        os.symlink(binary, os.path.join(tools, "tailrace"))
        self.write(os.path.join(tools, "journalctl"), f"#!/bin/sh\nprintf '%s' '{LINES}'\n")
        os.chmod(os.path.join(tools, "journalctl"), 0o755)
        self.environment = {**os.environ, "PATH": tools + ":" + os.environ["PATH"],
                            "HOME": self.folder, "HOSTNAME": "here", "NO_COLOR": "1"}
        self.clone = ""

    def own_etc(self):
        """Without passwords, keys and services of the machine that the test runs on."""
        etc = os.path.join(self.folder, "etc")
        os.mkdir(etc)
        for name in ["passwd", "group", "ld.so.cache", "localtime", "nsswitch.conf", "ssl",
                     "alternatives"]:
            path = "/etc/" + name
            if os.path.isdir(path):
                shutil.copytree(path, os.path.join(etc, name), symlinks=True,
                                ignore=shutil.ignore_patterns("private"))
            elif os.path.exists(path):
                shutil.copy(path, os.path.join(etc, name))
        self.write(os.path.join(etc, "hosts"), "127.0.0.1 localhost loki here\n")
        self.write(os.path.join(etc, "machine-id"), "0" * 31 + "1\n")
        self.certificate = os.path.join(self.folder, "server")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=here",
                        "-out", self.certificate + ".pem", "-keyout", self.certificate + ".key"],
                       check=True, capture_output=True)
        mount("--bind", etc, "/etc")

    @staticmethod
    def write(path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def fresh(self, files):
        """A machine on which nothing has happened, in a folder that looks like a clone.

        `files`: what a page shows as a file, over what all pages take for granted."""
        for folder in [*OWN_FOLDERS, "/etc/tailrace", "/etc/promtail"]:
            os.makedirs(folder, exist_ok=True)
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        os.makedirs("/var/lib/tailrace")
        for name, end in [("server.pem", ".pem"), ("server.key", ".key"), ("clients-ca.pem", ".pem")]:
            shutil.copy(self.certificate + end, "/etc/tailrace/" + name)
        self.clone = tempfile.mkdtemp(dir=self.folder)
        os.makedirs(os.path.join(self.clone, "build", "release"))
        os.symlink(self.binary, os.path.join(self.clone, "build", "release", "tailrace"))
        os.symlink(os.path.join(ROOT, "docs"), os.path.join(self.clone, "docs"))
        given = {name: CONFIG for name in [
            "config.yaml", "promtail.yaml", "old.yaml", "promtail.old.yaml", "running.yaml",
            "/etc/tailrace/config.yaml", "/etc/promtail.yaml", "/etc/promtail/config.yml"]}
        given["typo.yaml"] = TYPO
        for name in ["new.yaml", "promtail.new.yaml"]:
            given[name] = CONFIG.replace("labels: {level: }", "labels: {severity: level}")
        for name in ["app.log", "/var/log/app/a.log", "/var/log/app.log", "/var/log/syslog"]:
            given[name] = LINES
        for name, text in {**given, **files}.items():
            self.write(os.path.join(self.clone, name), text)
        for command in ["init -q", "add promtail.yaml", "commit -q -m first"]:
            subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@here", *command.split()],
                           cwd=self.clone, env=self.environment, check=True)

    def has(self, program):
        """Whether the shell knows it: a program, or a word of its own."""
        return self.run(f"type {program}")[0] == 0

    def run(self, command, seconds=LIFE_SECONDS):
        """(exit status, standard output and error) of a command that ends by itself."""
        done = subprocess.run(["bash", "-c", "set -o pipefail; " + command], cwd=self.clone,
                              env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds,
                              check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def start(self, command, is_alive):
        """A command that goes on; returns when `is_alive()`, or when it ended."""
        output = open(os.path.join(self.folder, f"output-{len(self.processes)}"), "w+b")
        process = subprocess.Popen(["bash", "-c", "exec " + command], cwd=self.clone,
                                   env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        process.command, process.output = command, output
        self.processes.append(process)
        wait_for(lambda: process.poll() is not None or is_alive(), f"life of {command}",
                 LIFE_SECONDS)
        return process

    def text(self):
        """What was started last has printed so far."""
        with open(self.processes[-1].output.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def start_loki(self):
        return self.start("tailrace receive -listen=127.0.0.1:3100", lambda: listens(3100))

    def stop(self, process):
        """(exit status, what it printed); SIGTERM, where it still runs."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        status = process.wait(LIFE_SECONDS)
        self.processes.remove(process)
        process.output.seek(0)
        text = process.output.read().decode(errors="replace")
        process.output.close()
        return status, text

    def stop_all(self):
        return [(process.command, *self.stop(process)) for process in reversed(self.processes)]

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        os.chdir("/")
        subprocess.run(["umount", "/etc"], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serves(port):
    return fetch(port, "/metrics")[0] == 200
