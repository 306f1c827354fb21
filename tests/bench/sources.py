#!/usr/bin/env python3
"""What each source costs: the same messages into tailrace and, where there is one, into Promtail.

sources.py [--promtail FILE] [--rsyslogd FILE] [--kafka-mock FILE] [--only NAME,...] [--rounds N] TAILRACE

A peer sends as fast as it is taken, or has sent before; Loki is a server that answers 204 to everything.
Printed, as medians: messages and MB per CPU second of the agent alone (its user and system time from the
first message to the last acknowledged one), the same per second of wall time, and its peak RSS. For UDP
the rate is given, and what was lost is asked of the kernel and of the agent. Needs root for docker (a
dockerd) and systemd-journal-remote for journal; what is missing is said."""
import argparse
import gzip
import http.server
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../end_to_end"))
from rig import StandIn, fetch, free_port  # noqa: E402  (where it lies is known only now)

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_SECONDS = 120
TEXT = ('level=info ts=2026-11-22T08:15:30.123456789Z caller=server.go:321 method=GET path=/api/v1/items/{n:07d} '
        'status=200 duration=12.{d:03d}ms bytes={b}')


def text(number):
    return TEXT.format(n=number, d=number * 7919 % 1000, b=number * 104729 % 65536)


class Sink:
    """A Loki that takes everything; `bodies` of requests are kept on demand."""

    def __init__(self):
        sink = self
        self.bodies = None

        class Request(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if sink.bodies is not None:
                    sink.bodies.append(body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Agent:
    """A process of tailrace or Promtail with one job."""

    def __init__(self, binary, sink, job, folder, protocol="", flags=()):
        self.folder = folder
        self.port = free_port()
        path = os.path.join(folder, "agent.yaml")
        with open(path, "w", encoding="utf-8") as file:
            target = "otlp/v1/logs" if protocol else "loki/api/v1/push"
            file.write(f"""server: {{http_listen_address: 127.0.0.1, http_listen_port: {self.port}, grpc_listen_port: 0, log_level: warn}}
clients: [{{url: "http://127.0.0.1:{sink.port}/{target}"{protocol}}}]
positions: {{filename: {folder}/positions.yaml}}
limits_config: {{readline_rate_enabled: false}}
scrape_configs:
- job_name: bench
{job}""")
        self.log = open(os.path.join(folder, "agent.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([binary, f"-config.file={path}", *flags], stdout=self.log,
                                        stderr=self.log, env=dict(os.environ, GOMAXPROCS="2"))
        self.wait(lambda: fetch(self.port, "/metrics")[0] == 200, "the agent")

    def wait(self, condition, what, seconds=PATIENCE_SECONDS):
        end = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                self.log.seek(0)
                raise RuntimeError(f"no {what}: {self.log.read()[-600:]}")
            time.sleep(0.05)

    def metric(self, *beginnings):
        total = 0.0
        for line in fetch(self.port, "/metrics")[1].splitlines():
            if line.startswith(beginnings):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def sent(self):
        return self.metric("promtail_sent_entries_total")

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Bench:
    def __init__(self, options):
        self.options = options
        self.sink = Sink()
        self.folder = tempfile.mkdtemp(prefix="tailrace-bench-")

    def agents(self):
        yield "tailrace", self.options.tailrace
        if self.options.promtail:
            yield "promtail", self.options.promtail

    def run(self, name, count, size, make_job, feed, skip=(), ready=None):
        """Each agent takes `count` messages, `size` bytes in all, from feed(agent)."""
        rows = {}
        for _ in range(self.options.rounds):
            for agent_name, binary in self.agents():
                if agent_name in skip:
                    continue
                folder = tempfile.mkdtemp(dir=self.folder)
                agent = None
                try:
                    before = time.monotonic()
                    agent = Agent(binary, self.sink, make_job(folder, agent_name), folder)
                    if ready:
                        agent.wait(lambda: ready(agent), "source")
                        before = time.monotonic()
                    cpu = agent.cpu() if feed else 0
                    if feed:
                        feed(agent)
                    agent.wait(lambda: agent.sent() >= count, f"{count} entries")
                    rows.setdefault(agent_name, []).append(
                        (agent.cpu() - cpu, time.monotonic() - before, agent.peak(), agent.sent()))
                except RuntimeError as error:
                    print(f"  ! {name} {agent_name}: {error}", flush=True)
                finally:
                    if agent:
                        agent.close()
        for agent_name, row in rows.items():
            cpu, wall, peak, sent = (statistics.median(column) for column in zip(*row))
            print(f"{name:14} {agent_name:9} {count / cpu / 1000:9.1f} k/CPU s {size / cpu / 1e6:8.1f} MB/CPU s "
                  f"{count / wall / 1000:9.1f} k/s {cpu:7.2f} CPU s {peak:7.1f} MB RSS, {sent:.0f} of {count}",
                  flush=True)

    # Sources. What they are asked is written for both agents.

    def syslog_tcp(self, name="syslog-tcp", count=600_000):
        port = free_port()
        frames = []
        for number in range(count):
            message = f"<14>1 2026-11-22T08:15:30.123456Z web1 nginx 4711 ID47 - {text(number)}".encode()
            frames.append(b"%d %s" % (len(message), message))
        stream = b"".join(frames)

        def feed(_agent):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(stream)

        def job(_folder, _agent):
            return (f"  syslog: {{listen_address: '127.0.0.1:{port}', labels: {{job: s}}}}\n"
                    "  relabel_configs:\n"
                    "  - {source_labels: [__syslog_message_hostname], target_label: host}\n")
        self.run(name, count, len(stream), job, feed)
        if self.options.rsyslogd:
            self.rsyslog(count, stream)

    def rsyslog(self, count, stream):
        """rsyslogd takes the same stream and writes the messages to /dev/null."""
        port = free_port()
        path = os.path.join(self.folder, "rsyslog.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""module(load="imtcp") module(load="impstats" interval="1" log.file="{self.folder}/stats" log.syslog="off" resetCounters="off")
input(type="imtcp" address="127.0.0.1" port="{port}")
action(type="omfile" name="out" file="/dev/null")
""")
        process = subprocess.Popen([self.options.rsyslogd, "-n", "-f", path, "-i", f"{self.folder}/pid"],
                                   stderr=subprocess.DEVNULL)

        def cpu():
            with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(") ", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / TICKS
        time.sleep(1)
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(stream)
        done = 0
        while done < count and time.monotonic() < begun + PATIENCE_SECONDS:
            time.sleep(0.2)
            with open(f"{self.folder}/stats", encoding="utf-8") as file:
                lines = [line for line in file if " out: " in line]
            if lines:
                done = int(lines[-1].split("processed=")[1].split()[0])
        print(f"{'syslog-tcp':14} {'rsyslogd':9} {count / cpu() / 1000:9.1f} k/CPU s "
              f"{len(stream) / cpu() / 1e6:8.1f} MB/CPU s, to /dev/null, {done} of {count}", flush=True)
        process.terminate()
        process.wait()

    def udp(self, name, make_job, messages, rate, seconds, lost):
        """Sends at a rate and says what came."""
        for agent_name, binary in self.agents():
            folder = tempfile.mkdtemp(dir=self.folder)
            port = free_port()
            agent = Agent(binary, self.sink, make_job(port), folder)
            cpu = agent.cpu()
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sender.connect(("127.0.0.1", port))
            begun, number, refused = time.monotonic(), 0, 0
            while number < rate * seconds:
                due = int((time.monotonic() - begun) * rate)
                while number < min(due, rate * seconds):
                    try:
                        sender.send(messages[number % len(messages)])
                    except ConnectionRefusedError:
                        refused += 1
                    number += 1
                time.sleep(0.0005)
            took = time.monotonic() - begun
            settled = -1
            while settled != agent.sent():
                settled = agent.sent()
                time.sleep(2.5)
            with open("/proc/net/udp", encoding="utf-8") as file:
                drops = sum(int(line.split()[-1]) for line in file if f":{port:04X} " in line.split(" rem")[0][:26])
            print(f"{name:14} {agent_name:9} {number / took / 1000:9.1f} k/s sent, {number - settled:.0f} of {number} lost; "
                  f"kernel says {drops}, its metric {agent.metric(*lost):.0f}; {settled / (agent.cpu() - cpu) / 1000:.1f} k/CPU s, "
                  f"{agent.peak():.1f} MB RSS", flush=True)
            agent.close()

    def syslog_udp(self):
        messages = [f"<14>1 2026-11-22T08:15:30.123456Z web1 nginx 4711 ID47 - {text(n)}".encode() for n in range(5000)]
        for rate in self.options.udp_rates:
            self.udp("syslog-udp", lambda port: f"  syslog: {{listen_address: '127.0.0.1:{port}', listen_protocol: udp, "
                     "labels: {job: s}}\n", messages, rate, 5, ("tailrace_syslog_kernel_drops_total",))

    def gelf_udp(self):
        messages = [json.dumps({"version": "1.1", "host": "web1", "short_message": text(n), "level": 6,
                                "_app": "nginx"}).encode() for n in range(5000)]
        for rate in self.options.udp_rates[:2]:
            self.udp("gelf-udp", lambda port: f"  gelf: {{listen_address: '127.0.0.1:{port}', labels: {{job: g}}}}\n",
                     messages, rate, 5, ("tailrace_gelf_kernel_drops_total", "tailrace_udp_kernel_drops_total"))

    def kill(self, rate=5000, kills=10):
        """What kill -9 costs a source without acknowledgement: as time of a steady stream."""
        for kind, wire in (("syslog", socket.SOCK_STREAM), ("gelf", socket.SOCK_DGRAM)):
            lost_ms = []
            for _ in range(kills):
                loki, folder, port = StandIn(), tempfile.mkdtemp(dir=self.folder), free_port()
                agent = Agent(self.options.tailrace, loki,
                              f"  {kind}: {{listen_address: '127.0.0.1:{port}', labels: {{job: k}}}}\n", folder)
                peer = socket.socket(socket.AF_INET, wire)
                peer.connect(("127.0.0.1", port))
                begun, number = time.monotonic(), 0
                end = 2.5 + 1.0 * len(lost_ms) / kills  # Anywhere between two cuts.
                while time.monotonic() - begun < end:
                    while number < (time.monotonic() - begun) * rate:
                        line = f"line {number}"
                        peer.sendall(f"<13>1 - host a - - - {line}\n".encode() if kind == "syslog" else
                                     json.dumps({"version": "1.1", "host": "h", "short_message": line}).encode())
                        number += 1
                    time.sleep(0.001)
                agent.process.kill()
                agent.process.wait()
                agent.log.close()
                # What was cut goes out at the next start.
                peer.close()
                again = Agent(self.options.tailrace, loki,
                              f"  {kind}: {{listen_address: '127.0.0.1:{port}', labels: {{job: k}}}}\n", folder)
                time.sleep(2)
                again.close()
                lost_ms.append((number - len(set(loki.lines()))) / rate * 1000)
                loki.stop()
            print(f"{kind + ' kill -9':14} tailrace  {rate}/s, batchwait 1s: lost as ms of the stream: "
                  f"median {statistics.median(lost_ms):.0f}, most {max(lost_ms):.0f} of {kills} kills", flush=True)

    def captured(self, count, protocol=""):
        """Bodies that a client of tailrace would send."""
        folder = tempfile.mkdtemp(dir=self.folder)
        with open(os.path.join(folder, "a.log"), "w", encoding="utf-8") as file:
            for number in range(count):
                file.write(text(number) + "\n")
        self.sink.bodies = []
        agent = Agent(self.options.tailrace, self.sink,
                      f"  static_configs: [{{labels: {{job: x, __path__: {folder}/a.log}}}}]\n", folder, protocol)
        agent.wait(lambda: agent.sent() >= count, "bodies")
        agent.close()
        bodies, self.sink.bodies = self.sink.bodies, None
        return bodies, os.path.getsize(os.path.join(folder, "a.log"))

    def post(self, port, path, bodies, headers):
        """One connection; what is answered by 503 goes again."""
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for body in bodies:
            while True:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                words = answer.read()
                if answer.status in (200, 204):
                    break
                if answer.status not in (429, 503):
                    raise RuntimeError(f"{answer.status}: {words[:200]}")
                time.sleep(0.05)

    def server_job(self, kind, port, more=""):
        return (f"  {kind}:\n    server: {{http_listen_address: 127.0.0.1, http_listen_port: {port}, "
                f"grpc_listen_port: 0}}\n    labels: {{job: p}}\n{more}")

    def push(self, name="push", count=500_000):
        bodies, size = self.captured(count)
        port = free_port()
        self.run(name, count, size,
                 lambda *_: self.server_job("loki_push_api", port, "    use_incoming_timestamp: true\n"),
                 lambda _: self.post(port, "/loki/api/v1/push", bodies, {"Content-Type": "application/x-protobuf"}),
                 ready=lambda _: listens(port))

    def push_json(self, count=300_000):
        bodies, size = [], 0
        for first in range(0, count, 5000):
            lines = [text(n) for n in range(first, first + 5000)]
            size += sum(map(len, lines)) + len(lines)
            values = [[str(1_790_000_000_000_000_000 + first + i), line] for i, line in enumerate(lines)]
            bodies.append(gzip.compress(json.dumps({"streams": [{"stream": {"job": "x"}, "values": values}]}).encode(), 1))
        port = free_port()
        self.run("push-json-gz", count, size,
                 lambda *_: self.server_job("loki_push_api", port, "    use_incoming_timestamp: true\n"),
                 lambda _: self.post(port, "/loki/api/v1/push", bodies,
                                     {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
                 ready=lambda _: listens(port))

    def otlp(self, count=500_000):
        bodies, size = self.captured(count, ", tailrace: {protocol: otlp}")
        port = free_port()
        self.run("otlp", count, size,
                 lambda *_: "  tailrace:\n    otlp:\n      server: {http_listen_address: 127.0.0.1, "
                            f"http_listen_port: {port}}}\n      labels: {{job: o}}\n",
                 lambda _: self.post(port, "/v1/logs", bodies, {"Content-Type": "application/x-protobuf",
                                                                "Content-Encoding": "gzip"}),
                 skip=("promtail",), ready=lambda _: listens(port))

    def journal(self, count=400_000):
        remote = "/lib/systemd/systemd-journal-remote"
        if not os.path.exists(remote):
            print("journal: no systemd-journal-remote")
            return
        folder = os.path.join(self.folder, "journal")
        os.mkdir(folder)
        now = int(time.time() * 1e6) - count
        writer = subprocess.Popen([remote, "-o", f"{folder}/system.journal", "--split-mode=none",
                                   "--compress=no", "-"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        size = 0
        for number in range(count):
            entry = (f"__REALTIME_TIMESTAMP={now + number}\n__MONOTONIC_TIMESTAMP={number + 1}\n"
                     "_BOOT_ID=0123456789abcdef0123456789abcdef\n_MACHINE_ID=0123456789abcdef0123456789abcdef\n"
                     f"_HOSTNAME=web1\n_SYSTEMD_UNIT=nginx.service\n_PID=4711\n_UID=33\n_COMM=nginx\nPRIORITY=6\n"
                     "_TRANSPORT=stdout\nSYSLOG_IDENTIFIER=nginx\nSYSLOG_FACILITY=3\n_SYSTEMD_CGROUP=/system.slice/nginx.service\n"
                     f"_CMDLINE=nginx: worker process\n_EXE=/usr/sbin/nginx\nMESSAGE={text(number)}\n\n").encode()
            size += len(text(number))
            writer.stdin.write(entry)
        writer.stdin.close()
        writer.wait()
        self.run("journal", count, size,
                 lambda *_: f"  journal: {{path: {folder}, max_age: 12h, labels: {{job: j}}}}\n  relabel_configs:\n"
                            "  - {source_labels: [__journal__systemd_unit], target_label: unit}\n"
                            "  - {source_labels: [__journal_priority_keyword], target_label: level}\n", None)

    def docker(self, count=300_000):
        if os.geteuid() != 0 or not shutil.which("dockerd"):
            print("docker: no dockerd, or not root")
            return
        from docker_test import Daemon
        folder = os.path.join(self.folder, "docker")
        os.mkdir(folder)
        daemon = Daemon(folder)
        daemon.start()
        try:
            daemon.make_image()
            daemon.run("run", "-d", "--network=none", "--name", "talker", "talker", "/talker", str(count), "0", "100", "0")
            daemon.run("wait", "talker")
            # A container that stands still is not read: one that sleeps after its lines is.
            daemon.run("rm", "talker")
            daemon.run("run", "-d", "--network=none", "--name", "talker", "talker", "/talker", str(count + 1),
                       "3600000000", str(count), "0")
            whole = count + (count + 2) // 3
            deadline = time.monotonic() + PATIENCE_SECONDS
            while daemon.get("/containers/talker/logs?stdout=1&tail=1").find(f"out {count - 1} ".encode()) < 0:
                if time.monotonic() > deadline:
                    raise RuntimeError("the container did not write")
                time.sleep(0.5)
            self.run("docker", whole, whole * 24,
                     lambda *_: f"  docker_sd_configs: [{{host: 'unix://{daemon.socket}', refresh_interval: 1s}}]\n"
                                "  relabel_configs:\n"
                                "  - {source_labels: [__meta_docker_container_name], target_label: container}\n"
                                "  - {source_labels: [__meta_docker_container_log_stream], target_label: stream}\n", None)
        finally:
            daemon.close()

    def kafka(self, count=120_000):
        if not self.options.kafka_mock:
            print("kafka: no --kafka-mock")
            return
        mock = subprocess.Popen([self.options.kafka_mock, "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        brokers = mock.stdout.readline().strip()

        def tell(command):
            mock.stdin.write(command + "\n")
            mock.stdin.flush()
            return mock.stdout.readline()
        tell("topic logs 4")
        tell(f"produce logs 4 0 {count} 150")
        self.number = 0

        def job(*_):
            self.number += 1
            listed = ", ".join(f"'{b}'" for b in brokers.split(","))
            return (f"  kafka: {{brokers: [{listed}], topics: [logs], group_id: g{self.number}, version: 2.2.1, labels: {{job: k}}}}\n"
                    "  relabel_configs:\n  - {source_labels: [__meta_kafka_topic], target_label: topic}\n")
        try:
            self.run("kafka", count, count * 150, job, None)
        finally:
            mock.stdin.close()
            mock.wait()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tailrace")
    parser.add_argument("--promtail")
    parser.add_argument("--rsyslogd")
    parser.add_argument("--kafka-mock")
    parser.add_argument("--only", default="syslog_tcp,syslog_udp,gelf_udp,kill,push,push_json,otlp,journal,docker,kafka")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--udp-rates", type=lambda text: [int(part) for part in text.split(",")],
                        default=[20_000, 50_000, 100_000, 200_000])
    bench = Bench(parser.parse_args())
    try:
        for name in bench.options.only.split(","):
            getattr(bench, name)()
    finally:
        shutil.rmtree(bench.folder)


if __name__ == "__main__":
    main()
