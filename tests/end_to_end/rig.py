"""What the tests of the built binary share: a small Loki that does as it is told, and a tailrace."""
import http.server
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

PATIENCE_SECONDS = 30
# A system call that is refused ends the program: no test passes while one is refused unseen. (A build
# for coverage writes its counts elsewhere: tools/coverage.sh.)
PROTECTION = os.environ.get("TAILRACE_TEST_PROTECTION", "-protection.refused-calls=kill").split()


def missing_peer(what):
    """The exit status of a test that lacks another program, which it says."""
    if os.environ.get("TAILRACE_REQUIRE_PEERS"):
        print(f"failed: {what} not found, and TAILRACE_REQUIRE_PEERS is set")
        return 1
    print(f"skipped: {what} not found")
    return 77


def missing_root(test):
    """Ends a test that has to become another user, when it may not."""
    if os.geteuid() == 0:
        return
    if os.environ.get("TAILRACE_REQUIRE_PEERS"):
        test.fail("another user needs root, and TAILRACE_REQUIRE_PEERS is set")
    test.skipTest("another user needs root")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def wait_for(condition, what, seconds=PATIENCE_SECONDS):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def percentile(values, share):
    """The nearest-rank percentile: percentile(v, 0.99) is p99."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-len(ranked) * share // 1).__int__() - 1))]


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def unsnappy(data):
    """A snappy block, unpacked."""
    length, at = varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        kind = tag & 3
        if kind == 0:
            size = tag >> 2
            if size >= 60:
                extra = size - 59
                size = int.from_bytes(data[at:at + extra], "little")
                at += extra
            size += 1
            out += data[at:at + size]
            at += size
            continue
        if kind == 1:
            size = ((tag >> 2) & 7) + 4
            back = ((tag >> 5) << 8) | data[at]
            at += 1
        else:
            size = (tag >> 2) + 1
            width = 2 if kind == 2 else 4
            back = int.from_bytes(data[at:at + width], "little")
            at += width
        for _ in range(size):
            out.append(out[-back])
    if len(out) != length:
        raise ValueError("not a snappy block")
    return bytes(out)


def fields(data):
    """The fields of a protobuf message: (number, value)."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value = data[at:at + size]
            at += size
        else:
            raise ValueError("no such wire type in a push request")
        yield key >> 3, value


def decode_push(body):
    """(labels, time in ns, line) of each entry of a push request."""
    entries = []
    for _, stream in fields(unsnappy(body)):
        labels = ""
        for number, value in fields(stream):
            if number == 1:
                labels = value.decode()
                continue
            stamp, line = 0, ""
            for part, content in fields(value):
                if part == 1:
                    for unit, amount in fields(content):
                        stamp += amount * (1_000_000_000 if unit == 1 else 1)
                elif part == 2:
                    line = content.decode()
            entries.append((labels, stamp, line))
    return entries


