#!/usr/bin/env python3
"""Ships into a real Loki and counts: LOKI=/path/to/loki real_loki_test.py PATH-OF-TAILRACE

promtail and logcli are taken from PROMTAIL and LOGCLI, or from beside loki. Without LOKI everything
is skipped, and it says so (exit status 77)."""
import datetime
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from rig import Rig, fetch, free_port, missing_peer, wait_for

LOKI = os.environ.get("LOKI", "")
STREAMS = 20
LINES = 200_000
MINUTE = 60


def peer(name):
    path = os.environ.get(name.upper()) or os.path.join(os.path.dirname(LOKI), name)
    return path if os.access(path, os.X_OK) else None


class Loki:
    """One process, one folder, no limits worth mentioning."""

    def __init__(self, folder):
        self.port = free_port()
        data = os.path.join(folder, "loki")
        os.mkdir(data)
        path = os.path.join(folder, "loki.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""auth_enabled: false
server: {{http_listen_address: 127.0.0.1, http_listen_port: {self.port},
  grpc_listen_address: 127.0.0.1, grpc_listen_port: {free_port()}, log_level: error}}
common:
  instance_addr: 127.0.0.1
  path_prefix: "{data}"
  replication_factor: 1
  ring: {{kvstore: {{store: inmemory}}}}
  storage: {{filesystem: {{chunks_directory: "{data}/chunks", rules_directory: "{data}/rules"}}}}
schema_config:
  configs:
  - {{from: "2024-01-01", store: tsdb, object_store: filesystem, schema: v13,
     index: {{prefix: index_, period: 24h}}}}
limits_config: {{ingestion_rate_mb: 1000, ingestion_burst_size_mb: 2000,
  per_stream_rate_limit: 1GB, per_stream_rate_limit_burst: 2GB, reject_old_samples: false,
  max_entries_limit_per_query: 1000000}}
analytics: {{reporting_enabled: false}}
""")
        with open(os.path.join(folder, "loki.log"), "wb") as log:
            self.process = subprocess.Popen([LOKI, f"-config.file={path}"], stdout=log, stderr=log)
        wait_for(lambda: fetch(self.port, "/ready")[0] == 200, "Loki", 2 * MINUTE)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def url(self):
        return f"http://127.0.0.1:{self.port}/loki/api/v1/push"

    def count(self, selector):
        """The number of entries of the last hour; how long Loki needs to see them is its affair."""
        query = urllib.parse.urlencode({"query": f"sum(count_over_time({selector}[1h]))",
                                        "time": str(time.time() + 1)})
        address = f"http://127.0.0.1:{self.port}/loki/api/v1/query?{query}"
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                result = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        return int(result[0]["value"][1]) if result else 0


class RealLoki(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = Loki(self.rig.folder)

    def tearDown(self):
        self.loki.stop()
        self.rig.close()

    def report(self, text):
        print(f"  {self.id().rsplit('.', 1)[1]}: {text}", flush=True)

    def write_some(self, begin, end):
        for stream in range(STREAMS):
            self.rig.append("".join(f"line {number} of stream {stream} {'x' * 60}\n"
                                    for number in range(begin, end)), f"{stream}.log")

    def wait_for_sent(self, count):
        wait_for(lambda: self.rig.metric("promtail_sent_entries_total") >= count,
                 f"{count} entries", 2 * MINUTE)

    def test_every_line_is_counted_once(self):
        self.rig.config([f'{{url: "{self.loki.url()}"}}'])
        process = self.rig.start()
        per_stream = LINES // STREAMS
        for begin in range(0, per_stream, per_stream // 10):
            self.write_some(begin, begin + per_stream // 10)
        self.wait_for_sent(LINES)
        self.rig.stop(process)
        counted = self.loki.count('{job="app"}')
        self.report(f"{LINES} lines written, {counted} counted by Loki")
        self.assertEqual(counted, LINES)
        streams = self.loki.count('{job="app",filename=~".*/1?[0-9].log"}')
        self.assertEqual(streams, LINES)

    def test_a_kill_repeats_at_most_one_request_per_worker(self):
        workers, request_lines = 2, 2000
        line_bytes = len(f"line 12345 of stream 12 {'x' * 60}")
        self.rig.config([f'{{url: "{self.loki.url()}", batchsize: {request_lines * line_bytes}}}'],
                        options=f"tailrace: {{workers: {workers}}}")
        process = self.rig.start()
        per_stream = LINES // STREAMS
        half = per_stream // 2
        self.write_some(0, half)
        wait_for(lambda: self.rig.metric("promtail_sent_entries_total") >= LINES // 4,
                 "half of the first half", MINUTE)
        process.kill()  # In the middle of sending.
        process.wait()
        process = self.rig.start()
        self.write_some(half, per_stream)
        wait_for(lambda: self.loki.count('{job="app"}') >= LINES, "all lines", 2 * MINUTE)
        self.rig.stop(process)
        counted = self.loki.count('{job="app"}')
        self.report(f"{LINES} lines written, one kill -9, {counted} counted by Loki; "
                    f"allowed {workers} requests of about {request_lines}")
        self.assertLessEqual(counted - LINES, workers * request_lines * 11 // 10)

    def test_otlp_arrives_as_labels_metadata_and_text(self):
        url = f"http://127.0.0.1:{self.loki.port}/otlp/v1/logs"
        self.rig.config([f'{{url: "{url}", tailrace: {{protocol: otlp}}}}'], stages="""
  pipeline_stages:
  - static_labels: {service_name: shop, team: a}
  - regex: {expression: 'user=(?P<user>\\w+)'}
  - structured_metadata: {user: }
""")
        process = self.rig.start()
        lines = 20_000
        self.rig.append("".join(f"line {number} user=u{number % 3}\n" for number in range(lines)))
        self.wait_for_sent(lines)
        self.rig.stop(process)
        # `team` is no attribute that Loki makes a label of: it becomes metadata, as the user does.
        counted = self.loki.count('{service_name="shop"} | team="a" | user="u1" |= "user=u1"')
        self.report(f"{lines} lines exported, {counted} of {lines // 3 + 1} found by metadata")
        self.assertEqual(counted, lines // 3 + 1)
        self.assertEqual(self.loki.count('{service_name="shop"}'), lines)

    # --- beside Promtail ---

    STAGES = """
- job_name: text
  static_configs: [{{labels: {{job: text, __path__: "{logs}/text-*.log"}}}}]
  pipeline_stages:
  - regex: {{expression: '^(?P<ts>\\S+) (?P<level>\\w+) (?P<msg>.*)$'}}
  - timestamp: {{source: ts, format: RFC3339Nano}}
  - labels: {{level: }}
  - output: {{source: msg}}
- job_name: json
  static_configs: [{{labels: {{job: json, __path__: "{logs}/json-*.log"}}}}]
  pipeline_stages:
  - json: {{expressions: {{ts: time, level: level, user: 'user.name', code: status}}}}
  - timestamp: {{source: ts, format: RFC3339Nano}}
  - labels: {{level: , user: , status: code}}
  - drop: {{source: level, value: debug}}
- job_name: cri
  static_configs: [{{labels: {{job: cri, __path__: "{logs}/cri-*.log"}}}}]
  pipeline_stages:
  - cri: {{}}
- job_name: java
  static_configs: [{{labels: {{job: java, __path__: "{logs}/java-*.log"}}}}]
  pipeline_stages:
  - multiline: {{firstline: '^\\d{{4}}-', max_wait_time: 1s}}
  - regex: {{expression: '^(?P<ts>\\S+) (?P<level>\\w+)'}}
  - timestamp: {{source: ts, format: RFC3339Nano}}
  - labels: {{level: }}
- job_name: plain
  static_configs: [{{labels: {{job: plain, __path__: "{logs}/plain-*.log"}}}}]
"""
    COUNT = 2000

    def write_samples(self):
        """Each text of several scripts, quotes and odd blanks; times rise within a stream."""
        begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=20)
        texts = ["plain words", 'with "quotes" and \\ backslash', "gr\u00fc\u00dfe \u4f60\u597d \U0001f600",
                 "  blanks around  ", "tab\there", "{braces} [and] <more>", "percent %d %s", ""]
        levels = ["info", "warn", "error", "debug"]
        files = {"text": [], "json": [], "cri": [], "java": [], "plain": []}
        for number in range(self.COUNT):
            at = begin + datetime.timedelta(milliseconds=137 * number)
            stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{number % 1000:03d}Z"
            text = f"{texts[number % len(texts)]} {number}"
            level = levels[number * 7 % 4]
            files["text"].append(f"{stamp} {level} {text}\n")
            if number % 50 == 0:
                files["text"].append("no match here\r\n" + f"nor here {number}\n")
            files["json"].append(json.dumps({"time": stamp, "level": level, "status": number % 5,
                                             "user": {"name": f"u{number % 3}"}, "text": text},
                                            ensure_ascii=number % 2 == 0) + "\n")
            flag = "P" if number % 10 == 3 else "F"
            stream = "stdout" if number % 10 in (3, 4) else ("stderr", "stdout")[number % 2]
            files["cri"].append(f"{stamp} {stream} {flag} {text}\n")
            files["java"].append(f"{stamp} {level} {text}\n" + "\tat some.place\n" * (number % 4))
            files["plain"].append(f"{text}\n")
        for name, lines in files.items():
            self.rig.append("".join(lines), f"{name}-1.log")

    def run_beside(self, agent, command):
        folder = os.path.join(self.rig.folder, agent)
        os.mkdir(folder)
        path = os.path.join(folder, "config.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""server: {{http_listen_address: 127.0.0.1, http_listen_port: {free_port()},
  grpc_listen_port: 0}}
clients: [{{url: "{self.loki.url()}", external_labels: {{agent: {agent}}}}}]
positions: {{filename: {folder}/positions.yaml}}
scrape_configs:""" + self.STAGES.format(logs=self.rig.logs))
        with open(os.path.join(folder, "log"), "wb") as log:
            process = subprocess.Popen([*command, f"-config.file={path}"], stdout=log, stderr=log)
        self.rig.processes.append(process)
        return process

    def read_back(self, agent, job):
        """What logcli shows of one job: sorted (labels, time, line)."""
        now = datetime.datetime.now(datetime.timezone.utc)
        shown = subprocess.run(
            [peer("logcli"), f"--addr=http://127.0.0.1:{self.loki.port}", "query", "--quiet",
             "--output=jsonl", "--forward", "--limit=100000", "--batch=1000", "--timezone=UTC",
             "--include-common-labels",
             f"--from={(now - datetime.timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}",
             f"--to={(now + datetime.timedelta(minutes=5)).strftime('%Y-%m-%dT%H:%M:%SZ')}",
             f'{{agent="{agent}",job="{job}"}}'],
            capture_output=True, check=True)
        entries = []
        for line in shown.stdout.decode().splitlines():
            entry = json.loads(line)
            labels = {name: value for name, value in entry["labels"].items() if name != "agent"}
            entries.append((sorted(labels.items()), entry["timestamp"], entry["line"]))
        return sorted(entries)

    def test_promtail_and_tailrace_on_the_same_files_deliver_the_same(self):
        if not peer("promtail") or not peer("logcli"):
            if missing_peer("promtail and logcli: PROMTAIL and LOGCLI") == 1:
                self.fail("promtail and logcli are required")
            self.skipTest("promtail and logcli are not there: set PROMTAIL and LOGCLI")
        self.write_samples()
        self.run_beside("promtail", [peer("promtail")])
        self.run_beside("tailrace", [BINARY])

        def counts():
            return [self.loki.count(f'{{agent="{agent}"}}') for agent in ("promtail", "tailrace")]

        # Until both are there and nothing more comes.
        before = [0, 0]
        quiet = 0
        end = time.monotonic() + MINUTE
        while quiet < 4 and time.monotonic() < end:
            now = counts()
            quiet = quiet + 1 if now == before and min(now) > 0 else 0
            before = now
            time.sleep(1)
        for job in ("text", "json", "cri", "java", "plain"):
            promtail, tailrace = (self.read_back(agent, job) for agent in ("promtail", "tailrace"))
            # Times of the line are compared where they come from the line.
            if job == "plain":
                promtail, tailrace = ([(entry[0], entry[2]) for entry in entries]
                                      for entries in (promtail, tailrace))
            elif job == "text":
                promtail, tailrace = ([entry if "here" not in entry[2] else (entry[0], entry[2])
                                       for entry in entries] for entries in (promtail, tailrace))
            promtail, tailrace = sorted(promtail, key=repr), sorted(tailrace, key=repr)
            only = [[entry for entry in one if entry not in other][:3]
                    for one, other in ((promtail, tailrace), (tailrace, promtail))]
            self.report(f"{job}: {len(promtail)} entries of Promtail, {len(tailrace)} of tailrace"
                        + (", equal" if promtail == tailrace else f", only in one: {only}"))
            with self.subTest(job=job):
                self.assertEqual(len(promtail), len(tailrace))
                self.assertEqual(only, [[], []])
                self.assertGreater(len(promtail), self.COUNT // 2)


if __name__ == "__main__":
    if not os.access(LOKI, os.X_OK):
        sys.exit(missing_peer("no Loki: LOKI=/path/to/loki"))
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
