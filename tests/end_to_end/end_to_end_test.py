#!/usr/bin/env python3
"""Runs the built binary as a user does: end_to_end_test.py PATH-OF-TAILRACE

Each test starts `tailrace receive` as Loki and tailrace on files in a folder of its own, all on
loopback with ports that the kernel chose."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from rig import PATIENCE_SECONDS, fetch, free_port, wait_for

BINARY = os.path.abspath(sys.argv.pop(1))


class EndToEnd(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tailrace-end-to-end-")
        self.logs = os.path.join(self.folder, "logs")
        os.mkdir(self.logs)
        self.processes = []
        self.loki_port = free_port()
        self.port = free_port()
        self.spawn(["receive", f"-listen=127.0.0.1:{self.loki_port}", "-output=json"])
        wait_for(lambda: fetch(self.loki_port, "/ready")[0] == 200, "the receiver")

    def tearDown(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        shutil.rmtree(self.folder)

    def spawn(self, arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen([BINARY, *arguments], **options)
        self.processes.append(process)
        return process

    def config(self, stages="", batchwait="50ms", server="", more=""):
        path = os.path.join(self.folder, "config.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""server: {{http_listen_address: 127.0.0.1, http_listen_port: {self.port}{server}}}
clients: [{{url: "http://127.0.0.1:{self.loki_port}/loki/api/v1/push", batchwait: {batchwait}}}]
positions: {{filename: {self.folder}/positions.yaml, sync_period: 200ms}}
scrape_configs:
- job_name: app
  static_configs: [{{labels: {{job: app, __path__: "{self.logs}/*.log"}}}}]
{stages}{more}""")
        return f"-config.file={path}"

    def append(self, text, name="a.log"):
        with open(os.path.join(self.logs, name), "a", encoding="utf-8") as file:
            file.write(text)

    def entries(self):
        return [json.loads(line) for line in fetch(self.loki_port, "/entries")[1].splitlines()]

    def lines(self):
        return [entry["line"] for entry in self.entries()]

    def wait_for_lines(self, count):
        return wait_for(lambda: len(self.lines()) >= count and self.lines(), f"{count} lines")

    def test_ships_what_is_there_and_what_comes(self):
        self.append("one\n")
        self.spawn([self.config()])
        self.wait_for_lines(1)
        self.append("two\nthree")
        self.wait_for_lines(2)
        self.append(" ends\n")
        self.assertEqual(self.wait_for_lines(3), ["one", "two", "three ends"])
        self.assertEqual(self.entries()[0]["labels"],
                         f'{{filename="{self.logs}/a.log", job="app"}}')

    def test_a_kill_loses_nothing_and_doubles_nothing(self):
        config = self.config()
        process = self.spawn([config])
        written = []
        for turn in range(4):
            for i in range(50):
                written.append(f"{turn}-{i}")
                self.append(written[-1] + "\n")
            if turn % 2:
                self.wait_for_lines(len(written) - 25)
            process.kill()
            process.wait()
            process = self.spawn([config])

        def kept():
            # Without what Loki drops by itself: the same stream, time and line.
            return list(dict.fromkeys((e["labels"], e["time"], e["line"]) for e in self.entries()))

        wait_for(lambda: len(kept()) >= len(written), "every line")
        self.assertEqual([line for _, _, line in kept()], written)

    def test_term_ends_it_cleanly_and_positions_are_saved(self):
        self.append("one\ntwo\n")
        process = self.spawn([self.config()])
        self.wait_for_lines(2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
        with open(os.path.join(self.folder, "positions.yaml"), encoding="utf-8") as file:
            self.assertRegex(file.read(), re.escape(f'{self.logs}/a.log: "8"'))

    def begun_request(self):
        """A connection to the status pages with a request that lacks the last byte of its body."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
        self.addCleanup(connection.close)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                           b"Content-Length: 1\r\n\r\n")
        self.assertIn(b" 100 ", connection.recv(100))
        return connection

    def start_with_pages(self, graceful):
        process = self.spawn([self.config(server=f", graceful_shutdown_timeout: {graceful}")])
        wait_for(lambda: fetch(self.port, "/ready")[0] != 0, "the pages")
        return process

    def test_open_requests_have_one_time_together_to_end(self):
        process = self.start_with_pages("1s")
        connections = [self.begun_request() for _ in range(12)]
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        for connection in connections:  # Each that ends is no new time for the others.
            time.sleep(0.4)
            try:
                connection.sendall(b"x")
            except OSError:
                break
            if process.poll() is not None:
                break
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
        took = time.monotonic() - begin
        self.assertGreater(took, 0.9)
        self.assertLess(took, 3)

    def test_a_second_signal_does_not_wait_for_open_requests(self):
        process = self.start_with_pages("60s")
        self.begun_request()
        process.send_signal(signal.SIGTERM)
        # Then the pages are ending.
        wait_for(lambda: fetch(self.port, "/ready")[0] == 0, "the end of the pages")
        self.assertIsNone(process.poll())
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_SECONDS), 143)
        self.assertLess(time.monotonic() - begin, 2)

    def test_a_password_is_asked_for_before_a_body(self):
        more = "\ntailrace: {server: {basic_auth: {username: me, password: secret}}}"
        process = self.spawn([self.config(more=more)])
        wait_for(lambda: fetch(self.port, "/ready")[0] == 401, "the pages")
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
        self.addCleanup(connection.close)
        connection.sendall(b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
                           b"Authorization: Basic d3Jvbmc6b25l\r\n\r\n")
        answer = connection.recv(4096)
        self.assertTrue(answer.startswith(b"HTTP/1.1 401 "), answer)
        self.assertIn(b"Connection: close", answer)
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=PATIENCE_SECONDS)[1].decode()
        self.assertIn('msg="a login to the status pages was refused" peer=127.0.0.1', errors)
        self.assertNotIn("without TLS", errors)  # It is this machine.

    def test_positions_of_promtail_count_once(self):
        self.append("one\ntwo\n")
        with open(f"{self.folder}/positions.yaml", "w", encoding="utf-8") as file:
            file.write(f'positions:\n  {self.logs}/a.log: "4"\n')
        path = self.config()
        with open(f"{self.folder}/config.yaml", encoding="utf-8") as file:
            text = file.read().replace("sync_period: 200ms", "sync_period: 1h")
        with open(f"{self.folder}/config.yaml", "w", encoding="utf-8") as file:
            file.write(text)
        for line in ["three", "four"]:
            process = self.spawn([path])
            self.append(f"{line}\n")
            wait_for(lambda line=line: line in self.lines(), line)
            time.sleep(0.3)  # The answer is recorded: that request is not sent again.
            process.kill()
            process.wait()
        self.assertEqual(self.lines(), ["two", "three", "four"])

    def test_positions_of_promtail_are_taken_over(self):
        self.append("old\nnew\n")
        with open(os.path.join(self.folder, "positions.yaml"), "w", encoding="utf-8") as file:
            file.write(f'positions:\n  {self.logs}/a.log: "4"\n')
        self.spawn([self.config()])
        self.assertEqual(self.wait_for_lines(1), ["new"])

    def test_hup_takes_the_new_configuration_and_keeps_the_place(self):
        self.append("one\n")
        process = self.spawn([self.config()])
        self.wait_for_lines(1)
        self.config(stages="  pipeline_stages: [{drop: {expression: secret}}]\n")
        process.send_signal(signal.SIGHUP)
        metric = "promtail_config_reload_success_total 1"
        wait_for(lambda: metric in fetch(self.port, "/metrics")[1], "the reload")
        self.append("a secret\ntwo\n")
        self.assertEqual(self.wait_for_lines(2), ["one", "two"])

    def test_a_request_reloads_when_it_is_allowed_to(self):
        self.spawn([self.config()])
        wait_for(lambda: fetch(self.port, "/metrics")[0] == 200, "the server")
        self.assertEqual(fetch(self.port, "/reload")[0], 404)
        self.processes[-1].kill()
        server = ", enable_runtime_reload: true"
        process = self.spawn([self.config(server=server)])
        wait_for(lambda: fetch(self.port, "/metrics")[0] == 200, "the server")
        self.config(server=server, stages="  pipeline_stages: [{drop: {expression: secret}}]\n")
        self.assertEqual(fetch(self.port, "/reload"), (200, ""))
        self.append("a secret\nthe rest\n")
        self.assertEqual(self.wait_for_lines(1), ["the rest"])
        self.config(server=server, stages="  pipeline_stages: [{regex: {expression: '('}}]\n")
        status, text = fetch(self.port, "/reload")
        self.assertEqual(status, 500)
        self.assertRegex(text, r"^failed to reload config: .*config\.yaml:7:\d+: scrape_configs")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0)

    def test_a_line_rate_drops_or_waits(self):
        self.append("".join(f"{i}\n" for i in range(50)))
        limits = ("limits_config: {readline_rate_enabled: true, readline_rate: 0.001, "
                  "readline_burst: 20, readline_rate_drop: %s}\n")
        self.spawn([self.config(more=limits % "true")])
        metric = 'logentry_dropped_lines_total{reason="global_rate_limiter_drop"} 30\n'
        wait_for(lambda: metric in fetch(self.port, "/metrics")[1], "the drops")
        self.assertEqual(self.wait_for_lines(20), [str(i) for i in range(20)])

    def test_a_line_rate_that_waits_loses_nothing(self):
        self.append("".join(f"{i}\n" for i in range(30)))
        limits = ("limits_config: {readline_rate_enabled: true, readline_rate: 40, "
                  "readline_burst: 10, readline_rate_drop: false}\n")
        begin = time.monotonic()
        self.spawn([self.config(more=limits)])
        self.assertEqual(self.wait_for_lines(30), [str(i) for i in range(30)])
        self.assertGreater(time.monotonic() - begin, 0.4)

    def test_the_root_leads_below_the_external_url(self):
        self.spawn([self.config(server=", external_url: 'https://proxy/logs/', "
                                       "register_instrumentation: false")])
        wait_for(lambda: fetch(self.port, "/ready")[0] != 0, "the server")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", "/")
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("Location")), (303, "/logs/targets"))
        connection.close()
        self.assertEqual(fetch(self.port, "/metrics")[0], 404)

    def test_pages_are_below_the_path_prefix_alone(self):
        self.spawn([self.config(server=", http_path_prefix: /pre/, external_url: 'https://h/out'")])
        wait_for(lambda: fetch(self.port, "/pre/ready")[0] != 0, "the server")
        for path in ("/ready", "/targets", "/metrics", "/pre", "/preready"):
            self.assertEqual(fetch(self.port, path)[0], 404, path)
        self.assertIn('href="/out/pre/config"', fetch(self.port, "/pre/targets")[1])

    def test_a_password_in_a_url_is_shown_nowhere(self):
        path = self.config(server=", http_path_prefix: ''").split("=")[1]
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("http://127.0.0.1:", "http://me:geh'eim@127.0.0.1:", 1)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(f"{self.loki_port}/loki", f"{free_port()}/loki")
                       + "tailrace: {outbox: {size: 1MB}}\n")
        self.append(os.urandom(3 << 20).hex() + "\n", name="big.log")
        process = self.spawn([f"-config.file={path}", "-print-config-stderr",
                              "-log-config-reverse-order"])
        self.append("".join(os.urandom(40).hex() + "\n" for _ in range(60000)))
        wait_for(lambda: "share of the outbox is full" in fetch(self.port, "/ready")[1], "a trouble")
        pages = "".join(fetch(self.port, page)[1]
                        for page in ("/ready", "/targets", "/config", "/metrics"))
        process.send_signal(signal.SIGQUIT)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=PATIENCE_SECONDS)
        for text in (pages, said[0].decode(), said[1].decode()):
            self.assertNotIn("eim", text)
            self.assertNotIn("geh", text)

    def test_files_begin_at_their_end_when_they_shall(self):
        self.append("old\n")
        self.spawn([self.config(more="  tailrace: {start_at: end}\n")])
        wait_for(lambda: "a.log" in fetch(self.port, "/targets")[1], "the file")
        self.append("new\n")
        self.append("all of it\n", name="later.log")
        self.wait_for_lines(2)
        self.assertEqual(sorted(self.lines()), ["all of it", "new"])

    def test_files_that_were_not_written_for_long_are_left_out(self):
        self.append("ancient\n", name="old.log")
        os.utime(os.path.join(self.logs, "old.log"), (time.time() - 7200,) * 2)
        self.append("fresh\n")
        self.spawn([self.config(more="  tailrace: {ignore_older: 1h}\n")])
        self.wait_for_lines(1)
        self.append("more\n")
        self.assertEqual(self.wait_for_lines(2), ["fresh", "more"])
        self.assertNotIn("old.log", fetch(self.port, "/targets")[1])

    def test_a_file_that_is_idle_is_closed_and_its_place_kept(self):
        self.append("one\n")
        process = self.spawn([self.config(more="  tailrace: {close_inactive: 300ms}\n")])
        path = os.path.join(self.logs, "a.log")

        def is_open():
            names = f"/proc/{process.pid}/fd"
            return any(os.path.realpath(os.path.join(names, fd)) == path for fd in os.listdir(names))

        wait_for(is_open, "the file to be opened")
        self.wait_for_lines(1)
        wait_for(lambda: not is_open(), "the file to be closed")
        # What comes then is found by the sweep, or at the latest by the next start.
        self.append("two\n")
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)
        self.spawn([self.config()])
        self.assertEqual(self.wait_for_lines(2), ["one", "two"])

    def test_a_regular_file_as_standard_input_waits_without_spinning(self):
        path = os.path.join(self.folder, "input")
        with open(path, "wb") as file:
            for i in range(60000):
                file.write(os.urandom(40).hex().encode() + b"\n")
        self.loki_port = free_port()  # Nobody is there: the share fills.
        more = "tailrace: {outbox: {size: 1MB}}\n"
        with open(path, "rb") as file:
            process = self.spawn([self.config(more=more), "-stdin"], stdin=file)
        wait_for(lambda: "share of the outbox is full" in fetch(self.port, "/ready")[1], "the end")

        def cpu_seconds():
            with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        before = cpu_seconds()
        process.poll()
        time.sleep(1)
        self.assertLess(cpu_seconds() - before, 0.3)
        self.spawn(["receive", f"-listen=127.0.0.1:{self.loki_port}", "-keep=1"],
                   stdout=subprocess.DEVNULL)
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0)

    def test_an_unknown_encoding_ends_the_start(self):
        process = self.spawn([self.config(more="  encoding: klingon\n")])
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(err.decode(), r'config\.yaml:7:13: scrape_configs\[0\]\.encoding: encoding')

    def test_a_bad_configuration_changes_nothing_at_a_reload(self):
        process = self.spawn([self.config()])
        wait_for(lambda: fetch(self.port, "/metrics")[0] == 200, "the server")
        self.config(stages="  pipeline_stages: [{regex: {expression: '('}}]\n")
        process.send_signal(signal.SIGHUP)
        metric = "promtail_config_reload_fail_total 1"
        wait_for(lambda: metric in fetch(self.port, "/metrics")[1], "the refusal")
        self.append("goes on\n")
        self.assertEqual(self.wait_for_lines(1), ["goes on"])

    def test_status_pages(self):
        self.append("one\n")
        self.spawn([self.config()])
        self.wait_for_lines(1)
        self.assertEqual(fetch(self.port, "/ready"), (200, "Ready"))
        self.assertIn(f"{self.logs}/a.log", fetch(self.port, "/targets")[1])
        self.assertIn("static_configs[0]", fetch(self.port, "/service-discovery")[1])
        self.assertIn(f"filename: {self.folder}/positions.yaml", fetch(self.port, "/config")[1])
        for path in ("/debug/pprof/heap", "/debug/fgprof"):
            status, text = fetch(self.port, path)
            self.assertEqual((status, "perf" in text), (404, True))
        wait_for(lambda: f'promtail_read_lines_total{{path="{self.logs}/a.log"}} 1\n'
                 in fetch(self.port, "/metrics")[1], "the metric")
        self.assertEqual(fetch(self.port, "/nothing")[0], 404)

    def test_standard_input_runs_through_the_first_job_and_ends(self):
        stages = "  pipeline_stages: [{regex: {expression: '^(?P<level>\\w+)'}}, {labels: {level: }}]\n"
        process = self.spawn([self.config(stages), "-stdin"], stdin=subprocess.PIPE)
        process.communicate(b"info hello\r\n\nwarn last", timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 0)
        self.assertEqual([(e["labels"], e["line"]) for e in self.entries()],
                         [('{job="app", level="info"}', "info hello"),
                          ('{job="app", level="warn"}', "warn last")])

    def test_a_dry_run_prints_and_sends_nothing(self):
        process = self.spawn([self.config(), "-stdin", "-dry-run"], stdin=subprocess.PIPE)
        out, _ = process.communicate(b"hello\n", timeout=PATIENCE_SECONDS)
        clients, entry = out.decode().split("drop_rate_limited_batches: false\n\n")
        self.assertTrue(clients.startswith("Clients configured:\n" + "-" * 22 + "\nurl: http:"))
        self.assertRegex(entry, r'^\d{4}-\d\d-\d\dT\S+\+0000\t\{job="app"\}\thello\n$')
        self.assertEqual(self.entries(), [])

    def test_the_printed_configuration_runs_again(self):
        process = self.spawn([self.config(), "-print-config-stderr", "-server.disable", "-stdin"],
                             stdin=subprocess.PIPE)
        _, err = process.communicate(b"", timeout=PATIENCE_SECONDS)
        dump = os.path.join(self.folder, "dump.yaml")
        with open(dump, "w", encoding="utf-8") as file:
            file.write(err.decode().split("scrape_configs:")[0] + "scrape_configs:\n"
                       + "".join(line for line in err.decode().split("scrape_configs:\n")[1]
                                 .splitlines(True) if line.startswith("  ")))
        self.assertIn("# tailrace, version", err.decode())
        self.append("again\n")
        self.spawn([f"-config.file={dump}", "-stdin=false"])
        self.assertEqual(self.wait_for_lines(1), ["again"])

    def test_the_configuration_is_logged_from_its_end(self):
        process = self.spawn([self.config(), "-log-config-reverse-order", "-stdin"],
                             stdin=subprocess.PIPE)
        _, err = process.communicate(b"", timeout=PATIENCE_SECONDS)
        lines = err.decode().splitlines()
        job, server = (next(i for i, line in enumerate(lines) if text in line)
                       for text in ("job_name: app", 'msg=server:'))
        self.assertLess(job, server)

    def test_check_syntax_says_where_it_hurts(self):
        good = self.spawn([self.config(), "-check-syntax"])
        self.assertIn(b"Valid config file!", good.communicate(timeout=PATIENCE_SECONDS)[0])
        self.assertEqual(good.returncode, 0)
        stages = "  pipeline_stages: [{regex: {expression: '('}}]\n"
        bad = self.spawn([self.config(stages), "-check-syntax"])
        out = bad.communicate(timeout=PATIENCE_SECONDS)[0].decode()
        self.assertEqual(bad.returncode, 1)
        self.assertRegex(out, r"config\.yaml:7:\d+: scrape_configs\[0\]\.pipeline_stages\[0\]")

    def test_what_is_wrong_with_the_file_goes_to_standard_output(self):
        path = self.config(more="nonsense: 1\n").split("=")[1]
        for arguments in ([f"-config.file={path}"], ["-config.file=/nowhere"], []):
            process = self.spawn(arguments)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
            self.assertEqual((process.returncode, err), (1, b""), arguments)
            self.assertNotEqual(out, b"", arguments)
        process = self.spawn(["-client.timeout=soon"])
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual((process.returncode, out), (2, b""))
        self.assertIn(b"-client.timeout", err)

    def test_a_flag_beats_the_file_and_of_several_files_the_first_is_taken(self):
        self.append("one\n")
        other = free_port()
        path = self.config().split("=")[1]
        self.spawn([f"-config.file=/nowhere.yaml, {path}", f"-server.http-listen-port={other}"])
        self.wait_for_lines(1)
        self.assertEqual(fetch(other, "/ready")[0], 200)
        self.assertEqual(fetch(self.port, "/ready")[0], 0)

    def test_a_client_that_refuses_everything_makes_it_not_ready(self):
        refusing = free_port()
        self.spawn(["receive", f"-listen=127.0.0.1:{refusing}", "-status=401"])
        wait_for(lambda: fetch(refusing, "/ready")[0] == 200, "the receiver")
        self.loki_port = refusing
        self.append("one\n")
        self.spawn([self.config()])
        status, text = wait_for(lambda: (answer := fetch(self.port, "/ready"))[0] == 500 and answer,
                                "the trouble")
        self.assertEqual(status, 500)
        self.assertRegex(text, r"^Not ready: ")

    def test_a_reload_of_the_same_file_and_of_another_secret_succeeds(self):
        server = ", enable_runtime_reload: true"
        self.append("one\n")
        self.spawn([self.config(server=server)])
        self.wait_for_lines(1)
        self.assertEqual(fetch(self.port, "/reload"), (200, ""))
        path = self.config(server=server).split("=")[1]
        for secret in ("a", "b"):
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"batchwait: 50ms[^}]*}", f"batchwait: 50ms, bearer_token: {secret}}}",
                              file.read())
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            self.assertEqual(fetch(self.port, "/reload"), (200, ""))
        self.append("two\n")
        self.assertEqual(self.wait_for_lines(2), ["one", "two"])

    def test_a_dry_run_shows_no_external_labels_and_writes_no_positions(self):
        self.append("one\n\nthree\n")
        process = self.spawn([self.config(), "-dry-run", "-client.external-labels=where=here"])
        out = b""
        while out.count(b"\t") < 6:  # Two in each entry; the clients before have none.
            out += process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)
        rows = [line.split("\t") for line in out.decode().splitlines() if "\t" in line]
        labels = f'{{filename="{self.logs}/a.log", job="app"}}'
        self.assertEqual([row[1:] for row in rows], [[labels, "one"], [labels, ""], [labels, "three"]])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "positions.yaml")))
        self.assertEqual(self.entries(), [])

    def test_standard_input_is_not_relabelled_and_keeps_labels_with_underscores(self):
        path = os.path.join(self.folder, "stdin.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""server: {{disable: true}}
clients: [{{url: "http://127.0.0.1:{self.loki_port}/loki/api/v1/push"}}]
positions: {{filename: {self.folder}/positions.yaml}}
scrape_configs:
- job_name: app
  static_configs: [{{labels: {{job: app, __x: y, __path__: /var/log/a.log}}}}]
  relabel_configs: [{{target_label: job, replacement: other}}]
""")
        process = self.spawn([f"-config.file={path}", "-stdin"], stdin=subprocess.PIPE)
        process.communicate(b"a\r\n\n\nlast", timeout=PATIENCE_SECONDS)
        self.assertEqual([(e["labels"], e["line"]) for e in self.entries()],
                         [('{__x="y", job="app"}', "a"), ('{__x="y", job="app"}', "last")])

    def test_the_length_of_lines_is_limited_in_bytes(self):
        self.append("h\u00e9llo w\u00f6rld\nshort\n")
        limits = "limits_config: {max_line_size: 6, max_line_size_truncate: true}\n"
        self.spawn([self.config(more=limits)])
        self.assertEqual(self.wait_for_lines(2), ["h\u00e9llo", "short"])

    def test_exit_codes_of_flags(self):
        for arguments, status in ((["-version"], 0), (["-nonsense"], 2), (["-help"], 2),
                                  (["-check-syntax"], 1), (["-config.file=/nowhere"], 1)):
            process = self.spawn(arguments)
            process.communicate(timeout=PATIENCE_SECONDS)
            self.assertEqual(process.returncode, status, arguments)


if __name__ == "__main__":
    unittest.main()