class StandIn:
    """A Loki that keeps what it accepted and does otherwise what `answer` says.

    `answer(tenant, entries)` gives the status; None: never an answer. Only a status below 300 keeps
    the entries."""

    def __init__(self, port=None, tls=None):
        self.port = port or free_port()
        self.answer = lambda tenant, entries: 204
        self.words = ""  # The body of what is refused.
        self.lock = threading.Lock()
        self.kept = []  # (tenant, labels, time, line, when it arrived)
        self.requests = 0
        self.clients = set()  # Names of certificates that were shown.
        self.closing = threading.Event()
        self.server = None
        self.tls = tls
        self.start()

    def start(self):
        stand_in = self

        class Request(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                arrived = time.monotonic()
                tenant = self.headers.get("X-Scope-OrgID", "")
                status = stand_in.take(tenant, decode_push(body), arrived)
                if status is None:
                    stand_in.closing.wait()
                    self.close_connection = True
                    return
                if stand_in.tls:
                    names = self.connection.getpeercert() or {}
                    with stand_in.lock:
                        stand_in.clients.add(str(names.get("subject", "")))
                words = b"" if status < 300 else stand_in.words.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                self.wfile.write(words)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass

        self.closing = threading.Event()
        self.server = Server(("127.0.0.1", self.port), Request)
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()

    def stop(self):
        """Nobody listens any more; what was kept stays. start() brings it back."""
        if self.server is None:
            return
        self.closing.set()
        self.answer_before, self.answer = self.answer, lambda tenant, entries: 503
        self.server.shutdown()
        self.server.server_close()
        self.server = None

    def restart(self):
        self.answer = self.answer_before
        self.start()

    def take(self, tenant, entries, arrived):
        status = self.answer(tenant, entries)
        with self.lock:
            self.requests += 1
            if status is not None and status < 300:
                self.kept += [(tenant, *entry, arrived) for entry in entries]
        return status

    def lines(self, tenant=None):
        with self.lock:
            return [entry[3] for entry in self.kept if tenant in (None, entry[0])]

    def arrivals(self, tenant=None):
        """(line, when it arrived)"""
        with self.lock:
            return [(entry[3], entry[4]) for entry in self.kept if tenant in (None, entry[0])]

    def url(self, host="127.0.0.1", scheme="http"):
        return f"{scheme}://{host}:{self.port}/loki/api/v1/push"


class Rig:
    """A folder with logs, a configuration, and the processes started for it."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = tempfile.mkdtemp(prefix="tailrace-end-to-end-")
        self.logs = os.path.join(self.folder, "logs")
        self.state = os.path.join(self.folder, "state")
        os.mkdir(self.logs)
        os.mkdir(self.state)
        self.port = free_port()
        self.processes = []
        self.path = os.path.join(self.folder, "config.yaml")
        self.errors = open(os.path.join(self.folder, "stderr"), "ab")

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.errors.close()
        shutil.rmtree(self.folder)

    def config(self, clients, stages="", options="", sync_period="200ms"):
        """`clients`: YAML flow maps, one per client."""
        listed = "\n".join(f"- {client}" for client in clients)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(f"""server: {{http_listen_address: 127.0.0.1, http_listen_port: {self.port}}}
clients:
{listed}
positions: {{filename: {self.state}/positions.yaml, sync_period: {sync_period}}}
{options}
scrape_configs:
- job_name: app
  static_configs: [{{labels: {{job: app, __path__: "{self.logs}/*.log"}}}}]
{stages}""")

    def start(self):
        return self.start_with()

    def start_with(self, *flags):
        process = subprocess.Popen([self.binary, f"-config.file={self.path}", *PROTECTION, *flags],
                                   stdout=subprocess.DEVNULL, stderr=self.errors)
        self.processes.append(process)
        return process

    def stop(self, process):
        """Ends it as a service manager does; returns the seconds that it took."""
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        status = process.wait(PATIENCE_SECONDS)
        if status != 0:
            raise AssertionError(f"exit status {status}\n{self.log()}")
        return time.monotonic() - begin

    def reload(self, process):
        metric = "promtail_config_reload_success_total "
        before = self.metric(metric)
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.metric(metric) == before + 1, "the reload")

    def log(self):
        self.errors.flush()
        with open(os.path.join(self.folder, "stderr"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def append(self, text, name="a.log"):
        with open(os.path.join(self.logs, name), "a", encoding="utf-8") as file:
            file.write(text)

    def metric(self, beginning):
        """The sum of all series that begin so."""
        total = 0.0
        for line in fetch(self.port, "/metrics")[1].splitlines():
            if line.startswith(beginning):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def ready(self):
        return fetch(self.port, "/ready")

    def outbox_bytes(self):
        total = 0
        for folder, _, names in os.walk(self.state):
            for name in names:
                if name.endswith(".seg"):
                    try:
                        total += os.stat(os.path.join(folder, name)).st_blocks * 512
                    except FileNotFoundError:
                        pass
        return total
