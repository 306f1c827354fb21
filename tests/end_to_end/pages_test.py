#!/usr/bin/env python3
"""Looks at the status pages as others do: pages_test.py PATH-OF-TAILRACE

The pages in chromium without a window, /metrics with promtool and a Prometheus. What is not there is
skipped and named (exit status 77 when nothing is there)."""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import urllib.parse

from rig import PATIENCE_SECONDS, Rig, StandIn, fetch, free_port, missing_peer, wait_for

CHROMIUM = shutil.which("chromium")
PROMTOOL = shutil.which("promtool")
PROMETHEUS = shutil.which("prometheus")

# Series of Promtail that exist here while files are shipped: name -> (type, names of labels).
SERIES = {
    "promtail_encoded_bytes_total": ("counter", {"host"}),
    "promtail_sent_bytes_total": ("counter", {"host"}),
    "promtail_sent_entries_total": ("counter", {"host"}),
    "promtail_dropped_bytes_total": ("counter", {"host", "tenant", "reason"}),
    "promtail_dropped_entries_total": ("counter", {"host", "tenant", "reason"}),
    "promtail_mutated_bytes_total": ("counter", {"host", "tenant", "reason"}),
    "promtail_mutated_entries_total": ("counter", {"host", "tenant", "reason"}),
    "promtail_batch_retries_total": ("counter", {"host", "tenant"}),
    "promtail_request_duration_seconds": ("histogram", {"status_code", "host"}),
    "promtail_read_bytes_total": ("gauge", {"path"}),
    "promtail_file_bytes_total": ("gauge", {"path"}),
    "promtail_read_lines_total": ("counter", {"path"}),
    "promtail_files_active_total": ("gauge", set()),
    "promtail_targets_active_total": ("gauge", set()),
    "promtail_targets_failed_total": ("counter", {"reason"}),
    "promtail_build_info": ("gauge", {"branch", "goarch", "goos", "goversion", "revision", "tags",
                                      "version"}),
    "promtail_config_reload_success_total": ("counter", set()),
    "promtail_config_reload_fail_total": ("counter", set()),
    "logentry_dropped_lines_total": ("counter", {"reason"}),
    "loki_log_messages_total": ("counter", {"level"}),
    "request_duration_seconds": ("histogram", {"method", "route", "status_code", "ws"}),
    "request_message_bytes": ("histogram", {"method", "route"}),
    "response_message_bytes": ("histogram", {"method", "route"}),
    "inflight_requests": ("gauge", {"method", "route"}),
    "tcp_connections": ("gauge", {"protocol"}),
    "tcp_connections_limit": ("gauge", {"protocol"}),
    "process_cpu_seconds_total": ("counter", set()),
    "process_open_fds": ("gauge", set()),
    "process_max_fds": ("gauge", set()),
    "process_resident_memory_bytes": ("gauge", set()),
    "process_virtual_memory_bytes": ("gauge", set()),
    "process_virtual_memory_max_bytes": ("gauge", set()),
    "process_start_time_seconds": ("gauge", set()),
    "process_network_receive_bytes_total": ("counter", set()),
    "process_network_transmit_bytes_total": ("counter", set()),
}


