#!/usr/bin/env python3
"""Starts docker/compose.yaml and asks what the dashboards ask: compose_test.py PATH-OF-TAILRACE

With the image of docker/Dockerfile, LOKI=/path/to/loki, Debian's prometheus and, in the place of
Grafana, a container that only stands there. Needs root, dockerd, compose and a base (TAILRACE_BASE,
see images.py); without them all is skipped, and it says so (exit status 77). It runs in namespaces
of its own: mounts, for a journald, and network, for dockerd's bridge."""
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request

from images import Engine, HERE, MINUTE, TOP, image_file, missing_for_images, missing_peer, run

from alerts_test import DASHBOARDS, expressions, load, rules
from journal_test import JOURNALD, Journald, enter_namespace
from rig import Rig, fetch, wait_for

LOKI = os.environ.get("LOKI", "")
INSIDE = "TAILRACE_TEST_INSIDE_NAMESPACES"
COMPOSE = f"{TOP}/docker/compose.yaml"
# Where systemd would have them: journald knows a unit by its control group.
HIERARCHY = next((path for path in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")
                  if os.path.isdir(path)), "/sys/fs/cgroup")
GROUP = f"{HIERARCHY}/system.slice/tailrace-test.service"
JOURNAL_WRITER = """import os, socket, time
open(os.environ["GROUP"] + "/cgroup.procs", "w").write(str(os.getpid()))
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.connect("/run/systemd/journal/socket")
while True:
    journal.send(b"MESSAGE=an error\\nPRIORITY=3\\n")
    time.sleep(0.5)
"""
GUARD = " or vector(0)"
LOKI_PORT, PROMETHEUS_PORT, TAILRACE_PORT = 3100, 9090, 9080

# What Promtail's users have in their own dashboards and alerts.
OF_PROMTAIL = [
    'sum(rate(promtail_read_lines_total{job="tailrace"}[1m]))',
    'sum(rate(promtail_read_bytes_total{job="tailrace"}[1m]))',
    'promtail_file_bytes_total - promtail_read_bytes_total',
    'sum by (instance) (promtail_files_active_total)',
    'sum by (instance) (promtail_targets_active_total)',
    'count by (version, goos, goarch) (promtail_build_info)',
    'histogram_quantile(0.99, sum by (le, host) (rate(promtail_request_duration_seconds_bucket[1m])))',
    'sum by (status_code) (rate(promtail_request_duration_seconds_count[1m]))',
    'sum(rate(promtail_request_duration_seconds_sum[1m])) / sum(rate(promtail_request_duration_seconds_count[1m]))',
    '100 * sum(rate(promtail_request_duration_seconds_count{status_code=~"5..|-1"}[1m])) / sum(rate(promtail_request_duration_seconds_count[1m])) or vector(0)',
    'sum by (host) (rate(promtail_sent_bytes_total[1m]))',
    'sum by (host) (rate(promtail_sent_entries_total[1m]))',
    'sum by (host) (rate(promtail_encoded_bytes_total[1m]))',
    'sum by (reason) (promtail_dropped_entries_total)',
    'sum by (host, tenant) (promtail_batch_retries_total)',
    'promtail_config_reload_success_total + promtail_config_reload_fail_total',
]


def remove_group():
    os.rmdir(GROUP)
    if not any(os.path.isdir(f"{os.path.dirname(GROUP)}/{name}")
               for name in os.listdir(os.path.dirname(GROUP))):
        os.rmdir(os.path.dirname(GROUP))


def ask(port, path, **query):
    text = fetch(port, f"{path}?{urllib.parse.urlencode(query)}")[1]
    try:
        answer = json.loads(text)
    except ValueError:
        return text
    return answer["data"] if answer.get("status") == "success" else text


def seconds_of(stamp):
    """Of 2026-01-02T03:04:05.678901234Z, to the millisecond."""
    return datetime.datetime.fromisoformat(stamp[:23].rstrip("Z") + "+00:00").timestamp()


