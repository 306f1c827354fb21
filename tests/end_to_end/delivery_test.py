#!/usr/bin/env python3
"""Delivery with clients that are dead, full, gone or throttled: delivery_test.py PATH-OF-TAILRACE

Runs the built binary against stand-ins for Loki on loopback. Prints the delays that it measured. A
dead client is dead for DEAD_SECONDS (4)."""
import collections
import os
import random
import ssl
import subprocess
import sys
import threading
import time
import unittest

from rig import Rig, StandIn, percentile, wait_for

BINARY = os.path.abspath(sys.argv.pop(1))
DEAD_SECONDS = float(os.environ.get("DEAD_SECONDS", "4"))
BACKOFF = "backoff_config: {min_period: 50ms, max_period: 300ms}"


class Writer:
    """Writes a numbered line every few milliseconds, until told to stop."""

    def __init__(self, rig, name="a.log", period=0.01, prefix=""):
        self.rig, self.name, self.period, self.prefix = rig, name, period, prefix
        self.written = {}  # Line: when.
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with open(os.path.join(self.rig.logs, self.name), "a", encoding="utf-8") as file:
            while not self.end.wait(self.period):
                line = f"{self.prefix}{self.name} {len(self.written)}"
                self.written[line] = time.monotonic()
                file.write(line + "\n")
                file.flush()

    def stop(self):
        self.end.set()
        self.thread.join()
        return list(self.written)

    def delays(self, stand_in, tenant=None):
        return [arrived - self.written[line] for line, arrived in stand_in.arrivals(tenant)
                if line in self.written]


