#!/usr/bin/env python3
"""Sources that are asked over HTTP, and one that is only understood: polled_test.py TAILRACE

The peers are stand-ins that follow the public documents of their APIs."""
import base64
import collections
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

from rig import Rig, StandIn, free_port, wait_for

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../../docs/sources/examples")


class Peer:
    """A server whose `answer(method, path, body)` gives (status, text)."""

    def __init__(self, answer):
        peer = self
        self.port = free_port()

        class Request(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, text = peer.answer(self.path, body, self.headers)
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = reply

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request, client_address):
                pass

        self.answer = answer
        self.server = Server(("127.0.0.1", self.port), Request)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Loki(StandIn):
    """Takes a request that comes again as it was without keeping it twice, as Loki does. What would
    be read twice comes in another request."""

    def take(self, tenant, entries, arrived):
        with self.lock:
            if entries in [request for _, request in self.last]:
                self.requests += 1
                return 204
            self.last = [*self.last[-20:], (arrived, entries)]
        return super().take(tenant, entries, arrived)

    last = []


class Polled(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = Loki()
        self.peer = None

    def tearDown(self):
        self.rig.close()
        self.loki.stop()
        if self.peer:
            self.peer.close()

    def configure(self, example, *more):
        with open(os.path.join(EXAMPLES, example), encoding="utf-8") as file:
            text = file.read()
        for pattern, value in [(r"http_listen_port: \d+", f"http_listen_port: {self.rig.port}"),
                               (r" url: \S+", f" url: {self.loki.url()}"),
                               (r"filename: \S+", f"filename: {self.rig.state}/positions.yaml"),
                               *more]:
            text, count = re.subn(pattern, value, text)
            self.assertEqual(count, 1, pattern)
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(text)

    def assert_once(self, expected):
        counts = collections.Counter(self.loki.lines())
        self.assertEqual(set(expected) ^ set(counts), set())
        self.assertEqual({line: n for line, n in counts.items() if n > 1}, {})

    def kill_in_between(self, expected, kills):
        """Kills it every time it has sent another part of them."""
        for part in range(1, kills + 1):
            process = self.rig.start()
            wait_for(lambda part=part: len(self.loki.lines()) >= len(expected) * part //
                     (kills + 1), "a part", 60)
            process.kill()
            process.wait()
        process = self.rig.start()
        wait_for(lambda: self.rig.metric("promtail_build_info"), "the program")
        wait_for(lambda: set(expected) <= set(self.loki.lines()), "all lines", 60)
        return process

    def test_cloudflare_every_request_once_through_kills(self):
        now = int(time.time())
        begin = now - 60 - 600  # Ten windows that are over.
        order = [0]

        def answer(path, body, headers):
            self.assertEqual(headers["Authorization"], "Bearer changeme")
            query = urllib.parse.parse_qs(urllib.parse.urlparse(path).query)
            self.assertIn("RayID", query["fields"][0])
            start, end = int(query["start"][0]), int(query["end"][0])
            lines = [self.request_line(at, i)
                     for at in range(-(-start // 10**9), -(-end // 10**9)) for i in range(5)]
            order[0] += 1
            return (503, "") if order[0] % 7 == 0 else (200, "".join(
                f"{line}\n" for line in (lines if order[0] % 2 else reversed(lines))))

        self.peer = Peer(answer)
        self.configure("cloudflare.yaml",
                       (r'api_url: "[^"]*"', f'api_url: "http://127.0.0.1:{self.peer.port}"'))
        with open(f"{self.rig.state}/positions.yaml", "w", encoding="utf-8") as file:
            file.write("positions:\n  cursor-023e105f4ecef8ad9ca31a8372d0c353: "
                       f"\"{(begin + 60) * 10**9}\"\n")
        # Windows go on while this runs: only the first ten are counted.
        expected = [self.request_line(at, i) for at in range(begin, begin + 600)
                    for i in range(5)]
        process = self.kill_in_between(expected, 4)
        self.rig.stop(process)
        extra = {line for line in self.loki.lines()
                 if json.loads(line)["EdgeStartTimestamp"] >= (begin + 600) * 10**9}
        self.assert_once(expected + sorted(extra))

    @staticmethod
    def request_line(second, number):
        return json.dumps({"RayID": f"r{second}-{number}",
                           "EdgeStartTimestamp": second * 10**9 + number})

    def test_gcplog_every_message_once_through_kills(self):
        count = 3000
        lock = threading.Lock()
        waiting = collections.OrderedDict((number, 0.0) for number in range(count))
        acks = {}

        def answer(path, body, headers):
            request = json.loads(body)
            with lock:
                if path.endswith(":acknowledge"):
                    for ack in request["ackIds"]:
                        waiting.pop(acks[ack], None)
                    return 200, "{}"
                self.assertEqual(path, "/v1/projects/my-project/subscriptions/cloud-logs:pull")
                messages = []
                now = time.monotonic()
                for number, until in waiting.items():
                    if until > now or len(messages) == 200:
                        continue
                    waiting[number] = now + 2  # Then it comes again.
                    ack = f"ack-{number}-{len(acks)}"
                    acks[ack] = number
                    data = json.dumps({"logName": "l", "resource": {"type": "gce_instance"},
                                       "timestamp": "2026-01-01T00:00:00Z",
                                       "textPayload": f"message {number}"}).encode()
                    messages.append({"ackId": ack, "message": {
                        "messageId": str(number), "data": base64.b64encode(data).decode()}})
                time.sleep(0.05)
                return 200, json.dumps({"receivedMessages": messages} if messages else {})

        self.peer = Peer(answer)
        self.configure("gcplog-pull.yaml")
        os.environ["PUBSUB_EMULATOR_HOST"] = f"127.0.0.1:{self.peer.port}"
        expected = [f"message {number}" for number in range(count)]
        process = self.kill_in_between(expected, 4)
        wait_for(lambda: not waiting, "the acknowledgements", 60)
        self.rig.stop(process)
        self.assert_once(expected)
        self.assertEqual({entry[1] for entry in self.loki.kept},
                         {'{job="gcplog", resource_type="gce_instance"}'})

    def test_a_file_with_windows_events_starts_and_reads_the_rest(self):
        self.configure("windows-events.yaml",
                       (r"__path__: [^}]*", f"__path__: '{self.rig.logs}/*.log'"))
        self.rig.append("a line\n")
        process = self.rig.start()
        wait_for(lambda: self.loki.lines() == ["a line"], "the line")
        self.rig.stop(process)
        self.assertIn("Windows target was configured", self.rig.log())

    def test_the_example_of_event_hubs_is_a_good_configuration(self):
        done = subprocess.run([BINARY, "-check-syntax", "-config.file=" +
                               os.path.join(EXAMPLES, "azure-event-hubs.yaml")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    unittest.main(verbosity=2)