class Pages(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()
        self.rig.config([f'{{url: "{self.loki.url()}", batchwait: 10ms}}'],
                        stages="  pipeline_stages: [{drop: {expression: two}}]\n"
                               "- job_name: other\n"
                               "  static_configs: [{labels: {job: '<other>'}}]\n")
        self.rig.append("one\ntwo\n")
        self.rig.start()
        wait_for(lambda: self.loki.lines() == ["one"], "a line")

    def tearDown(self):
        self.rig.close()
        self.loki.stop()

    def page(self, path):
        return fetch(self.rig.port, path)[1]

    def browse(self, path):
        """The page as the browser has it, and the addresses that it asked for meanwhile."""
        net_log = os.path.join(self.rig.folder, "net.json")
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--disable-component-update",
                     "--no-first-run", f"--user-data-dir={self.rig.folder}/profile",
                     f"--log-net-log={net_log}", "--net-log-capture-mode=Default"]
        process = subprocess.run([CHROMIUM, *arguments, "--dump-dom",
                                  f"http://127.0.0.1:{self.rig.port}{path}"],
                                 capture_output=True, timeout=2 * PATIENCE_SECONDS, check=True)
        with open(net_log, encoding="utf-8") as file:
            asked = {part["url"] for event in json.load(file)["events"]
                     for part in [event.get("params", {})]
                     if "url" in part and part["url"].startswith("http") and "method" in part}
        return process.stdout.decode(), asked

    @unittest.skipUnless(CHROMIUM, "chromium is not there")
    def test_a_browser_shows_the_pages_with_nothing_from_elsewhere(self):
        here = f"http://127.0.0.1:{self.rig.port}/"
        for path, texts in {
                "/": ["<h1>Targets</h1>", f"{self.rig.logs}/a.log", "1 of 1 target ready",
                      '<a href="/targets" aria-current="page">'],
                "/service-discovery": ["left out: no_path", "&lt;other&gt;", "0 of 1 target active"],
                "/config": ["config_yaml", "job_name: other"]}.items():
            with self.subTest(path=path):
                dom, asked = self.browse(path)
                for text in texts:
                    self.assertIn(text, dom)
                self.assertNotIn("<script", dom)
                self.assertTrue(any(url.startswith(here) for url in asked), asked)
                elsewhere = {url for url in asked if not url.startswith(here)
                             and urllib.parse.urlsplit(url).hostname not in BROWSERS_OWN}
                self.assertEqual(elsewhere, set())

    @unittest.skipUnless(PROMTOOL, "promtool is not there")
    def test_promtool_has_nothing_to_say_about_our_own_names(self):
        for _ in range(2):  # The second time the first request is in it, too.
            text = self.page("/metrics")
        process = subprocess.run([PROMTOOL, "check", "metrics"], input=text.encode(),
                                 capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        said = (process.stdout + process.stderr).decode()
        self.assertNotIn("error while linting", said)
        self.assertIn("promtail_", said)  # Promtail's gauges in _total: the check does check.
        self.assertEqual([line for line in said.splitlines() if line.startswith("tailrace_")], [])

    @unittest.skipUnless(PROMETHEUS, "prometheus is not there")
    def test_a_prometheus_scrapes_every_series_with_its_type_and_labels(self):
        port = free_port()
        config = os.path.join(self.rig.folder, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("scrape_configs: [{job_name: t, scrape_interval: 1s, static_configs: "
                       f"[{{targets: ['127.0.0.1:{self.rig.port}']}}]}}]\n")
        prometheus = subprocess.Popen(
            [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={self.rig.folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.check_series(port)
        finally:
            prometheus.terminate()
            prometheus.wait(PATIENCE_SECONDS)

    def check_series(self, port):
        def ask(path):
            status, text = fetch(port, path)
            return json.loads(text)["data"] if status == 200 else []

        def series(name):
            found = ask("/api/v1/series?match[]=" + urllib.parse.quote(name))
            return len(found)

        def labels_of(name):
            """As exposed: a Prometheus leaves out those with an empty value."""
            line = re.search(rf"^{name}(?:{{(.*)}})? ", self.page("/metrics"), re.MULTILINE)
            return set(re.findall(r'(\w+)="', line.group(1) or ""))

        def has_all():
            return all(series(name) or series(name + "_bucket") for name in SERIES)

        try:
            wait_for(has_all, "all series")
        except AssertionError:
            missing = [name for name in SERIES if not series(name) and not series(name + "_bucket")]
            self.fail(f"missing: {missing}")
        types = ask("/api/v1/targets/metadata")
        types = {one["metric"]: one["type"] for one in types}
        for name, (kind, labels) in SERIES.items():
            with self.subTest(name=name):
                self.assertEqual(types.get(name), kind)
                histogram = kind == "histogram"
                expected = labels | ({"le"} if histogram else set())
                self.assertEqual(labels_of(name + "_bucket" if histogram else name), expected)
        up = ask("/api/v1/query?query=up")["result"]
        self.assertEqual([one["value"][1] for one in up], ["1"])


# What chromium asks for by itself.
BROWSERS_OWN = {"accounts.google.com", "clients2.google.com", "www.google.com",
                "update.googleapis.com", "optimizationguide-pa.googleapis.com",
                "content-autofill.googleapis.com", "redirector.gvt1.com", "android.clients.google.com"}

if __name__ == "__main__":
    peers = {"chromium": CHROMIUM, "promtool": PROMTOOL, "prometheus": PROMETHEUS}
    missing = [name for name, path in peers.items() if not path]
    if missing:
        status = missing_peer(" and ".join(missing))
        if len(missing) == len(peers) or status == 1:
            sys.exit(status)
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
