#!/usr/bin/env python3
"""Runs the image of docker/Dockerfile in a real dockerd: image_test.py PATH-OF-TAILRACE

Needs root, dockerd, docker and a base (TAILRACE_BASE, see images.py); without them all is skipped,
and it says so (exit status 77)."""
import os
import re
import subprocess
import sys
import time
import unittest

from images import Engine, MINUTE, QUIET, image_file, missing_for_images, missing_peer

from rig import Rig, StandIn, wait_for

SIZE_MAX = 40_000_000


def has_sanitizers(binary):
    return "libasan" in subprocess.run(["ldd", binary], stdout=subprocess.PIPE,
                                       check=True).stdout.decode()


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        archive = image_file(BINARY)
        cls.home = Rig(BINARY)
        cls.engine = Engine(cls.home.folder)
        cls.engine.start()
        cls.engine.docker("load", "-i", archive)

    @classmethod
    def tearDownClass(cls):
        cls.engine.close()
        cls.home.close()

    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()

    def tearDown(self):
        for container in self.engine.run("ps", "-aq").split():
            self.engine.run("rm", "-f", container)
        self.loki.stop()
        self.rig.close()

    def report(self, text):
        print(f"  {self.id().rsplit('.', 1)[1]}: {text}", flush=True)

    def config(self, jobs="", positions="/tmp/positions.yaml", more=""):
        """As users of the replaced image have it, but for the port, which is the host's here."""
        jobs = jobs or """- job_name: app
  static_configs: [{labels: {job: app, __path__: /logs/*.log}}]"""
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(f"""server: {{http_listen_port: {self.rig.port}, grpc_listen_port: 0}}
clients: [{{url: "{self.loki.url()}", batchwait: 100ms}}]
positions: {{filename: {positions}}}
{more}
scrape_configs:
{jobs}
""")

    def start(self, *options, arguments=(), mounted_at="/etc/promtail/config.yml"):
        return self.engine.run("run", "-d", "--name", "tailrace", "--network=host", *QUIET,
                               "-v", f"{self.rig.path}:{mounted_at}:ro",
                               "-v", f"{self.rig.logs}:/logs:ro", *options, "tailrace", *arguments)

    def log(self):
        return subprocess.run(["docker", "-H", f"unix://{self.engine.socket}", "logs", "tailrace"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False).stdout.decode()[-3000:]

    def wait_for_line(self, line):
        try:
            wait_for(lambda: line in self.loki.lines(), f"the line {line}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from error

    def stop(self):
        """The seconds that it took, and its exit status."""
        begin = time.monotonic()
        self.engine.run("stop", "-t", "20", "tailrace")
        took = time.monotonic() - begin
        return took, self.engine.inspect("tailrace", ".State.ExitCode")

    def test_it_is_small(self):
        sizes = [self.engine.inspect(name, ".Size") for name in ("tailrace", "base")]
        added = sizes[0] - sizes[1]
        self.report(f"{sizes[0] / 1e6:.1f} MB on a base of {sizes[1] / 1e6:.1f} MB: "
                    f"{added / 1e6:.1f} MB")
        if not has_sanitizers(BINARY):
            self.assertLess(added, SIZE_MAX)

    def test_it_is_described_like_the_image_that_it_replaces(self):
        about = self.engine.inspect("tailrace", ".Config")
        self.assertEqual(about["Entrypoint"], ["/usr/bin/promtail"])
        self.assertEqual(about["Cmd"], ["-config.file=/etc/promtail/config.yml"])
        self.assertEqual(about.get("User", ""), "")
        self.assertEqual(about["Labels"]["org.opencontainers.image.title"], "tailrace")
        self.assertEqual(about["Labels"]["org.opencontainers.image.version"], "1.2.3")
        self.assertEqual(about["Healthcheck"]["Test"][:3], ["CMD", "/usr/bin/tailrace", "health"])

    def test_it_runs_without_anything_mounted(self):
        self.engine.run("run", "-d", "--name", "tailrace", "--network=none", *QUIET, "tailrace")
        wait_for(lambda: "server listening" in self.log(), "its start")
        shown = self.engine.run("exec", "tailrace", "sh", "-c",
                                "cat /etc/promtail/config.yml; ls /usr/share/zoneinfo/Europe/Berlin "
                                "/etc/ssl/certs/ca-certificates.crt")
        for text in ["http://loki:3100/loki/api/v1/push", "/var/log/*log", "Berlin"]:
            self.assertIn(text, shown)

    def test_only_a_mounted_configuration_is_needed(self):
        self.config()
        self.rig.append("first\n")
        self.start()
        self.wait_for_line("first")
        took, status = self.stop()
        self.report(f"SIGTERM to process 1: ended after {took:.1f} s with status {status}")
        self.assertEqual(status, 0, self.log())
        self.assertLess(took, 10)
        # Positions are in the container, as they were: a restart goes on behind them.
        self.rig.append("second\n")
        self.engine.run("start", "tailrace")
        self.wait_for_line("second")
        self.assertEqual(self.loki.lines(), ["first", "second"])

    def test_flags_stand_in_the_place_of_the_default(self):
        self.config(more="target_config: {sync_period: 1s}")
        self.rig.append("one\n")
        with open(self.rig.path, encoding="utf-8") as file:
            text = file.read()
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(text.replace(str(self.loki.port), "${PORT}"))
        self.start("-e", f"PORT={self.loki.port}", *self.quick_health(), mounted_at="/etc/other.yml",
                   arguments=["-config.file=/etc/other.yml", "-config.expand-env=true"])
        self.wait_for_line("one")
        self.wait_for_health("healthy")

    def test_another_containers_log_arrives(self):
        self.config("""- job_name: docker
  docker_sd_configs: [{host: unix:///var/run/docker.sock}]
  relabel_configs:
  - {source_labels: [__meta_docker_container_name], regex: "/(.*)", target_label: container}""")
        self.start("-v", f"{self.engine.socket}:/var/run/docker.sock")
        self.engine.run("run", "--name", "talker", "--network=none", "base", "sh", "-c",
                        "for i in 1 2 3 4 5; do echo line $i; done")
        self.wait_for_line("line 5")
        with self.loki.lock:
            got = [(entry[1], entry[3]) for entry in self.loki.kept]
        # The other's lines, each once, and none of its own.
        self.assertEqual(got, [('{container="talker"}', f"line {i}") for i in range(1, 6)])

    def quick_health(self):
        return ["--health-interval=1s", "--health-retries=2", "--health-start-period=0s"]

    def health(self):
        return self.engine.inspect("tailrace", ".State.Health")

    def wait_for_health(self, wanted):
        wait_for(lambda: self.health()["Status"] == wanted, f"{wanted}: {self.health()}", MINUTE)
        return self.health()["Log"][-1]["Output"]

    def test_health_follows_ready(self):
        self.config(more="target_config: {sync_period: 1s}")
        self.start(*self.quick_health())
        self.assertIn("Unable to find any logs", self.wait_for_health("unhealthy"))
        self.rig.append("now\n")
        said = self.wait_for_health("healthy")
        self.assertEqual(said, f"healthy: http://127.0.0.1:{self.rig.port}/ready: Ready\n")
        self.engine.run("kill", "-s", "STOP", "tailrace")
        self.assertIn("unhealthy: ", self.wait_for_health("unhealthy"))
        self.engine.run("kill", "-s", "CONT", "tailrace")
        self.wait_for_health("healthy")

    def test_process_1_leaves_no_zombies(self):
        self.config()
        self.start()
        wait_for(lambda: "server listening" in self.log(), "its start")
        # An orphan of ours: its parent ends first, so process 1 inherits it.
        self.engine.run("exec", "tailrace", "sh", "-c", "(sleep 1; true) & exit 0")

        def states():
            return self.engine.run("exec", "tailrace", "sh", "-c",
                                   "cat /proc/[0-9]*/stat 2>/dev/null")
        wait_for(lambda: "(sleep)" not in states(), "the orphan's end")
        self.assertEqual(re.findall(r"\d+ \(\S+\) Z .*", states()), [])

    def test_behind_an_init_too(self):
        self.config()
        self.rig.append("one\n")
        self.start("--init", *self.quick_health())
        self.wait_for_line("one")
        self.wait_for_health("healthy")
        self.assertEqual(self.stop()[1], 0)

    def test_it_reads_what_belongs_to_others_with_one_capability(self):
        self.config(positions="/state/positions.yaml")
        self.rig.append("secret\n")
        path = os.path.join(self.rig.logs, "a.log")
        os.chown(path, 1234, 1234)
        os.chmod(path, 0o600)
        os.chmod(self.rig.state, 0o755)
        self.start("--read-only", "--cap-drop=ALL", "--cap-add=DAC_READ_SEARCH",
                   "--security-opt=no-new-privileges", "-v", f"{self.rig.state}:/state")
        self.wait_for_line("secret")
        wait_for(lambda: os.path.exists(f"{self.rig.state}/positions.yaml"), "positions")
        self.assertEqual(self.stop()[1], 0)

    def test_another_user(self):
        self.config(positions="/state/positions.yaml")
        self.rig.append("for the group\n")
        path = os.path.join(self.rig.logs, "a.log")
        os.chown(path, 0, 4)
        os.chmod(path, 0o640)
        os.chmod(self.rig.path, 0o644)
        os.chmod(self.rig.folder, 0o755)
        os.chown(self.rig.state, 10001, 10001)
        self.start("--user=10001:10001", "--group-add=4", "--cap-drop=ALL",
                   "-v", f"{self.rig.state}:/state", *self.quick_health())
        self.wait_for_line("for the group")
        self.wait_for_health("healthy")
        self.assertEqual(os.stat(f"{self.rig.state}/positions.yaml.outbox").st_uid, 10001)
        self.assertEqual(self.stop()[1], 0)


if __name__ == "__main__":
    MISSING = missing_for_images()
    if MISSING:
        sys.exit(missing_peer(MISSING))
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