def as_grafana_asks(query):
    """With the values that Grafana puts in the place of its variables."""
    for name, value in {"$__rate_interval": "1m", "$__auto": "1m", "$__range": "1h", "$job": ".*",
                        "$instance": ".*", "$container": ".*", "$unit": ".*",
                        "$search": ""}.items():
        query = query.replace(name, value)
    assert "$" not in query, query
    return query


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = Rig(BINARY)
        cls.addClassCleanup(cls.rig.close)
        cls.engine = Engine(cls.rig.folder, bridge=True)
        cls.addClassCleanup(cls.engine.close)
        cls.engine.start()
        cls.engine.docker("load", "-i", ARCHIVE)
        cls.engine.build("loki", "base", {"/usr/bin/loki": LOKI},
                         'ENTRYPOINT ["/usr/bin/loki"]\n')
        cls.engine.build("prometheus", "base", {"/bin/prometheus": shutil.which("prometheus")},
                         'ENTRYPOINT ["/bin/prometheus"]\n')
        cls.engine.build("grafana", "base", {}, 'CMD ["sleep", "infinity"]\n')
        cls.journald = Journald("persistent")
        cls.addClassCleanup(cls.journald.stop)
        os.makedirs(GROUP, exist_ok=True)
        cls.addClassCleanup(remove_group)
        writer = subprocess.Popen([sys.executable, "-c", JOURNAL_WRITER],
                                  env={**os.environ, "GROUP": GROUP})
        cls.addClassCleanup(writer.wait)
        cls.addClassCleanup(writer.kill)
        os.makedirs("/var/log/apt", exist_ok=True)
        cls.override = os.path.join(cls.rig.folder, "override.yaml")
        with open(cls.override, "w", encoding="utf-8") as file:
            file.write("services: {tailrace: {environment: {ASAN_OPTIONS: detect_leaks=0}}}\n")
        cls.addClassCleanup(cls.down)
        cls.up_seconds = cls.up()
        cls.engine.run("run", "-d", "--name", "talker", "base", "sh", "-c",
                       "while :; do echo said on stdout; echo an error >&2; sleep 0.2; done")
        # Longer than Loki takes a line.
        cls.engine.run("run", "-d", "--name", "long", "base", "sh", "-c", "while :; do "
                       "head -c 300000 /dev/zero | tr '\\0' x; echo; sleep 5; done")
        # More in a label than Loki takes.
        cls.engine.run("run", "-d", "--name", "refused", "--label",
                       "com.docker.compose.service=" + "x" * 3000, "base", "sh", "-c",
                       "while :; do echo refused; sleep 1; done")

    @classmethod
    def compose(cls, *arguments):
        command = ["docker", "compose"] if COMPOSE_PLUGIN else ["docker-compose"]
        environment = {**os.environ, "DOCKER_HOST": f"unix://{cls.engine.socket}",
                       "TAILRACE_IMAGE": "tailrace", "LOKI_IMAGE": "loki",
                       "PROMETHEUS_IMAGE": "prometheus", "GRAFANA_IMAGE": "grafana",
                       "DOCKER_SOCKET": cls.engine.socket}
        return run([*command, "-p", "stack", "-f", COMPOSE, "-f", cls.override, *arguments],
                   env=environment)

    @classmethod
    def up(cls):
        begin = time.monotonic()
        cls.compose("up", "-d")
        wait_for(lambda: fetch(LOKI_PORT, "/ready")[0] == 200, "Loki", 3 * MINUTE)
        return time.monotonic() - begin

    @classmethod
    def down(cls):
        for name in ["talker", "long", "refused"]:
            subprocess.run(["docker", "-H", f"unix://{cls.engine.socket}", "rm", "-f", name],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        cls.compose("down", "-v", "-t", "5")

    def setUp(self):
        for name in ["dpkg.log", "apt/history.log"]:
            with open(f"/var/log/{name}", "a", encoding="utf-8") as file:
                file.write("2026-01-01 00:00:00 installed\n")

    def report(self, text):
        print(f"  {self.id().rsplit('.', 1)[1]}: {text}", flush=True)

    def count(self, selector):
        data = ask(LOKI_PORT, "/loki/api/v1/query",
                   query=f"sum(count_over_time({selector}[1h]))", time=str(time.time() + 1))
        if isinstance(data, str):
            return 0
        return int(data["result"][0]["value"][1]) if data["result"] else 0

    def why(self):
        lines = self.compose("logs", "--tail=30", "tailrace").splitlines()
        return "\n".join(line[:300] for line in lines)

    def wait_for_lines(self, selector):
        try:
            return wait_for(lambda: self.count(selector), selector, MINUTE)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.why()}") from error

    def test_logs_of_containers_journal_and_files_arrive(self):
        counts = {selector: self.wait_for_lines(selector) for selector in [
            '{job="docker",container="talker",stream="stdout"}',
            '{job="docker",container="talker",stream="stderr"} |= "an error"',
            '{job="docker",service="prometheus",project="stack"}',
            '{job="journal",level="error",unit="tailrace-test.service"}', '{job="packages",filename="/var/log/dpkg.log"}']}
        self.report(f"up after {self.up_seconds:.0f} s; {counts}")
        # Its own log makes no log.
        self.assertEqual(self.count('{container=~".*tailrace.*"}'), 0)

    def test_a_line_too_long_for_loki_is_cut(self):
        self.wait_for_lines('{container="long"}')

    def data_of(self, uid, query):
        """How many series it has."""
        query = as_grafana_asks(query)
        if uid == "prometheus":
            data = ask(PROMETHEUS_PORT, "/api/v1/query", query=query)
        elif query.startswith("{"):
            data = ask(LOKI_PORT, "/loki/api/v1/query_range", query=query, limit="10",
                       start=str(time.time() - 3600), end=str(time.time() + 1))
        else:
            data = ask(LOKI_PORT, "/loki/api/v1/query", query=query, time=str(time.time() + 1))
        if data == "":  # It is too busy to answer in time.
            return 0
        if isinstance(data, str):
            raise AssertionError(f"{query}: {data}")
        return len([row for row in data["result"] if "NaN" not in row.get("value", [])])

    def expect_data(self, queries):
        """(what, uid, query): each is to have data within two minutes."""
        end = time.monotonic() + 2 * MINUTE
        empty = list(queries)
        while empty and time.monotonic() < end:
            empty = [one for one in empty if not self.data_of(one[1], one[2])]
            time.sleep(1)
        self.assertEqual(empty, [], self.why())

    def test_every_query_of_every_panel_returns_data(self):
        total = 0
        for path in DASHBOARDS:
            board = load(path)
            queries = list(expressions(board))
            total += len(queries)
            with self.subTest(board=board["title"]):
                self.expect_data(queries)
            # "or vector(0)" stands where the series begins with the first trouble.
            only_zero = [query for _, uid, query in queries if query.endswith(GUARD) and
                         not self.data_of(uid, query.removesuffix(GUARD))]
            self.report(f"{board['title']}: {len(queries)} queries in "
                        f"{len({panel for panel, _, _ in queries})} panels return data, "
                        f"{len(only_zero)} of them the 0 of their \"{GUARD.strip()}\"")
        self.assertGreater(total, 50)

    def test_what_was_given_up_and_cut_is_on_the_dashboard_by_reason(self):
        self.expect_data([
            ("given up", "prometheus", 'promtail_dropped_entries_total{reason="ingester_error"} > 0'),
            ("cut", "prometheus", 'promtail_mutated_entries_total{reason="line_too_long"} > 0')])

    def test_queries_of_promtails_users_return_data(self):
        self.expect_data([("promtail", "prometheus", query) for query in OF_PROMTAIL])
        self.report(f"{len(OF_PROMTAIL)} queries return data")

    def test_alerts_are_loaded_and_the_one_for_drops_fires(self):
        def loaded():
            data = ask(PROMETHEUS_PORT, "/api/v1/rules")
            return [] if isinstance(data, str) else [rule for group in data["groups"]
                                                     for rule in group["rules"]]
        wait_for(lambda: loaded() and all(rule["health"] == "ok" for rule in loaded()), "rules",
                 MINUTE)
        self.assertEqual({rule["name"] for rule in loaded()}, {rule["alert"] for rule in rules()})

        def firing():
            return {rule["name"] for rule in loaded() if rule["state"] == "firing"}
        wait_for(lambda: "TailraceDropping" in firing(), "the alert", 2 * MINUTE)
        self.assertEqual(firing(), {"TailraceDropping"})

    def test_grafana_finds_what_is_provisioned(self):
        base = f"{TOP}/docker/grafana/provisioning"
        provider = load(f"{base}/dashboards/dashboards.yaml")["providers"][0]
        seen = self.compose("exec", "-T", "grafana", "ls", provider["options"]["path"],
                            "/etc/grafana/provisioning/datasources")
        for name in ["logs.json", "tailrace.json", "datasources.yaml"]:
            self.assertIn(name, seen)
        # Each datasource answers under the name that the containers know.
        for source in load(f"{base}/datasources/datasources.yaml")["datasources"]:
            host, port = re.fullmatch(r"http://(\w+):(\d+)", source["url"]).groups()
            self.compose("exec", "-T", "grafana", "perl", "-MIO::Socket::INET", "-e",
                         f'IO::Socket::INET->new("{host}:{port}") or die "{host}: $@"')

    def test_tailrace_is_healthy_and_ends_in_time(self):
        name = self.compose("ps", "-q", "tailrace").split()[-1]
        wait_for(lambda: self.engine.inspect(name, ".State.Health.Status") == "healthy",
                 "its health", 2 * MINUTE)
        shown = fetch(TAILRACE_PORT, "/metrics")[1]
        figures = {name: float(re.search(rf"^{name} (\S+)", shown, re.MULTILINE)[1])
                   for name in ("process_resident_memory_bytes", "process_cpu_seconds_total",
                                "process_start_time_seconds")}
        self.report(f"{figures['process_resident_memory_bytes'] / 1e6:.1f} MB resident, "
                    f"{figures['process_cpu_seconds_total']:.2f} s of CPU in "
                    f"{time.time() - figures['process_start_time_seconds']:.0f} s")
        self.compose("stop", "tailrace")
        asked = re.findall(r"ts=(\S+) msg=stopping", self.engine.log_of(name))[-1]
        took = seconds_of(self.engine.inspect(name, ".State.FinishedAt")) - seconds_of(asked)
        self.assertLess(took, 8)
        self.assertEqual(self.engine.inspect(name, ".State.ExitCode"), 0, self.why())
        self.report(f"stopped after {took:.1f} s")
        before = self.count('{job="packages"}')
        self.compose("start", "tailrace")
        with open("/var/log/dpkg.log", "a", encoding="utf-8") as file:
            file.write("one more\n")
        wait_for(lambda: self.count('{job="packages"} |= "one more"') == 1, "the line", MINUTE)
        self.assertEqual(self.count('{job="packages"}'), before + 1)


def find_missing():
    if missing := missing_for_images():
        return missing
    if not os.access(LOKI, os.X_OK):
        return "no Loki (LOKI=/path/to/loki), which the compose file needs,"
    for program in ["prometheus", "iptables", JOURNALD]:
        if shutil.which(program) is None:
            return f"{program}, for the compose file,"
    if not COMPOSE_PLUGIN and shutil.which("docker-compose") is None:
        return "docker compose"
    return None


if __name__ == "__main__":
    COMPOSE_PLUGIN = shutil.which("docker") is not None and subprocess.run(
        ["docker", "compose", "version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == 0
    MISSING = find_missing()
    if MISSING:
        sys.exit(missing_peer(MISSING))
    BINARY = os.path.abspath(sys.argv[1])
    ARCHIVE = image_file(BINARY)
    if INSIDE not in os.environ:
        os.execvpe("unshare", ["unshare", "--mount", "--net", sys.executable, *sys.argv],
                   {**os.environ, INSIDE: "1"})
    run(["ip", "link", "set", "lo", "up"])
    run(["mount", "-t", "tmpfs", "tmpfs", "/var/log"])
    enter_namespace()
    os.makedirs("/run/log", exist_ok=True)
    sys.argv.pop(1)
    unittest.main()
