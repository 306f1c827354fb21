#!/usr/bin/env python3
"""What is pushed to tailrace by HTTP, counted on both ends: push_test.py PATH-OF-TAILRACE

Senders that come again until they are answered, a real Promtail (where there is one, or where
TAILRACE_PROMTAIL says), restarts and kill -9 in mid-stream, no room, hostile peers. The
configurations are those of docs/sources/examples."""
import base64
import collections
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import rig as rigs
from rig import Rig, StandIn, free_port, wait_for

BINARY = os.path.abspath(sys.argv.pop(1))
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/sources/examples")
PROMTAIL = os.environ.get("PROMTAIL") or shutil.which("promtail")


def post(port, path, body, headers=None, timeout=10):
    """(status, answer); 0: no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


class Sender(threading.Thread):
    """Sends request after request, each until it is answered, on one connection as long as it holds."""

    def __init__(self, port, make, requests, headers=None, path="/loki/api/v1/push"):
        super().__init__(daemon=True)
        self.port, self.make, self.requests, self.path = port, make, requests, path
        self.headers = headers or {"Content-Type": "application/json"}
        self.lines = []
        self.sent = self.repeats = 0
        self.statuses = collections.Counter()
        self.start()

    def run(self):
        connection = None
        for number in range(self.requests):
            body, lines = self.make(number)
            self.lines += lines
            while True:
                try:
                    if connection is None:
                        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                    connection.request("POST", self.path, body, self.headers)
                    answer = connection.getresponse()
                    answer.read()
                    self.statuses[answer.status] += 1
                    if answer.status < 300:
                        break
                except (OSError, http.client.HTTPException):
                    self.statuses[0] += 1
                    if connection is not None:
                        connection.close()
                    connection = None
                self.repeats += 1
                time.sleep(0.02)
            self.sent += 1
        connection.close()


def push_body(name, number, count=20, streams=3):
    """A request in JSON with lines that say where they are from."""
    begin = time.time_ns()
    lines = [f"{name} {number} {i} {'x' * 80}" for i in range(count)]
    listed = [{"stream": {"app": f"{name}-{s}"},
               "values": [[str(begin + i), line] for i, line in enumerate(lines)
                          if i % streams == s]} for s in range(streams)]
    return json.dumps({"streams": listed}).encode(), lines


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def otlp_body(name, number, count=20):
    lines = [f"{name} {number} {i}" for i in range(count)]
    records = b""
    for line in lines:
        stamp = b"\x09" + time.time_ns().to_bytes(8, "little")
        records += field(2, stamp + field(5, field(1, line.encode())))
    resource = field(1, field(1, b"service.name") + field(2, field(1, name.encode())))
    return gzip.compress(field(1, field(1, resource) + field(2, records))), lines


def heroku_body(name, number, count=20):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    lines = [f"{name} {number} {i}" for i in range(count)]
    body = ""
    for line in lines:
        frame = f"<190>1 {stamp}.{time.time_ns() % 1000000:06}+00:00 host app web.1 - {line}\n"
        body += f"{len(frame)} {frame}"
    return body.encode(), [line + "\n" for line in lines]


def gcp_body(name, number):
    line = f"{name} {number}"
    entry = {"logName": "projects/p/logs/l", "severity": "INFO", "textPayload": line,
             "resource": {"type": "gce_instance", "labels": {"instanceId": "i-1"}},
             "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    data = base64.b64encode(json.dumps(entry).encode()).decode()
    return json.dumps({"message": {"data": data, "messageId": f"{name}-{number}"},
                       "subscription": "projects/p/subscriptions/s"}).encode(), [line]


class Push(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()
        self.push_port = free_port()

    def tearDown(self):
        failed = any(error for _, error in self._outcome.errors) if hasattr(
            self._outcome, "errors") else False
        if failed:
            print(self.rig.log()[-4000:], file=sys.stderr)
        self.rig.close()
        self.loki.stop()

    def report(self, text):
        print(f"  {self.id().rsplit('.', 1)[1]}: {text}", flush=True)

    def example(self, name, port, replaced=(), options=""):
        """The example of the documentation, with ports and places of this test."""
        with open(os.path.join(EXAMPLES, name + ".yaml"), encoding="utf-8") as file:
            text = file.read()
        blanks = " " * text.split(f"http_listen_port: {port}")[0][::-1].index("\n")
        for before, after in (("http_listen_port: 9080", f"http_listen_port: {self.rig.port}"),
                              (f"http_listen_port: {port}",
                               f"http_listen_port: {self.push_port}\n{blanks}"
                               "http_listen_address: 127.0.0.1"),
                              ("http://loki:3100/loki/api/v1/push", self.loki.url()),
                              ("/var/lib/tailrace/positions.yaml",
                               f"{self.rig.state}/positions.yaml"), *replaced):
            self.assertIn(before, text)
            text = text.replace(before, after)
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(text + options)

    def start(self):
        # A sender that connects while nobody listens may get that very port as its own end: then it
        # is in use for a moment.
        for _ in range(5):
            process = self.rig.start()
            wait_for(lambda started=process: self.listens() or started.poll() is not None,
                     "the push port")
            if process.poll() is None:
                return process
            time.sleep(1)
        return self.fail(self.rig.log())

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.push_port)) == 0

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def assert_once(self, lines):
        """Each line is in Loki, once: of an identical entry Loki keeps one."""
        # To look at every line takes the time that the stand-in needs to take them.
        wait_for(lambda: len(self.loki.kept) >= len(lines) and set(lines) <= set(self.loki.lines()), "all lines", 180)
        with self.loki.lock:
            entries = {entry[:4] for entry in self.loki.kept}
        counted = collections.Counter(entry[3] for entry in entries)
        lost = set(lines) - set(counted)
        twice = [line for line in lines if counted[line] > 1]
        self.assertEqual((len(lost), len(twice)), (0, 0), (list(lost)[:3], twice[:3]))

    def kill_in_mid_stream(self, senders, kills=5):
        process = self.start()
        running = [sender() for sender in senders]
        repeated = 'tailrace_push_requests_total{job="push",result="repeated"}'
        recognised = 0
        for number in range(kills):
            aim = (number + 1) * sum(s.requests for s in running) // (kills + 2)
            wait_for(lambda: sum(s.sent for s in running) >= aim, "some requests", 60)
            recognised += self.rig.metric(repeated)
            self.kill(process)
            process = self.start()
        for sender in running:
            sender.join(120)
            self.assertFalse(sender.is_alive())
        lines = [line for sender in running for line in sender.lines]
        self.assert_once(lines)
        repeats = sum(s.repeats for s in running)
        recognised += self.rig.metric(repeated)
        self.report(f"{len(lines)} lines, {kills} kills, {repeats} attempts in vain, "
                    f"{recognised:.0f} requests recognised: lost 0, twice 0")
        self.rig.stop(process)

    def test_kill_with_incoming_times(self):
        self.example("push-api", 3500)
        self.kill_in_mid_stream([lambda n=n: Sender(self.push_port,
                                                    lambda i: push_body(f"s{n}", i), 300)
                                 for n in range(3)])

    def test_kill_with_our_times(self):
        self.example("push-api", 3500,
                     [("use_incoming_timestamp: true", "use_incoming_timestamp: false")])
        self.kill_in_mid_stream([lambda n=n: Sender(self.push_port,
                                                    lambda i: push_body(f"s{n}", i), 300)
                                 for n in range(3)])

    def test_kill_in_large_requests(self):
        """Of each request a part was cut when it is sent again."""
        self.example("push-api", 3500,
                     [("use_incoming_timestamp: true", "use_incoming_timestamp: false")])
        self.kill_in_mid_stream([lambda: Sender(self.push_port,
                                                lambda i: push_body("big", i, 20000), 8)])

    def test_stop_and_reload_in_mid_stream(self):
        self.example("push-api", 3500)
        process = self.start()
        senders = [Sender(self.push_port, lambda i, n=n: push_body(f"s{n}", i), 300)
                   for n in range(3)]
        for turn in range(3):
            wait_for(lambda: sum(s.sent for s in senders) >= (turn + 1) * 200, "some requests", 60)
            if turn == 1:
                # Another label: the input is another, on the same port.
                with open(self.rig.path, encoding="utf-8") as file:
                    text = file.read()
                with open(self.rig.path, "w", encoding="utf-8") as file:
                    file.write(text.replace("labels: {", "labels: {more: yes_, "))
                self.rig.reload(process)
            else:
                self.rig.stop(process)
                process = self.start()
        for sender in senders:
            sender.join(120)
        self.assert_once([line for sender in senders for line in sender.lines])
        statuses = sum((s.statuses for s in senders), collections.Counter())
        self.report(f"answers: {dict(statuses)}")
        self.rig.stop(process)

    @unittest.skipUnless(PROMTAIL or os.environ.get("TAILRACE_REQUIRE_PEERS"),
                         "skipped: promtail not found")
    def test_a_real_promtail(self):
        self.assertTrue(PROMTAIL, "promtail not found, and TAILRACE_REQUIRE_PEERS is set")
        self.example("push-api", 3500)
        process = self.start()
        config = os.path.join(self.rig.folder, "promtail.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""server: {{http_listen_port: {free_port()}, grpc_listen_port: 0}}
positions: {{filename: {self.rig.folder}/promtail-positions.yaml}}
clients: [{{url: "http://127.0.0.1:{self.push_port}/loki/api/v1/push", batchwait: 100ms,
            batchsize: 20000, backoff_config: {{min_period: 50ms, max_period: 200ms}}}}]
scrape_configs:
- job_name: app
  static_configs: [{{labels: {{job: app, __path__: "{self.rig.logs}/*.log"}}}}]
""")
        promtail = subprocess.Popen([PROMTAIL, f"-config.file={config}"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.rig.processes.append(promtail)
        lines = []
        for turn in range(30):
            more = [f"promtail {turn} {i} {'y' * 60}" for i in range(1000)]
            lines += more
            self.rig.append("\n".join(more) + "\n")
            time.sleep(0.1)
            if turn % 10 == 5:
                self.kill(process)
                process = self.start()
        self.assert_once(lines)
        with self.loki.lock:
            labels = {entry[1] for entry in self.loki.kept}
        self.assertTrue(all('filename="' in one and 'pushed_by="agents"' in one for one in labels),
                        labels)
        self.report(f"{len(lines)} lines, 3 kills: lost 0, twice 0")
        self.rig.stop(process)

    def test_no_room(self):
        self.example("push-api", 3500, options="tailrace: {outbox: {size: 1MB}}\n")
        self.loki.answer = lambda tenant, entries: 500
        process = self.start()
        statuses = collections.Counter()
        lines = []
        number = 0
        while statuses[503] < 3:
            body, more = push_body("full", number, 2000)
            status, _ = post(self.push_port, "/loki/api/v1/push", body,
                             {"Content-Type": "application/json"}, timeout=30)
            statuses[status] += 1
            self.assertIn(status, (204, 503))
            if status == 204:
                lines += more
                number += 1
            self.assertLess(number, 500)
        # Before the body: not a byte of it is sent.
        with socket.create_connection(("127.0.0.1", self.push_port), timeout=10) as sender:
            sender.sendall(b"POST /loki/api/v1/push HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n"
                           b"Content-Type: application/json\r\n\r\n")
            self.assertTrue(sender.recv(1000).startswith(b"HTTP/1.1 503"))
        self.loki.answer = lambda tenant, entries: 204
        # What was refused comes again.
        body, more = push_body("full", number, 2000)
        lines += more
        wait_for(lambda: post(self.push_port, "/loki/api/v1/push", body,
                              {"Content-Type": "application/json"}, timeout=30)[0] == 204, "room")
        self.assert_once(lines)
        self.report(f"{number} requests of 2000 lines fitted: {dict(statuses)}")
        self.rig.stop(process)

    def resident_mb(self, process):
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024

    def test_hostile_senders(self):
        self.example("push-api", 3500, [("http_server_read_timeout: 30s",
                                         "http_server_read_timeout: 1s")])
        process = self.start()
        before = self.resident_mb(process)
        # Bombs: gzip 1000:1, snappy that only claims.
        json_headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        bomb = gzip.compress(b"\0" * 400_000_000, 9)
        self.assertEqual(post(self.push_port, "/loki/api/v1/push", bomb, json_headers)[0], 413)
        claim = varint(1 << 31) + b"\0"
        self.assertEqual(post(self.push_port, "/loki/api/v1/push", claim,
                              {"Content-Type": "application/x-protobuf"})[0], 413)
        # A hundred that announce 15 MB and say nothing, and one that trickles.
        head = b"POST /loki/api/v1/push HTTP/1.1\r\nHost: a\r\nContent-Length: 15000000\r\n\r\n"
        silent = []
        for _ in range(100):
            silent.append(socket.create_connection(("127.0.0.1", self.push_port), timeout=20))
            silent[-1].sendall(head)
        body, lines = push_body("meanwhile", 0)
        self.assertEqual(post(self.push_port, "/loki/api/v1/push", body,
                              {"Content-Type": "application/json"})[0], 204)
        answers = collections.Counter(s.recv(12) for s in silent)
        self.assertEqual(answers, {b"": 100})  # In vain for read_timeout.
        for connection in silent:
            connection.close()
        slow = socket.create_connection(("127.0.0.1", self.push_port), timeout=20)
        slow.sendall(head)
        begin = time.monotonic()
        try:
            while time.monotonic() - begin < 20:
                slow.sendall(b"x")
                time.sleep(0.2)
        except OSError:
            pass
        slow.close()
        took = time.monotonic() - begin
        self.assertLess(took, 5)
        # All the same others are served.
        body, more = push_body("good", 0)
        wait_for(lambda: post(self.push_port, "/loki/api/v1/push", body,
                              {"Content-Type": "application/json"})[0] == 204, "an answer")
        self.assert_once(lines + more)
        grown = self.resident_mb(process) - before
        self.assertLess(grown, 150)
        self.report(f"trickle ended after {took:.1f} s, {grown:.0f} MB more at most")
        self.rig.stop(process)

    def test_what_it_answers(self):
        self.example("push-api", 3500)
        process = self.start()
        self.assertEqual(rigs.fetch(self.push_port, "/ready"), (200, "ready"))
        self.assertEqual(rigs.fetch(self.push_port, "/metrics")[0], 404)
        self.assertEqual(post(self.push_port, "/loki/api/v1/push", b"{}")[0], 400)
        self.assertEqual(post(self.push_port, "/promtail/api/v1/raw", b"plain\n")[0], 204)
        wait_for(lambda: self.loki.lines() == ["plain"], "the plain line")
        self.assertEqual(self.rig.metric(
            'promtail_push_request_duration_seconds_count{method="POST",'
            'route="promtail_api_v1_raw",status_code="204"'), 1)
        self.assertEqual(self.rig.ready()[0], 200)
        self.rig.stop(process)

    def test_heroku(self):
        self.example("heroku", 8080)
        self.kill_in_mid_stream([lambda: Sender(
            self.push_port, lambda i: heroku_body("h", i), 300,
            path="/heroku/api/v1/drain?env=prod")], 3)
        with self.loki.lock:
            labels = {entry[1] for entry in self.loki.kept}
        self.assertEqual(labels, {'{app="app", environment="prod", job="heroku", proc="web.1"}'})

    def test_gcplog_push(self):
        self.example("gcplog", 8080)
        self.kill_in_mid_stream([lambda: Sender(
            self.push_port, lambda i: gcp_body("g", i), 1000, path="/gcp/api/v1/push")], 3)
        with self.loki.lock:
            labels = {entry[1] for entry in self.loki.kept}
        self.assertEqual(labels, {'{instance="i-1", job="gcplog", resource="gce_instance"}'})

    def test_otlp(self):
        self.example("otlp", 4318)
        self.kill_in_mid_stream([lambda: Sender(
            self.push_port, lambda i: otlp_body("o", i), 300, path="/v1/logs",
            headers={"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"})], 3)
        with self.loki.lock:
            labels = {entry[1] for entry in self.loki.kept}
        self.assertEqual(labels, {'{cluster="c1", service_name="o"}'})


if __name__ == "__main__":
    unittest.main()
