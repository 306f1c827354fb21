#!/usr/bin/env python3
"""Sends syslog and GELF, with real senders too, and counts: syslog_test.py PATH-OF-TAILRACE

rsyslogd, logger and openssl are looked for; what lacks one is skipped and says so."""
import collections
import gzip
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

from rig import PATIENCE_SECONDS, Rig, StandIn, free_port, wait_for

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/sources/examples")


def find_peer(test, name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path:
        return path
    if os.environ.get("TAILRACE_REQUIRE_PEERS"):
        test.fail(f"{name} not found, and TAILRACE_REQUIRE_PEERS is set")
    return test.skipTest(f"{name} not found")


def udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sender(threading.Thread):
    """Sends numbered messages over TCP until it is told to stop; counts those that were sent.

    A polite one notices that its peer has shut its side, finishes nothing more there, and connects
    anew. One that is not sends on."""

    def __init__(self, port, name, polite=True):
        super().__init__(daemon=True)
        self.port, self.name, self.polite = port, name, polite
        self.sent = 0
        self.resets = 0
        self.stopping = threading.Event()

    def connect(self):
        while not self.stopping.is_set():
            try:
                return socket.create_connection(("127.0.0.1", self.port), 5)
            except OSError:
                time.sleep(0.02)
        return None

    def shut_by_peer(self, peer):
        peer.setblocking(False)
        try:
            return peer.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            self.resets += 1
            return True
        finally:
            peer.setblocking(True)

    def run(self):
        peer = self.connect()
        while not self.stopping.is_set():
            if self.polite and self.shut_by_peer(peer):
                peer.close()
                peer = self.connect()
                continue
            peer.sendall(f"<13>1 - host {self.name} - - - {self.name}-{self.sent}\n".encode())
            self.sent += 1
            if self.sent % 50 == 0:
                time.sleep(0.001)
        if peer:
            peer.close()

    def finish(self):
        self.stopping.set()
        self.join(PATIENCE_SECONDS)
        return {f"{self.name}-{i}" for i in range(self.sent)}


class Syslog(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()
        self.rig.config([])
        self.sockets = []
        self.processes = []

    def tearDown(self):
        for one in self.sockets:
            one.close()
        for process in self.processes:
            process.kill()
            process.wait()
        self.rig.close()
        self.loki.stop()

    def config(self, jobs):
        client = (f'{{url: "{self.loki.url()}", batchwait: 20ms, '
                  "backoff_config: {min_period: 50ms, max_period: 200ms}}")
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(f"""server: {{http_listen_address: 127.0.0.1, http_listen_port: {self.rig.port}}}
clients: [{client}]
positions: {{filename: {self.rig.state}/positions.yaml, sync_period: 200ms}}
scrape_configs:
{jobs}""")

    def job(self, keys, name="s", kind="syslog", rules=""):
        return (f"- job_name: {name}\n  {kind}: {{labels: {{job: {name}}}, {keys}}}\n"
                f"  relabel_configs: [{{action: labelmap, regex: '__{kind}_message_(.*)'}}{rules}]\n")

    def start(self):
        process = self.rig.start()
        wait_for(lambda: self.rig.ready()[0] == 200, "the program\n" + self.rig.log())
        return process

    def connect(self, port):
        peer = socket.create_connection(("127.0.0.1", port), 5)
        self.sockets.append(peer)
        return peer

    def wait_for_lines(self, wanted):
        wanted = collections.Counter(wanted)
        try:
            wait_for(lambda: len(self.loki.lines()) >= sum(wanted.values()), "all lines")
        except AssertionError:
            pass
        got = collections.Counter(self.loki.lines())
        missing, more = wanted - got, got - wanted
        self.assertEqual((len(missing), len(more)), (0, 0), f"missing {len(missing)}: {list(missing)[:5]}, "
                         f"more {len(more)}: {list(more)[:5]}\n{self.rig.log()[-3000:]}")

    # ---- Senders of our own. ----

    def test_tcp_udp_and_unix_sockets(self):
        tcp, udp = free_port(), udp_port()
        path, gram = os.path.join(self.rig.folder, "s"), os.path.join(self.rig.folder, "g")
        self.config(self.job(f"listen_address: '127.0.0.1:{tcp}'", "tcp")
                    + self.job(f"listen_address: '127.0.0.1:{udp}', listen_protocol: udp", "udp")
                    + self.job(f"listen_address: '{path}', listen_protocol: unix", "unix")
                    + self.job(f"listen_address: '{gram}', listen_protocol: unixgram", "gram"))
        process = self.start()
        self.connect(tcp).sendall(b"<13>1 - h - - - - tcp\n")
        for kind, where, text in ((socket.SOCK_STREAM, path, b"<13>1 - h - - - - unix\n"),
                                  (socket.SOCK_DGRAM, gram, b"<13>Oct  1 22:14:15 app: gram")):
            peer = socket.socket(socket.AF_UNIX, kind)
            self.sockets.append(peer)
            peer.connect(where)
            peer.sendall(text)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"<13>1 - h - - - - udp", ("127.0.0.1", udp))
        self.wait_for_lines(["tcp", "udp", "unix", "gram"])
        streams = {entry[1] for entry in self.loki.kept}
        self.assertIn('{app_name="app", facility="user", job="gram", severity="notice"}', streams)
        self.rig.stop(process)

    def test_what_was_sent_before_sigterm_is_there_after_it(self):
        port = free_port()
        self.config(self.job(f"listen_address: '127.0.0.1:{port}'"))
        process = self.start()
        senders = [Sender(port, f"s{i}") for i in range(3)]
        for sender in senders:
            sender.start()
        wait_for(lambda: len(self.loki.lines()) > 1000, "the first lines")
        self.rig.stop(process)
        process = self.start()
        wait_for(lambda: sum(sender.sent for sender in senders) > 5000, "more")
        wanted = set().union(*(sender.finish() for sender in senders))
        self.wait_for_lines(wanted)
        self.rig.stop(process)

    def reload_with(self, polite):
        port = free_port()
        self.config(self.job(f"listen_address: '127.0.0.1:{port}'"))
        process = self.start()
        senders = [Sender(port, f"s{i}", polite) for i in range(3)]
        for sender in senders:
            sender.start()
        wait_for(lambda: len(self.loki.lines()) > 1000, "the first lines")
        for number in range(3):
            self.config(self.job(f"listen_address: '127.0.0.1:{port}', idle_timeout: {60 + number}s"))
            self.rig.reload(process)
            time.sleep(0.5)
        wanted = set().union(*(sender.finish() for sender in senders))
        self.wait_for_lines(wanted)
        self.rig.stop(process)

    def test_a_reload_loses_nothing(self):
        self.reload_with(polite=True)

    def test_a_reload_loses_nothing_of_senders_that_look_at_nothing(self):
        self.reload_with(polite=False)

    def test_udp_over_a_reload(self):
        port = udp_port()
        self.config(self.job(f"listen_address: '127.0.0.1:{port}', listen_protocol: udp"))
        process = self.start()
        wanted = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for i in range(6000):
                peer.sendto(f"<13>1 - h - - - - u{i}".encode(), ("127.0.0.1", port))
                wanted.append(f"u{i}")
                if i % 50 == 0:
                    time.sleep(0.005)
                if i == 3000:
                    self.config(self.job(f"listen_address: '127.0.0.1:{port}', listen_protocol: udp,"
                                         " use_incoming_timestamp: true"))
                    self.rig.reload(process)
        self.rig.stop(process)
        process = self.start()
        self.wait_for_lines(wanted)
        self.assertEqual(self.rig.metric("tailrace_syslog_kernel_drops_total"), 0)
        self.rig.stop(process)

    def test_kill_loses_only_what_was_not_cut(self):
        port = free_port()
        self.config(self.job(f"listen_address: '127.0.0.1:{port}'"))
        process = self.start()
        sender = Sender(port, "s")
        sender.start()
        wait_for(lambda: len(self.loki.lines()) > 1000, "the first lines")
        process.kill()
        process.wait()
        # What was sent into nothing: the sender notices with its next send.
        try:
            wait_for(lambda: not sender.is_alive(), "the sender to fail", 5)
        except AssertionError:
            pass
        sender.finish()
        process = self.start()
        before = sender.sent
        wait_for(lambda: self.rig.metric("promtail_sent_entries_total") >= 0, "the program")
        time.sleep(0.5)
        got = collections.Counter(self.loki.lines())
        lost = before - len(got)
        print(f"kill -9 in mid-stream: {before} sent, {lost} lost, "
              f"{sum(got.values()) - len(got)} twice", file=sys.stderr)
        self.assertGreater(len(got), 1000)
        self.rig.stop(process)

    def test_gelf(self):
        port, tcp = udp_port(), free_port()
        self.config(self.job(f"listen_address: '127.0.0.1:{port}'", "u", "gelf")
                    + self.job(f"listen_address: '127.0.0.1:{tcp}', listen_protocol: tcp", "t", "gelf"))
        process = self.start()
        body = {"version": "1.1", "host": "h", "short_message": "x" * 20000, "level": 3}
        packed = json.dumps(body).encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for at in range(0, len(packed), 1000):
                count = -(-len(packed) // 1000)
                peer.sendto(b"\x1e\x0faaaaaaaa" + bytes([at // 1000, count]) + packed[at:at + 1000],
                            ("127.0.0.1", port))
            peer.sendto(gzip.compress(packed), ("127.0.0.1", port))
        self.connect(tcp).sendall(packed + b"\0")
        line = json.dumps({**body, "timestamp": 0, "level": 3}, separators=(",", ":"))
        line = line.replace('"level":3,"timestamp":0', '"timestamp":0,"level":3')
        self.wait_for_lines([line] * 3)
        self.rig.stop(process)

    def test_the_examples_work(self):
        ports = {"0.0.0.0:1514": free_port(), "0.0.0.0:6514": free_port(), "0.0.0.0:514": udp_port(),
                 "0.0.0.0:12201": udp_port()}
        self.certificates()
        for name in ("syslog.yaml", "gelf.yaml"):
            with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
                text = file.read()
            for address, port in ports.items():
                text = text.replace(f" {address}\n", f" 127.0.0.1:{port}\n")
            text = text.replace("http://loki:3100/loki/api/v1/push", self.loki.url())
            text = text.replace("http_listen_port: 9080", f"http_listen_port: {self.rig.port}")
            text = text.replace("/var/lib/tailrace", self.rig.state)
            for file in ("server.pem", "server.key", "clients-ca.pem"):
                text = text.replace(f"/etc/tailrace/{file}", os.path.join(self.rig.folder, file))
            with open(self.rig.path, "w", encoding="utf-8") as file:
                file.write(text)
            process = self.start()
            if name == "gelf.yaml":
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                    peer.sendto(b'{"version":"1.1","host":"h","short_message":"of gelf"}',
                                ("127.0.0.1", ports["0.0.0.0:12201"]))
                wait_for(lambda: "of gelf" in self.loki.lines(), "the line of gelf")
            else:
                self.connect(ports["0.0.0.0:1514"]).sendall(b"<13>1 - h a - - - of tcp\n")
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                    peer.sendto(b"<189>29: *Apr 18 10:12:13.123: %SYS-5-CONFIG_I: of cisco",
                                ("127.0.0.1", ports["0.0.0.0:514"]))
                self.send_over_tls(ports["0.0.0.0:6514"], b"<13>1 - h a - - - of tls\n", "client")
                wait_for(lambda: {"of tcp", "%SYS-5-CONFIG_I: of cisco", "of tls"}
                         <= set(self.loki.lines()), "the lines of syslog")
            self.rig.stop(process)

    # ---- TLS. ----

    def certificates(self):
        """An authority, a server and a client of it, and a client of nobody."""
        openssl = find_peer(self, "openssl")
        folder = self.rig.folder

        def run(*arguments):
            subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)
        for authority in ("clients-ca", "other-ca"):
            run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", f"{authority}.key", "-out", f"{authority}.pem", "-days", "2", "-subj",
                f"/CN={authority}")
        for name, authority in (("server", "clients-ca"), ("client", "clients-ca"),
                                ("stranger", "other-ca")):
            run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
            run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey",
                f"{authority}.key", "-CAcreateserial", "-out", f"{name}.pem", "-days", "2")

    def send_over_tls(self, port, text, identity):
        context = ssl.create_default_context(cafile=os.path.join(self.rig.folder, "clients-ca.pem"))
        context.check_hostname = False
        if identity:
            context.load_cert_chain(os.path.join(self.rig.folder, f"{identity}.pem"),
                                    os.path.join(self.rig.folder, f"{identity}.key"))
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            with context.wrap_socket(plain) as peer:
                peer.sendall(text)
                peer.settimeout(0.5)
                try:
                    # In TLS 1.3 a refusal comes behind the handshake.
                    if peer.recv(1) == b"":
                        raise ConnectionError("closed")
                except socket.timeout:
                    pass

    def test_tls_with_certificates_of_clients(self):
        port = free_port()
        self.certificates()
        files = {key: os.path.join(self.rig.folder, name) for key, name in
                 (("cert_file", "server.pem"), ("key_file", "server.key"),
                  ("ca_file", "clients-ca.pem"))}
        tls = ", ".join(f"{key}: '{path}'" for key, path in files.items())
        self.config(self.job(f"listen_address: '127.0.0.1:{port}', tls_config: {{{tls}}}"))
        process = self.start()
        self.send_over_tls(port, b"<13>1 - h - - - - known\n" * 3, "client")
        for stranger in ("stranger", None):
            with self.assertRaises((ssl.SSLError, OSError)):
                self.send_over_tls(port, b"<13>1 - h - - - - stranger\n", stranger)
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            plain.sendall(b"<13>1 - h - - - - plain\n" * 10)
        wait_for(lambda: self.rig.metric("tailrace_syslog_connections_failed_total") >= 3,
                 "the refusals")
        self.wait_for_lines(["known"] * 3)
        self.rig.stop(process)

    # ---- Real senders. ----

    def test_logger(self):
        logger = find_peer(self, "logger")
        tcp, udp = free_port(), udp_port()
        self.config(self.job(f"listen_address: '127.0.0.1:{tcp}'", "tcp")
                    + self.job(f"listen_address: '127.0.0.1:{udp}', listen_protocol: udp,"
                               " syslog_format: rfc3164", "udp"))
        process = self.start()
        server = ["-n", "127.0.0.1"]
        for arguments in (["-T", "-P", str(tcp), "--rfc5424", "tcp 5424"],
                          ["-T", "-P", str(tcp), "--rfc5424", "--octet-count", "tcp counted"],
                          ["-T", "-P", str(tcp), "--rfc3164", "tcp 3164"],
                          ["-d", "-P", str(udp), "--rfc3164", "udp 3164"],
                          ["-d", "-P", str(udp), "--rfc5424", "udp 5424"]):
            subprocess.run([logger, *server, "-t", "app", "-p", "auth.err", *arguments], check=True,
                           timeout=PATIENCE_SECONDS)
        self.wait_for_lines(["tcp 5424", "tcp counted", "tcp 3164", "udp 3164", "udp 5424"])
        for entry in self.loki.kept:
            self.assertIn('app_name="app"', entry[1])
            self.assertIn('severity="error"', entry[1])
        self.assertEqual(self.rig.metric("promtail_syslog_target_parsing_errors_total"), 0)
        self.rig.stop(process)

    def rsyslog(self, actions):
        """An rsyslogd that reads lines from a socket and sends them as `actions` say."""
        daemon = find_peer(self, "rsyslogd")
        folder = os.path.join(self.rig.folder, "rsyslog")
        os.makedirs(folder, exist_ok=True)
        port = free_port()
        path = os.path.join(folder, "conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""global(workDirectory="{folder}")
module(load="imptcp")
input(type="imptcp" port="{port}" address="127.0.0.1")
{actions}
""")
        with open(os.path.join(folder, "log"), "ab") as log:
            process = subprocess.Popen([daemon, "-n", "-f", path, "-i", os.path.join(folder, "pid")],
                                       stdout=log, stderr=log)
        self.processes.append(process)

        def up():
            try:
                return socket.create_connection(("127.0.0.1", port), 1)
            except OSError:
                return None
        peer = wait_for(up, "rsyslogd")
        self.sockets.append(peer)
        return peer

    def test_rsyslog_in_all_its_ways_and_over_a_restart(self):
        ports = [free_port(), free_port(), free_port(), udp_port()]
        self.config("".join(
            self.job(f"listen_address: '127.0.0.1:{port}', use_incoming_timestamp: true{more}", f"j{i}",
                     rules=", {source_labels: [__syslog_message_app_name], action: drop, "
                     "regex: rsyslogd.*}")
            for i, (port, more) in enumerate(zip(ports, (
                "", "", ", syslog_format: rfc3164", ", listen_protocol: udp, syslog_format: rfc3164")))))
        forward = ('action(type="omfwd" target="127.0.0.1" port="{}" protocol="{}" template="{}" {} '
                   'action.resumeInterval="1" action.resumeRetryCount="-1" '
                   'queue.type="LinkedList" queue.size="200000")')
        process = self.start()
        peer = self.rsyslog("\n".join((
            forward.format(ports[0], "tcp", "RSYSLOG_SyslogProtocol23Format", ""),
            forward.format(ports[1], "tcp", "RSYSLOG_SyslogProtocol23Format",
                           'TCP_Framing="octet-counted"'),
            forward.format(ports[2], "tcp", "RSYSLOG_TraditionalForwardFormat", ""),
            forward.format(ports[3], "udp", "RSYSLOG_ForwardFormat", ""))))
        wanted = []

        def send(begin, end):
            for i in range(begin, end):
                peer.sendall(f"<13>Oct  1 22:14:15 host app[{i}]: message {i}\n".encode())
                if i % 100 == 0:
                    time.sleep(0.005)
            wanted.extend(f"message {i}" for i in range(begin, end))
        send(0, 3000)
        wait_for(lambda: len(self.loki.lines()) >= 4 * 3000, "the first lines")
        # UDP is sent into nothing while nobody listens, so only TCP goes on over the restart.
        self.rig.stop(process)
        process = self.start()
        send(3000, 6000)
        jobs = lambda: collections.Counter(
            (job, entry[3].strip()) for entry in self.loki.kept for job in ("j0", "j1", "j2")
            if f'job="{job}"' in entry[1])
        every = collections.Counter((job, text) for job in ("j0", "j1", "j2") for text in wanted)
        try:
            wait_for(lambda: not every - jobs(), "all lines")
        except AssertionError:
            pass
        missing, more = every - jobs(), jobs() - every
        self.assertEqual(sum(missing.values()), 0, f"{len(missing)} missing: {sorted(missing)[:5]}")
        # rsyslog may send again what it was not sure of.
        print(f"rsyslog over a restart: {sum(every.values())} wanted, 0 lost, "
              f"{sum(more.values())} twice", file=sys.stderr)
        self.assertLess(sum(more.values()), 200)
        self.rig.stop(process)


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
