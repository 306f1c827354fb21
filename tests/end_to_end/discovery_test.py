#!/usr/bin/env python3
"""Files that service discovery finds: discovery_test.py PATH-OF-TAILRACE

The example configurations of docs/sources/examples run against stand-ins of their servers; targets
come and go while tailrace runs, is stopped and is killed, and every line arrives once."""
import http.server
import json
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

from rig import Rig, StandIn, fetch, free_port, missing_root, wait_for

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/sources/examples")


class Server:
    """HTTP on loopback; `answer(handler, path, query)` writes the answer."""

    def __init__(self, answer):
        self.port = free_port()
        self.requests = []
        server = self

        class Request(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                server.requests.append(self.path)
                answer(self, parts.path, dict(urllib.parse.parse_qsl(parts.query,
                                                                     keep_blank_values=True)))

            def reply(self, body, status=200, headers=()):
                body = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request, client_address):
                pass

        self.server = Quiet(("127.0.0.1", self.port), Request)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Kubernetes:
    """An API server of pods: lists in pages and watches, as
    https://kubernetes.io/docs/reference/using-api/api-concepts/ describes them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.version = 100
        self.pods = {}
        self.watches = []  # Queues of lines; None ends one.
        self.page = 2
        self.tokens = set()
        self.server = Server(self.answer)

    def answer(self, handler, path, query):
        self.tokens.add(handler.headers.get("Authorization"))
        if path != "/api/v1/pods":
            handler.reply({"kind": "Status", "message": "no such resource"}, 404)
            return
        assert query["fieldSelector"] == "spec.nodeName=this-node", query
        if query.get("watch") == "true":
            self.watch(handler)
            return
        with self.lock:
            names = sorted(self.pods)
            begin = int(query.get("continue") or 0)
            end = begin + self.page
            metadata = {"resourceVersion": str(self.version),
                        "continue": str(end) if end < len(names) else ""}
            handler.reply({"kind": "PodList", "apiVersion": "v1", "metadata": metadata,
                           "items": [self.pods[name] for name in names[begin:end]]})

    def watch(self, handler):
        lines = queue.Queue()
        with self.lock:
            self.watches.append(lines)
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.flush()
        while (line := lines.get()) is not None:
            handler.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            handler.wfile.flush()
        handler.close_connection = True  # In the middle: without the last chunk.

    def event(self, kind, pod, halved=False):
        line = json.dumps({"type": kind, "object": pod}).encode() + b"\n"
        for lines in self.watches:
            lines.put(line[:len(line) // 2] if halved else line)

    def drop_watches(self):
        with self.lock:
            for lines in self.watches:
                lines.put(None)
            self.watches = []

    def add(self, name, uid, tell=True):
        with self.lock:
            self.version += 1
            pod = {"metadata": {"name": name, "namespace": "shop", "uid": uid,
                                "resourceVersion": str(self.version),
                                "labels": {"app.kubernetes.io/name": name}},
                   "spec": {"nodeName": "this-node", "containers": [{"name": "app"}]},
                   "status": {"phase": "Running", "podIP": "10.0.0.1"}}
            self.pods[name] = pod
            if tell:
                self.event("ADDED", pod)
        return pod

    def remove(self, name):
        with self.lock:
            self.version += 1
            pod = self.pods.pop(name)
            pod["metadata"]["resourceVersion"] = str(self.version)
            self.event("DELETED", pod)


class Dns:
    """A DNS server of SRV records (RFC 1035, RFC 2782) on a loopback address of its own."""

    def __init__(self):
        self.address = "127.0.0.153"
        self.records = {}  # Name: [(target, port)]; another name does not exist.
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.address, 53))
        self.asked = []
        threading.Thread(target=self.serve, daemon=True).start()

    def stop(self):
        self.socket.close()

    @staticmethod
    def name(text):
        return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"

    def serve(self):
        while True:
            try:
                question, peer = self.socket.recvfrom(512)
            except OSError:
                return
            parts, at = [], 12
            while question[at]:
                parts.append(question[at + 1:at + 1 + question[at]].decode())
                at += question[at] + 1
            asked = ".".join(parts)
            self.asked.append(asked)
            found = self.records.get(asked)
            answer = question[:2] + struct.pack(">5H", 0x8180 if found is not None else 0x8183, 1,
                                                len(found or ()), 0, 0) + question[12:at + 5]
            for target, port in found or ():
                data = struct.pack(">3H", 0, 0, port) + self.name(target)
                answer += b"\xc0\x0c" + struct.pack(">HHIH", 33, 1, 1, len(data)) + data
            try:
                self.socket.sendto(answer, peer)
            except OSError:
                return


class Discovery(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()
        self.servers = []
        self.sent = set()

    def tearDown(self):
        self.rig.close()
        self.loki.stop()
        for server in self.servers:
            server.stop()

    def serve(self, answer):
        self.servers.append(Server(answer))
        return self.servers[-1]

    def example(self, name, *replacements):
        """An example configuration, with our places and ports in it."""
        with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
            text = file.read()
        for old, new in [
                ("http://localhost:3100/loki/api/v1/push", self.loki.url()),
                ("http_listen_port: 9080",
                 f"http_listen_address: 127.0.0.1, http_listen_port: {self.rig.port}"),
                ("{filename: /var/lib/tailrace/positions.yaml}",
                 f"{{filename: {self.rig.state}/positions.yaml, sync_period: 200ms}}"),
                ("refresh_interval: 5m", "refresh_interval: 1s"),
                ("refresh_interval: 30s", "refresh_interval: 1s"),
                *replacements]:
            text = text.replace(old, new)
        for place in ("/var/", "/etc/tailrace", "localhost:"):
            self.assertNotIn(place, text)
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, *before):
        """`before`: a command that becomes tailrace."""
        environment = dict(os.environ, HOSTNAME="this-node")
        process = subprocess.Popen([*before, BINARY, f"-config.file={self.rig.path}"],
                                   env=environment,
                                   stdout=subprocess.DEVNULL, stderr=self.rig.errors)
        self.rig.processes.append(process)
        return process

    def write(self, path, *lines, cri=False):
        path = os.path.join(self.rig.logs, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a", encoding="utf-8") as file:
            for line in lines:
                stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
                file.write(f"{stamp}.{len(self.sent):09}Z stdout F {line}\n" if cri
                           else f"{line}\n")
                self.sent.add(line)

    def arrived(self):
        """Everything that was written is there, each line once."""
        wait_for(lambda: set(self.loki.lines()) >= self.sent,
                 lambda_text(lambda: self.sent - set(self.loki.lines()), self.rig))
        self.assertEqual(sorted(self.loki.lines()), sorted(self.sent))

    def labels_of(self, line):
        with self.loki.lock:
            return [entry[1] for entry in self.loki.kept if entry[3] == line]

    def targets(self):
        return fetch(self.rig.port, "/targets")[1]

    def list_file(self, name, text):
        folder = os.path.join(self.rig.folder, "targets")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(os.path.join(folder, name + ".new"), os.path.join(folder, name))

    def test_lists_in_files(self):
        logs = self.rig.logs
        self.list_file("a.json", json.dumps(
            [{"targets": ["localhost"], "labels": {"__path__": f"{logs}/a.log", "app": "a"}}]))
        self.example("file-sd.yaml", ("/etc/tailrace/targets", f"{self.rig.folder}/targets"),
                     ("/var/log/shop", logs))
        self.write("a.log", "a one")
        self.write("b.log", "b one")
        process = self.start()
        wait_for(lambda: "a one" in self.loki.lines(), "the line of a.log")
        self.assertEqual(self.labels_of("a one"), [f'{{app="a", filename="{logs}/a.log"}}'])
        self.list_file("b.yaml", f"- targets: [localhost]\n  labels: {{__path__: {logs}/b.log}}\n")
        self.arrived()
        # Broken: what it said last holds.
        self.list_file("b.yaml", "- targets: [")
        self.write("b.log", "b two")
        self.arrived()
        self.rig.stop(process)
        self.list_file("b.yaml", "[]")
        self.write("a.log", "a two")
        process = self.start()
        self.arrived()
        # Gone and back again: it goes on where it was.
        with open(os.path.join(logs, "b.log"), "a", encoding="utf-8") as file:
            file.write("b three\n")
        time.sleep(1.5)
        self.assertNotIn("b three", self.loki.lines())
        self.list_file("b.yaml", f"- targets: [localhost]\n  labels: {{__path__: {logs}/b.log}}\n")
        self.sent.add("b three")
        self.arrived()
        self.rig.stop(process)

    def test_lists_from_a_server(self):
        state = {"body": [], "status": 200}
        server = self.serve(lambda handler, path, query: handler.reply(state["body"],
                                                                       state["status"]))
        self.example("http-sd.yaml", ("localhost:8080", f"127.0.0.1:{server.port}"),
                     ("/var/log/apps", self.rig.logs))
        process = self.start()
        wait_for(lambda: server.requests, "the first question")
        self.write("web.log", "web one")
        state["body"] = [{"targets": ["10.0.0.1:1"], "labels": {"app": "web"}}]
        self.arrived()
        state["status"] = 500
        seen = len(server.requests)
        wait_for(lambda: len(server.requests) > seen, "another question")
        self.write("web.log", "web two")
        self.arrived()
        state["status"] = 200
        self.rig.stop(process)
        process = self.start()
        self.write("web.log", "web three")
        self.arrived()
        self.rig.stop(process)

    def kubernetes(self):
        api = Kubernetes()
        self.servers.append(api.server)
        token = os.path.join(self.rig.folder, "token")
        with open(token, "w", encoding="utf-8") as file:
            file.write("first\n")
        self.example("kubernetes-pods.yaml",
                     ("- role: pod", f"- role: pod\n        bearer_token_file: {token}\n"
                      f"        api_server: http://127.0.0.1:{api.server.port}"),
                     ("/var/log", self.rig.logs))
        return api, token

    def test_pods_come_and_go(self):
        api, token = self.kubernetes()
        for number in range(5):  # More than a page.
            api.add(f"web-{number}", f"uid{number}")
            self.write(f"pods/shop_web-{number}_uid{number}/app/0.log", f"first of {number}",
                       cri=True)
        process = self.start()
        self.arrived()
        self.assertIn('pod="web-3"', self.labels_of("first of 3")[0])
        self.assertIn('app="web-3"', self.labels_of("first of 3")[0])
        self.assertEqual(api.tokens, {"Bearer first"})
        wait_for(lambda: api.watches, "the watch")

        api.add("late", "uid9")
        self.write("pods/shop_late_uid9/app/0.log", "late one", cri=True)
        self.arrived()
        # A watch that breaks in the middle of an object; then the token is another one.
        with open(token + ".new", "w", encoding="utf-8") as file:
            file.write("second\n")
        os.rename(token + ".new", token)
        later = api.add("later", "uid10", tell=False)
        api.event("ADDED", later, halved=True)
        api.drop_watches()
        wait_for(lambda: api.watches, "the next watch")
        api.event("ADDED", later)
        self.write("pods/shop_later_uid10/app/0.log", "later one", cri=True)
        self.arrived()
        self.assertIn("Bearer second", api.tokens)
        # Its last lines are there when a pod goes.
        self.write("pods/shop_late_uid9/app/0.log", *[f"last words {i}" for i in range(1000)],
                   cri=True)
        api.remove("late")
        self.arrived()
        wait_for(lambda: "shop/late" not in self.targets(), "the target to go")
        self.rig.stop(process)

    def test_killed_in_the_middle(self):
        api, _ = self.kubernetes()
        api.add("web", "uid1")
        path = "pods/shop_web_uid1/app/0.log"
        process = self.start()
        for generation in range(3):
            self.write(path, *[f"{generation} {i}" for i in range(2000)], cri=True)
            wait_for(lambda: len(self.loki.lines()) > generation * 2000 + 100, "some lines")
            process.send_signal(signal.SIGKILL)
            process.wait()
            api.drop_watches()
            api.add(f"new-{generation}", f"uid-{generation}")
            process = self.start()
        wait_for(lambda: fetch(self.rig.port, "/metrics")[0] == 200, "the last one to run")
        wait_for(lambda: set(self.loki.lines()) >= self.sent, "everything")
        # Loki drops what comes a second time with the same time; so do we.
        with self.loki.lock:
            entries = {(entry[1], entry[2], entry[3]) for entry in self.loki.kept}
        self.assertEqual(len(entries), len(self.sent))
        self.rig.stop(process)

    def test_an_api_server_that_is_away(self):
        api, _ = self.kubernetes()
        port = api.server.port
        api.server.stop()
        self.servers.remove(api.server)
        self.write("pods/shop_web_uid1/app/0.log", "one", cri=True)
        process = self.start()
        wait_for(lambda: "discovery does not get on" in self.rig.log(), "the complaint")
        self.assertIsNone(process.poll())
        again = Kubernetes()
        again.server.stop()
        again.add("web", "uid1")
        self.servers.append(server_on(port, again.answer))
        self.arrived()
        self.rig.stop(process)

    def consul(self, prefix):
        services = {"web": ["logs"], "db": []}

        def index():
            return str(5 + len(services))

        def answer(handler, path, query):
            node = {"Node": "this-node", "Address": "10.0.0.1"}
            end = time.monotonic() + 5
            while query.get("index") == index() and time.monotonic() < end:
                time.sleep(0.02)  # It blocks.
            headers = [("X-Consul-Index", index())]
            name = path.rsplit("/", 1)[1]
            if path == "/v1/agent/self":
                handler.reply({"Config": {"Datacenter": "dc1", "NodeName": "this-node"},
                               "Member": {"Addr": "10.0.0.1"}})
            elif path == "/v1/catalog/services":
                handler.reply(services, headers=headers)
            elif path == "/v1/agent/services":
                handler.reply({key: {"Service": key, "Tags": tags}
                               for key, tags in services.items()})
            elif path.startswith(("/v1/health/service/", "/v1/agent/health/service/name/")):
                service = {"ID": name, "Service": name, "Port": 80, "Tags": services[name]}
                handler.reply([{"Node": node, "Service": service, "Checks": [],
                                "AggregatedStatus": "passing"}], headers=headers)
            else:
                handler.reply("no", 404)

        server = self.serve(answer)
        self.example(f"{prefix}-sd.yaml", ("localhost:8500", f"127.0.0.1:{server.port}"),
                     ("/var/log/services", self.rig.logs))
        self.write("web/a.log", "web one")
        return services

    def test_services_of_consul(self):
        services = self.consul("consul")
        process = self.start()
        self.arrived()
        self.assertIn('service="web"', self.labels_of("web one")[0])
        services["new"] = ["logs"]
        self.write("new/a.log", "new one")
        self.write("web/a.log", "web two")
        self.arrived()
        self.rig.stop(process)

    def test_services_of_the_agent(self):
        self.consul("consulagent")
        process = self.start()
        self.write("db/a.log", "db one")
        self.arrived()
        self.assertIn('service="db"', self.labels_of("db one")[0])
        self.rig.stop(process)


    def test_names_in_dns(self):
        missing_root(self)
        dns = Dns()
        self.servers.append(dns)
        dns.records["_logs._tcp.apps.example.com"] = [("web.example.com", 80)]
        servers = os.path.join(self.rig.folder, "resolv.conf")
        with open(servers, "w", encoding="utf-8") as file:
            file.write(f"nameserver {dns.address}\noptions timeout:1 attempts:1\n")
        self.example("dns-sd.yaml", ("/var/log/apps", self.rig.logs))
        self.write("web.log", "web one")
        process = self.start("unshare", "-m", "sh", "-c",
                             f'mount --bind {servers} /etc/resolv.conf && exec "$@"', "sh")
        self.arrived()
        self.assertIn('app="web"', self.labels_of("web one")[0])
        dns.records["_logs._tcp.apps.example.com"].append(("shop.example.com", 81))
        self.write("shop.log", "shop one")
        self.arrived()
        # Nobody answers: everything stays.
        dns.stop()
        wait_for(lambda: "discovery does not get on" in self.rig.log(), "the complaint")
        self.write("web.log", "web two")
        self.arrived()
        self.rig.stop(process)


def server_on(port, answer):
    """As Server, where somebody asks already."""
    global free_port
    kept, free_port = free_port, lambda: port
    try:
        return Server(answer)
    finally:
        free_port = kept


def lambda_text(missing, rig):
    """What is missing, told when it is asked for."""
    class Text:
        def __str__(self):
            return f"{sorted(missing())[:5]}\n{rig.log()}"
    return Text()


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