class Delivery(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.stand_ins = []
        self.mounted = False

    def tearDown(self):
        failed = any(error for _, error in self._outcome.errors) if hasattr(
            self._outcome, "errors") else False
        if failed:
            print(self.rig.log()[-4000:], file=sys.stderr)
        if self.mounted:
            subprocess.run(["umount", "-l", self.rig.state], check=False)
        self.rig.close()
        for stand_in in self.stand_ins:
            stand_in.stop()

    def stand_in(self, **options):
        self.stand_ins.append(StandIn(**options))
        return self.stand_ins[-1]

    @staticmethod
    def client(stand_in, more="", batchwait="1s"):
        text = f'{{url: "{stand_in.url()}", batchwait: {batchwait}, {BACKOFF}'
        return text + (f", {more}}}" if more else "}")

    def report(self, text):
        print(f"  {self.id().rsplit('.', 1)[1]}: {text}", flush=True)

    def assert_once_in_order(self, stand_in, lines, tenant=None):
        got = stand_in.lines(tenant)
        if got == lines:
            return
        count = collections.Counter(got)
        lost = [line for line in lines if line not in count]
        twice = [line for line, times in count.items() if times > 1]
        self.fail(f"lost {len(lost)} {lost[:5]}, twice {len(twice)} {twice[:5]}, of {len(lines)}; "
                  f"order kept: {sorted(got, key=lines.index) == got}")

    def wait_for_count(self, stand_in, count):
        wait_for(lambda: len(stand_in.lines()) >= count, f"{count} lines")

    # --- two clients, one dead ---

    def one_dead(self, kill, revive):
        alive, dead = self.stand_in(), self.stand_in()
        self.rig.config([self.client(alive), self.client(dead, "timeout: 2s")])
        self.rig.append("first\n", "b.log")
        process = self.rig.start()
        self.wait_for_count(alive, 1)
        self.wait_for_count(dead, 1)
        kill(dead)
        writer = Writer(self.rig)
        time.sleep(DEAD_SECONDS)
        written = writer.stop()
        self.wait_for_count(alive, len(written) + 1)
        p99 = percentile(writer.delays(alive), 0.99)
        self.report(f"dead for {DEAD_SECONDS:.0f} s, p99 of the other {p99:.3f} s, "
                    f"{len(written)} lines")
        self.assertLess(p99, 2)
        self.assertEqual(len(dead.lines()), 1)
        revive(dead)
        self.wait_for_count(dead, len(written) + 1)
        self.assertLess(self.rig.stop(process), 5.5)
        self.assert_once_in_order(alive, ["first"] + written)
        self.assert_once_in_order(dead, ["first"] + written)

    def test_a_client_that_refuses_connections_does_not_slow_the_other(self):
        self.one_dead(lambda dead: dead.stop(), lambda dead: dead.restart())

    def test_a_client_that_never_answers_does_not_slow_the_other(self):
        def kill(dead):
            dead.answer = lambda tenant, entries: None

        def revive(dead):
            dead.answer = lambda tenant, entries: 204

        self.one_dead(kill, revive)

    # --- a share that is full ---

    def noise(self, count, name="a.log"):
        """Lines that do not get smaller when packed."""
        lines = [f"{i} {random.randbytes(500).hex()}" for i in range(count)]
        self.rig.append("".join(line + "\n" for line in lines), name)
        return lines

    def test_block_stops_reading_for_all_until_the_full_client_takes_more(self):
        alive, dead = self.stand_in(), self.stand_in()
        small = "tailrace: {outbox: {size: 1MB}}"
        self.rig.config([self.client(alive, batchwait="100ms"),
                         self.client(dead, f"name: slow, {small}", batchwait="100ms")],
                        options="tailrace: {workers: 1}")
        self.rig.append("first\n", "b.log")
        process = self.rig.start()
        self.wait_for_count(dead, 1)
        dead.stop()
        lines = []
        # What is written while there is room is read on arrival.
        for _ in range(10):
            lines += self.noise(500)
            time.sleep(0.1)
        status, text = wait_for(lambda: self.rig.ready()[0] == 500 and "full" in self.rig.ready()[1]
                                and self.rig.ready(), "a full share")
        self.assertEqual(status, 500)
        self.assertRegex(text, "client slow: its share of the outbox is full")
        self.assertRegex(self.rig.log(), r'half.*client=slow')
        before = len(alive.lines())
        time.sleep(0.5)
        self.assertEqual(len(alive.lines()), before, "reading goes on with a full share")
        self.assertLess(before, len(lines))
        # For a moment a segment that is copied forward is there twice.
        wait_for(lambda: self.rig.outbox_bytes() <= 2 << 20, "an outbox within its size")
        dead.restart()
        self.wait_for_count(dead, len(lines) + 1)
        self.wait_for_count(alive, len(lines) + 1)
        wait_for(lambda: self.rig.ready()[0] == 200, "readiness")
        self.rig.stop(process)
        self.assert_once_in_order(alive, ["first"] + lines)
        self.assert_once_in_order(dead, ["first"] + lines)

    def test_drop_oldest_drops_counts_and_spares_what_is_in_flight(self):
        alive, dead = self.stand_in(), self.stand_in()
        small = "tailrace: {outbox: {size: 1MB, when_full: drop_oldest}}"
        self.rig.config([self.client(alive, batchwait="50ms"),
                         self.client(dead, f"name: slow, timeout: 60s, {small}",
                                     batchwait="50ms")],
                        options="tailrace: {workers: 1}")
        go_on = threading.Event()
        held = []

        def answer(tenant, entries):
            if not go_on.is_set():
                held.extend(entry[2] for entry in entries)
                go_on.wait()
            return 204

        dead.answer = answer
        self.rig.append("in flight\n")
        process = self.rig.start()
        wait_for(lambda: held, "the first request")
        lines = ["in flight"]
        for turn in range(10):
            lines += self.noise(500)
            self.wait_for_count(alive, len(lines))
        dropped = self.rig.metric('tailrace_outbox_dropped_entries_total{client="slow"}')
        self.assertGreater(dropped, 1000)
        # What the other client has just been sent leaves the disk with its answers.
        wait_for(lambda: self.rig.outbox_bytes() <= 2 << 20, "an outbox within its size")
        go_on.set()
        self.wait_for_count(dead, len(lines) - int(dropped))
        self.rig.stop(process)
        self.assert_once_in_order(alive, lines)
        got = dead.lines()
        self.report(f"{len(lines)} written, {len(got)} kept, {dropped:.0f} dropped and counted")
        self.assertEqual(len(got) + dropped, len(lines))
        self.assertEqual(got, held + lines[len(lines) - len(got) + len(held):])

    # --- clients that change ---

    def test_a_client_removed_or_renamed_at_a_reload_disturbs_no_other(self):
        first, second, third = self.stand_in(), self.stand_in(), self.stand_in()
        clients = [self.client(first, "name: first", "50ms"),
                   self.client(second, "name: second", "50ms"),
                   self.client(third, "name: third", "50ms")]
        self.rig.config(clients)
        writer = Writer(self.rig, period=0.005)
        process = self.rig.start()
        self.wait_for_count(second, 20)
        second.stop()  # It goes with something left.
        time.sleep(0.5)
        self.rig.config([clients[0], clients[2]])
        self.rig.reload(process)
        time.sleep(0.5)
        self.rig.config([clients[0], clients[2].replace("third", "fourth")])
        self.rig.reload(process)
        time.sleep(0.5)
        moved = self.stand_in()
        self.rig.config([clients[0].replace(first.url(), moved.url()),
                         clients[2].replace("third", "fourth")])
        self.rig.reload(process)
        time.sleep(0.5)
        lines = writer.stop()
        self.wait_for_count(third, len(lines))
        wait_for(lambda: len(first.lines()) + len(moved.lines()) >= len(lines), "the rest")
        self.rig.stop(process)
        self.assert_once_in_order(third, lines)
        self.assertEqual(first.lines() + moved.lines(), lines)
        self.assertTrue(moved.lines())

    def test_a_client_removed_or_renamed_while_stopped_disturbs_no_other(self):
        first, second, third = self.stand_in(), self.stand_in(), self.stand_in()
        clients = [self.client(first, "name: first", "50ms"),
                   self.client(second, "name: second", "50ms"),
                   self.client(third, "name: third", "50ms")]
        self.rig.config(clients)
        writer = Writer(self.rig, period=0.005)
        process = self.rig.start()
        self.wait_for_count(second, 20)
        second.stop()
        time.sleep(0.5)
        process.kill()
        process.wait()
        moved = self.stand_in()
        self.rig.config([clients[0].replace(first.url(), moved.url()), clients[2]])
        process = self.rig.start()
        wait_for(lambda: self.rig.metric("tailrace_clients_set_aside_total") == 1, "the setting aside")
        time.sleep(0.5)
        self.rig.stop(process)
        self.rig.config([clients[0].replace(first.url(), moved.url()),
                         clients[2].replace("third", "fourth")])
        process = self.rig.start()
        time.sleep(0.5)
        lines = writer.stop()
        self.wait_for_count(third, len(lines))
        wait_for(lambda: len(first.lines()) + len(moved.lines()) >= len(lines), "the rest")
        self.rig.stop(process)
        # The kill may repeat one request of each client, byte for byte.
        for name, got in (("first", first.lines() + moved.lines()), ("third", third.lines())):
            self.assertEqual(list(dict.fromkeys(got)), lines, name)
            repeated = [line for line, times in collections.Counter(got).items() if times > 1]
            self.assertLessEqual(len(repeated), 60, name)

    def only_client_moves(self, change):
        old, new = self.stand_in(), self.stand_in()
        self.rig.config([self.client(old, "timeout: 1s", "50ms")])
        process = self.rig.start()
        self.rig.append("to the old one\n")
        self.wait_for_count(old, 1)
        old.answer = lambda tenant, entries: None
        requests = old.requests
        lines = []
        for i in range(20):  # Some on their way, some waiting behind them.
            lines.append(f"line {i}")
            self.rig.append(lines[-1] + "\n")
            time.sleep(0.02)
        wait_for(lambda: old.requests > requests, "a request on its way")
        self.rig.config([self.client(new, "timeout: 1s", "50ms")])
        process = change(process)
        lines.append("last")
        self.rig.append("last\n")
        self.wait_for_count(new, len(lines))
        self.assertIsNone(process.poll())
        self.rig.stop(process)
        self.assert_once_in_order(new, lines)
        self.assertEqual(old.lines(), ["to the old one"])

    def test_the_only_client_gets_another_url_at_a_reload_and_takes_over(self):
        def change(process):
            self.rig.reload(process)
            return process

        self.only_client_moves(change)

    def test_the_only_client_gets_another_url_while_stopped_and_takes_over(self):
        def change(process):
            process.kill()
            process.wait()
            return self.rig.start()

        self.only_client_moves(change)

    # --- one tenant throttled ---

    def test_a_throttled_tenant_does_not_slow_the_others(self):
        loki = self.stand_in()
        throttled = threading.Event()
        loki.answer = lambda tenant, entries: (429 if tenant == "busy" and throttled.is_set()
                                               else 204)
        stages = ("  pipeline_stages:\n  - regex: {expression: '^(?P<tenant>\\w+) '}\n"
                  "  - labels: {__tenant_id__: tenant}\n")
        self.rig.config([self.client(loki, batchwait="100ms")], stages=stages)
        process = self.rig.start()
        p99 = {}
        for state in ("free", "throttled"):
            if state == "throttled":
                throttled.set()
            busy = Writer(self.rig, f"busy-{state}.log", 0.002, "busy ")
            calm = [Writer(self.rig, f"calm{i}-{state}.log", 0.02, f"calm{i} ") for i in range(3)]
            time.sleep(3)
            written = busy.stop()
            for i, writer in enumerate(calm):
                count = len(writer.stop())
                wait_for(lambda: len(writer.delays(loki, f"calm{i}")) >= count, "the calm tenants")
            p99[state] = percentile([delay for i, writer in enumerate(calm)
                                     for delay in writer.delays(loki, f"calm{i}")], 0.99)
        self.report(f"p99 of the others {p99['free']:.3f} s, "
                    f"with one throttled {p99['throttled']:.3f} s")
        # Waiting for the throttled one would cost a second.
        self.assertLess(p99["throttled"], max(p99["free"] + 0.2, 0.7))
        throttled.clear()
        wait_for(lambda: set(written) <= set(loki.lines("busy")), "the throttled tenant")
        self.rig.stop(process)
        count = collections.Counter(loki.lines())
        self.assertEqual(max(count.values()), 1)

    # --- a disk that refuses ---

    def mount(self):
        if os.geteuid() != 0:
            self.skipTest("a small tmpfs can be mounted by root only")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", self.rig.state],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("no tmpfs can be mounted: " + mounted.stderr.decode().strip())
        self.mounted = True

    def disk_refuses(self, refuse, accept, reason):
        self.mount()
        loki = self.stand_in()
        self.rig.config([self.client(loki, batchwait="50ms")])
        process = self.rig.start()
        lines = []

        def write(what, padding=""):
            for i in range(20):
                lines.append(f"{what} {i}{padding}")
                self.rig.append(lines[-1] + "\n")
                time.sleep(0.005)

        write("before")
        self.wait_for_count(loki, len(lines))
        loki.answer = lambda tenant, entries: 503
        write("cut before, sent after")
        time.sleep(1.5)  # While nothing can be sent, cuts for age come once a second.
        refuse()
        write("while it refuses", " " + random.randbytes(50_000).hex())  # More than has a place.
        status, text = wait_for(
            lambda: self.rig.ready()[0] == 500 and "outbox" in self.rig.ready()[1]
            and self.rig.ready(), "the trouble")
        self.assertEqual(status, 500)
        self.assertRegex(text, f"outbox: .*{reason}")
        loki.answer = lambda tenant, entries: 204
        self.wait_for_count(loki, len(lines))
        self.assert_once_in_order(loki, lines)
        was_cut = [line for line in lines if "while" not in line]
        self.rig.stop(process)
        process = self.rig.start()  # On the disk that still refuses.
        write("after a restart")
        wait_for(lambda: set(lines) <= set(loki.lines()), "what came after a restart")
        accept()
        write("when it works again")
        wait_for(lambda: set(lines) <= set(loki.lines()), "what came afterwards")
        wait_for(lambda: self.rig.ready()[0] == 200, "readiness")
        self.rig.stop(process)
        before = len(loki.lines())
        process = self.rig.start()
        write("at the end")
        self.wait_for_count(loki, before + 20)
        self.rig.stop(process)
        self.assertEqual(loki.lines()[before:], lines[-20:])
        self.assertEqual(list(dict.fromkeys(loki.lines())), lines)
        count = collections.Counter(loki.lines())
        twice = [line for line, times in count.items() if times > 1]
        self.report(f"{len(lines)} lines, {len(twice)} of {len(lines) - len(was_cut)} that were "
                    "not cut came twice")
        return [line for line in twice if line in was_cut]

    def test_a_full_disk_loses_nothing_and_says_why(self):
        filler = os.path.join(self.rig.state, "filler")

        def refuse():
            with open(filler, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    pass

        twice = self.disk_refuses(refuse, lambda: os.remove(filler), "[Nn]o space left")
        self.assertEqual(twice, [])  # Outcomes have reserved room.

    def test_a_read_only_disk_loses_nothing_and_says_why(self):
        # While a file is open for writing nobody but the kernel makes its file system read-only, so
        # tailrace finds it so at a start.
        self.mount()

        def remount(how):
            subprocess.run(["mount", "-o", f"remount,{how}", self.rig.state], check=True)

        loki = self.stand_in()
        self.rig.config([self.client(loki, batchwait="50ms")])
        process = self.rig.start()
        lines = [f"delivered {i}" for i in range(20)]
        self.rig.append("".join(line + "\n" for line in lines))
        self.wait_for_count(loki, 20)
        self.rig.stop(process)
        remount("ro")
        process = self.rig.start()
        more = [f"while it refuses {i}" for i in range(20)]
        self.rig.append("".join(line + "\n" for line in more))
        self.wait_for_count(loki, 40)
        status, text = wait_for(lambda: self.rig.ready()[0] == 500 and self.rig.ready(),
                                "the trouble")
        self.assertEqual(status, 500)
        self.assertRegex(text, "outbox: .*[Rr]ead-only")
        loki.answer = lambda tenant, entries: 503
        more.append("last")
        self.rig.append("last\n")
        time.sleep(0.2)
        self.rig.stop(process)
        remount("rw")
        loki.answer = lambda tenant, entries: 204
        process = self.rig.start()
        wait_for(lambda: set(more) <= set(loki.lines()), "what came while it refused")
        wait_for(lambda: self.rig.ready()[0] == 200, "readiness")
        self.rig.stop(process)
        self.assertEqual(list(dict.fromkeys(loki.lines())), lines + more)
        count = collections.Counter(loki.lines())
        twice = [line for line, times in count.items() if times > 1]
        self.report(f"{len(twice)} of {len(more)} that could not be cut came twice")
        self.assertEqual([line for line in twice if line in lines], [])

    # --- TLS ---

    def certificates(self):
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                           cwd=self.rig.folder)

        new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj",
                "/CN=authority", "-days", "2")
        for name, alternative in (("server", "DNS:loki.example"), ("client", "DNS:client")):
            openssl("req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj",
                    f"/CN={name}")
            with open(os.path.join(self.rig.folder, "extensions"), "w", encoding="ascii") as file:
                file.write(f"subjectAltName={alternative}\n")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                    "-CAcreateserial", "-out", f"{name}.pem", "-days", "2", "-extfile",
                    "extensions")

    def test_tls_with_client_certificates(self):
        try:
            self.certificates()
        except FileNotFoundError:
            self.skipTest("the command openssl is not there to make certificates")
        folder = self.rig.folder
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
        context.load_verify_locations(f"{folder}/ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        loki = self.stand_in(tls=context)
        own = f"cert_file: {folder}/client.pem, key_file: {folder}/client.key"
        url = loki.url(scheme="https")

        def use(tls):
            self.rig.config([f'{{url: "{url}", batchwait: 50ms, {BACKOFF}, tls_config: {{{tls}}}}}'])

        # Without a certificate, with the wrong name, and with an authority that is not trusted:
        # nothing arrives, nothing is lost.
        use(f"ca_file: {folder}/ca.pem, server_name: loki.example")
        self.rig.append("one\n")
        process = self.rig.start()
        for wrong in (f"ca_file: {folder}/ca.pem, {own}", f"server_name: loki.example, {own}"):
            wait_for(lambda: self.rig.metric("promtail_batch_retries_total") >= 2, "refusals")
            self.assertEqual(loki.lines(), [])
            self.rig.stop(process)
            use(wrong)
            process = self.rig.start()
        wait_for(lambda: self.rig.metric("promtail_batch_retries_total") >= 2, "refusals")
        self.assertEqual(loki.lines(), [])
        use(f"ca_file: {folder}/ca.pem, server_name: loki.example, {own}")
        self.rig.reload(process)
        self.wait_for_count(loki, 1)
        use(f"insecure_skip_verify: true, {own}")
        self.rig.append("two\n")
        self.rig.reload(process)
        self.wait_for_count(loki, 2)
        self.rig.stop(process)
        self.assertEqual(loki.lines(), ["one", "two"])
        self.assertTrue(all("client" in name for name in loki.clients), loki.clients)


if __name__ == "__main__":
    unittest.main()
