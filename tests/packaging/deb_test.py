#!/usr/bin/env python3
"""Installs the .deb into a bare Debian 12 and boots systemd there: deb_test.py BUILD-FOLDER

BUILD-FOLDER is that of the preset release, built. Needs root, debootstrap and systemd-nspawn, and a
mirror for debootstrap and apt; TAILRACE_DEBIAN_ROOT names a folder that a debootstrap with the
packages of PACKAGES left, which then is copied. What is missing is said, and the exit status is 77."""
import glob
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
from rig import free_port, missing_peer, wait_for  # pylint: disable=wrong-import-position

PACKAGES = "systemd,systemd-sysv,dbus,openssl,procps"
MINUTE = 60
LOGS = "/var/log/app.log"


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=10 * MINUTE, check=False, text=True, **more)


def must(*command, **more):
    done = run(*command, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def make_packages(build, folder):
    """The package, and the same as a later version."""
    made = []
    for version in ("", "99.0.0"):
        more = ["-R", version] if version else []
        must("cpack", "-G", "DEB", "-B", folder, *more, cwd=build)
        new = [path for path in glob.glob(folder + "/*.deb") if path not in made]
        made += new
    return made


class Root:
    """A bare Debian 12 in a folder, as a chroot and as a machine that boots."""

    def __init__(self, folder):
        self.path = folder
        self.machine = None
        self.leader = None
        given = os.environ.get("TAILRACE_DEBIAN_ROOT")
        if given:
            must("cp", "-a", "--reflink=auto", given, folder)
        else:
            must("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", folder)
        shutil.copy("/etc/resolv.conf", f"{folder}/etc/resolv.conf")

    def file(self, path):
        return self.path + path

    def read(self, path):
        with open(self.file(path), encoding="utf-8") as file:
            return file.read()

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.file(path)), exist_ok=True)
        with open(self.file(path), "w", encoding="utf-8") as file:
            file.write(text)

    def append(self, path, text):
        with open(self.file(path), "a", encoding="utf-8") as file:
            file.write(text)

    def exists(self, path):
        return os.path.lexists(self.file(path))

    def shell(self, command):
        """In the machine when it runs, else in the folder. (status, output)"""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                       "LC_ALL": "C", "TERM": "dumb", "SYSTEMD_PAGER": "cat",
                       **{key: value for key, value in os.environ.items() if key.endswith("_proxy")}}
        inside = ["chroot", self.path]
        if self.leader:
            inside = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p",
                      "--root", "--wd"]
        done = run(*inside, "/bin/sh", "-c", command, env=environment)
        return done.returncode, done.stdout

    def must(self, command):
        status, text = self.shell(command)
        if status != 0:
            raise AssertionError(f"{command}: status {status}\n{text}")
        return text

    def boot(self):
        """With a network of its own, which has loopback only."""
        log = open(self.path + ".console", "ab")
        self.machine = subprocess.Popen(
            ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "--private-network", "-D",
             self.path, "--boot"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        wait_for(self.has_booted, "the end of the boot", 2 * MINUTE)

    def has_booted(self):
        # The first child of systemd-nspawn only makes the one that stays.
        return self.find_leader() and re.search("running|degraded",
                                                self.shell("systemctl is-system-running")[1])

    def find_leader(self):
        children = f"/proc/{self.machine.pid}/task/{self.machine.pid}/children"
        with open(children, encoding="utf-8") as file:
            names = file.read().split()
        if self.machine.poll() is not None:
            with open(self.path + ".console", encoding="utf-8") as console:
                raise AssertionError("systemd-nspawn ended:\n" + console.read())
        self.leader = int(names[0]) if names else None
        return self.leader

    def halt(self):
        if self.machine is None:
            return
        self.shell("systemctl --no-block poweroff")
        try:
            self.machine.wait(MINUTE)
        except subprocess.TimeoutExpired:
            self.machine.kill()
            self.machine.wait()
        self.machine = self.leader = None

    def close(self):
        self.halt()
        shutil.rmtree(self.path)


CONFIG = """
server: {{http_listen_port: 9080, log_level: info{more}}}
positions: {{filename: /var/lib/tailrace/positions.yaml, sync_period: 200ms}}
clients: [{{url: "http://127.0.0.1:3100/loki/api/v1/push", batchwait: 50ms}}]
scrape_configs:
- job_name: app
  static_configs: [{{labels: {{job: app, __path__: /var/log/app*.log}}}}]
- job_name: journal
  journal: {{labels: {{job: journal}}}}
"""


class Deb(unittest.TestCase):
    """In the order of a package's life: each test goes on where the one before it ended."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tailrace-deb-")
        cls.old, cls.new = make_packages(BUILD, os.path.join(cls.folder, "packages"))
        cls.root = Root(os.path.join(cls.folder, "root"))
        for number, path in enumerate((cls.old, cls.new)):
            shutil.copy(path, cls.root.file(f"/root/{number}.deb"))

    @classmethod
    def tearDownClass(cls):
        cls.root.close()
        shutil.rmtree(cls.folder)

    # ---- What the service does. ----

    def show(self, name):
        return self.root.must(f"systemctl show -P {name} tailrace").strip()

    def active(self):
        return self.show("ActiveState") == "active"

    def wait_active(self, but_not=0):
        """With another process than `but_not`, which is returned."""
        def running():
            process = int(self.show("MainPID"))
            return process if self.active() and process not in (0, but_not) else None
        try:
            return wait_for(running, "the service", MINUTE)
        except AssertionError:
            self.fail(self.root.shell("systemctl status tailrace; journalctl -u tailrace -n 40")[1])

    def journal(self):
        return self.root.must("journalctl -u tailrace -o cat")

    def arrived(self):
        """Lines that the small Loki of the machine has taken."""
        text = self.root.read("/var/log/received.json") if self.root.exists(
            "/var/log/received.json") else ""
        lines = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        return [line.get("line") for line in lines]

    def wait_arrived(self, line):
        self.root.append(LOGS, line + "\n")
        try:
            wait_for(lambda: line in self.arrived(), line, MINUTE)
        except AssertionError:
            self.fail(self.root.shell("systemctl status tailrace; journalctl -u tailrace -n 40")[1])

    # ---- Installing. ----

    def test_01_it_installs_without_any_dev_package(self):
        self.root.must("apt-get update -q")
        self.root.must("apt-get install -q -y --no-install-recommends /root/0.deb")
        packages = self.root.must("dpkg-query -W -f '${Package}\\n'").split()
        self.assertEqual([], [name for name in packages if name.endswith("-dev")])
        self.assertIn("tailrace, version", self.root.must("tailrace -version"))
        self.assertEqual("", self.root.must("dpkg --verify tailrace"))

    def test_02_user_modes_and_link_are_there(self):
        self.assertIn("adm", self.root.must("id -nG tailrace"))
        self.assertIn("systemd-journal", self.root.must("id -nG tailrace"))
        self.assertEqual("640 root:tailrace\n",
                         self.root.must("stat -c '%a %U:%G' /etc/tailrace/config.yml"))
        self.assertTrue(
            self.root.exists("/etc/systemd/system/multi-user.target.wants/tailrace.service"))
        self.assertEqual("/etc/default/tailrace\n/etc/tailrace/config.yml\n", self.root.must(
            "dpkg-query -W -f '${Conffiles}' tailrace | awk 'NF{print $1}' | sort"))
        self.assertIn("Valid config file", self.root.must(
            "tailrace -config.file=/etc/tailrace/config.yml -check-syntax"))
        for name in ("man1/tailrace.1.gz", "man5/tailrace.yaml.5.gz"):
            self.root.must(f"gzip -dc /usr/share/man/{name} | grep -q ^.TH || "
                           f"grep -rq path-exclude /etc/dpkg")

    def test_03_status_pages_work_over_tls(self):
        port = free_port()
        self.root.must("mkdir -p /root/tls && cd /root/tls && openssl req -x509 -newkey rsa:2048 "
                       "-nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem "
                       "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>&1")
        self.root.write("/root/tls/config.yml", f"""
server:
  http_listen_address: 127.0.0.1
  http_listen_port: {port}
  http_tls_config: {{cert_file: /root/tls/cert.pem, key_file: /root/tls/key.pem}}
positions: {{filename: /root/tls/positions.yaml}}
clients: [{{url: "http://127.0.0.1:1/loki/api/v1/push"}}]
scrape_configs: [{{job_name: a, static_configs: [{{labels: {{__path__: /var/log/*.log}}}}]}}]
""")
        context = ssl.create_default_context(cafile=self.root.file("/root/tls/cert.pem"))
        process = subprocess.Popen(["chroot", self.root.path, "tailrace",
                                    "-config.file=/root/tls/config.yml"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            def page():
                try:
                    with urllib.request.urlopen(f"https://localhost:{port}/metrics",
                                                context=context, timeout=5) as answer:
                        return answer.read().decode()
                except OSError:
                    return None
            self.assertIn("promtail_build_info", wait_for(page, "the page"))
        finally:
            process.terminate()
            self.assertEqual(0, process.wait(MINUTE))
        self.root.must("rm -r /root/tls")

    # ---- The unit. ----

    def test_04_the_boot_starts_it(self):
        self.root.write("/etc/systemd/system/receive.service", """
[Service]
ExecStart=/usr/bin/tailrace receive -output=json
StandardOutput=append:/var/log/received.json
[Install]
WantedBy=multi-user.target
""")
        self.root.must("systemctl enable receive 2>&1")
        self.root.write("/etc/tailrace/config.yml", CONFIG.format(more=""))
        self.root.append(LOGS, "")
        self.root.must(f"chmod 0600 {LOGS}")  # Nobody but root: the capability reads it.
        self.root.boot()
        self.wait_active()
        self.assertEqual("notify", self.show("Type"))
        self.assertIn("following", self.show("StatusText"))
        self.wait_arrived("first")

    def test_05_it_runs_as_its_user_and_may_write_its_folder_only(self):
        process = self.wait_active()
        self.assertEqual("tailrace", self.root.must(f"ps -o user= -p {process}").strip())
        status = self.root.must(f"cat /proc/{process}/status")
        self.assertRegex(status, r"CapEff:\s0000000000000004\n")  # CAP_DAC_READ_SEARCH
        self.assertRegex(status, r"CapBnd:\s0000000000000004\n")
        self.assertRegex(status, r"NoNewPrivs:\s1\n")
        self.assertRegex(status, r"Seccomp:\s2\n")
        self.assertEqual("750 tailrace:tailrace\n",
                         self.root.must("stat -c '%a %U:%G' /var/lib/tailrace"))
        self.assertTrue(self.root.exists("/var/lib/tailrace/positions.yaml"))
        mounts = self.root.must(f"cat /proc/{process}/mountinfo")
        root_options = [line.split()[5] for line in mounts.splitlines() if line.split()[4] == "/"]
        self.assertTrue(root_options[-1].startswith("ro"), root_options)

    def test_06_it_reads_the_journal(self):
        self.root.must("logger -t probe journal-line 2>&1 || systemd-cat -t probe echo journal-line")
        wait_for(lambda: "journal-line" in self.arrived(), "the journal's line", MINUTE)

    def test_07_a_kill_is_followed_by_a_start_and_no_line_is_lost_or_doubled(self):
        process = self.wait_active()
        self.root.append(LOGS, "before-kill\n")
        self.root.must(f"kill -9 {process}")
        self.root.append(LOGS, "while-dead\n")
        self.wait_active(but_not=process)
        self.wait_arrived("after-kill")
        for line in ("before-kill", "while-dead", "after-kill"):
            self.assertEqual(1, self.arrived().count(line), line)

    def test_08_a_reload_keeps_the_process(self):
        process = self.wait_active()
        self.root.write("/etc/tailrace/config.yml",
                        CONFIG.format(more="").replace("job: app,", "job: app, round: second,"))
        self.root.must("systemctl reload tailrace 2>&1")
        wait_for(lambda: "the configuration was reloaded" in self.journal(), "the reload", MINUTE)
        self.assertEqual(process, self.wait_active())
        self.wait_arrived("after-reload")

    def test_09_a_reload_with_a_broken_configuration_fails_and_harms_nothing(self):
        process = self.wait_active()
        good = self.root.read("/etc/tailrace/config.yml")
        self.root.write("/etc/tailrace/config.yml", good + "nonsense: 1\n")
        status, _ = self.root.shell("systemctl reload tailrace")
        self.assertNotEqual(0, status)
        self.assertIn("`nonsense` is not a known key", self.journal())
        # By hand, past the check of `systemctl reload`: the status says why.
        self.root.must("systemctl kill -s HUP --kill-who=main tailrace")
        wait_for(lambda: "nonsense" in self.show("StatusText"), "the status", MINUTE)
        self.assertEqual(process, self.wait_active())
        self.wait_arrived("after-broken-reload")
        self.root.write("/etc/tailrace/config.yml", good)
        self.root.must("systemctl reload tailrace 2>&1")
        wait_for(lambda: "nonsense" not in self.show("StatusText"), "the status", MINUTE)

    def test_10_the_watchdog_starts_a_program_that_hangs_again(self):
        self.root.write("/etc/systemd/system/tailrace.service.d/quick.conf",
                        "[Service]\nWatchdogSec=3\nTimeoutAbortSec=5\n")
        self.root.must("systemctl daemon-reload && systemctl restart tailrace")
        process = self.wait_active()
        time.sleep(5)  # Longer than the watchdog's patience: it must not bark by itself.
        self.assertEqual(process, self.wait_active())
        self.root.must(f"kill -STOP {process}")
        self.root.append(LOGS, "while-hanging\n")
        self.wait_active(but_not=process)
        self.assertIn("Watchdog timeout", self.journal())
        wait_for(lambda: "while-hanging" in self.arrived(), "the line", MINUTE)
        self.root.must("rm -r /etc/systemd/system/tailrace.service.d && systemctl daemon-reload && "
                       "systemctl restart tailrace")

    def test_11_a_stop_is_clean_and_a_start_goes_on(self):
        begin = time.monotonic()
        self.root.must("systemctl stop tailrace")
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual("inactive", self.show("ActiveState"))
        self.assertEqual("success", self.show("Result"))
        self.root.append(LOGS, "while-stopped\n")
        self.root.must("systemctl start tailrace")
        wait_for(lambda: "while-stopped" in self.arrived(), "the line", MINUTE)
        self.assertEqual(1, self.arrived().count("first"))

    def test_12_every_drop_in_of_the_examples_starts(self):
        folder = "/usr/share/doc/tailrace/examples"
        names = self.root.must(f"ls {folder} 2>/dev/null || true").split()
        if not names:  # Documents are left out of some roots.
            names = os.listdir(os.path.join(SOURCE, "packaging/systemd/examples"))
        self.assertGreaterEqual(len(names), 4)
        self.root.must("groupadd -f docker")
        self.root.must(f"chmod 0644 {LOGS}")
        for name in names:
            shutil.copy(os.path.join(SOURCE, "packaging/systemd/examples", name),
                        self.root.file("/root/" + name))
            self.root.must("mkdir -p /etc/systemd/system/tailrace.service.d && "
                           f"mv /root/{name} /etc/systemd/system/tailrace.service.d/ && "
                           "systemctl daemon-reload && systemctl restart tailrace")
            self.wait_arrived("with-" + name)
            self.root.must("rm -r /etc/systemd/system/tailrace.service.d")
        self.root.must("systemctl daemon-reload && systemctl restart tailrace")

    def test_13_positions_that_it_may_not_write_are_told(self):
        good = self.root.read("/etc/tailrace/config.yml")
        self.root.write("/etc/tailrace/config.yml", good.replace("/var/lib/tailrace/", "/tmp/"))
        self.root.must("systemctl restart tailrace")
        wait_for(lambda: "/tmp/positions.yaml.outbox: Read-only file system" in self.journal(),
                 "the error", MINUTE)
        self.root.write("/etc/tailrace/config.yml", good)
        self.root.must("systemctl restart tailrace")
        self.wait_arrived("after-tmp")

    def test_14_how_far_it_is_exposed(self):
        text = self.root.must("systemd-analyze security tailrace.service --no-pager")
        exposure = float(re.search(r"Overall exposure level for tailrace.service: ([0-9.]+)",
                                   text)[1])
        print(f"exposure {exposure}", end=" ", flush=True)
        self.assertLessEqual(exposure, 2.0)

    # ---- Upgrading and removing. ----

    def test_15_an_upgrade_restarts_it_and_keeps_what_was_configured(self):
        process = self.wait_active()
        config = self.root.read("/etc/tailrace/config.yml")
        self.root.append(LOGS, "before-upgrade\n")
        self.root.must("dpkg -i /root/1.deb 2>&1")
        self.wait_active(but_not=process)
        self.wait_arrived("after-upgrade")
        self.assertEqual(config, self.root.read("/etc/tailrace/config.yml"))
        self.assertEqual("99.0.0", self.root.must("dpkg-query -W -f '${Version}' tailrace"))
        for line in ("before-upgrade", "after-upgrade"):
            self.assertEqual(1, self.arrived().count(line), line)

    def test_16_an_upgrade_that_the_configuration_does_not_fit_does_not_stop_it(self):
        process = self.wait_active()
        config = self.root.read("/etc/tailrace/config.yml")
        self.root.write("/etc/tailrace/config.yml", config + "nonsense: 1\n")
        text = self.root.must("dpkg -i /root/1.deb 2>&1")
        self.assertIn("was not restarted", text)
        self.assertIn("`nonsense` is not a known key", text)
        self.assertEqual(process, self.wait_active())
        self.root.write("/etc/tailrace/config.yml", config)

    def test_17_a_removal_stops_it_and_keeps_configuration_and_positions(self):
        self.root.must("dpkg -r tailrace 2>&1")
        self.assertNotEqual(0, self.root.shell("systemctl is-active tailrace")[0])
        self.assertFalse(self.root.exists("/usr/bin/tailrace"))
        self.assertTrue(self.root.exists("/etc/tailrace/config.yml"))
        self.assertTrue(self.root.exists("/var/lib/tailrace/positions.yaml"))

    def test_18_a_purge_takes_what_is_ours(self):
        self.root.must("dpkg -P tailrace 2>&1")
        for path in ("/etc/tailrace", "/etc/default/tailrace", "/var/lib/tailrace",
                     "/etc/systemd/system/multi-user.target.wants/tailrace.service"):
            self.assertFalse(self.root.exists(path), path)
        self.assertTrue(self.root.exists(LOGS))
        self.assertEqual("", self.root.must(
            "find /etc /var/lib -name '*tailrace*' -not -path '/var/lib/systemd/*' 2>/dev/null"))

    def test_19_beside_a_promtail_that_runs_it_does_not_start(self):
        self.root.write("/etc/systemd/system/promtail.service",
                        "[Service]\nExecStart=/bin/sleep infinity\n"
                        "[Install]\nWantedBy=multi-user.target\n")
        self.root.must("systemctl daemon-reload && systemctl enable --now promtail 2>&1")
        text = self.root.must("dpkg -i /root/0.deb 2>&1")
        self.assertIn("tailrace migrate", text)
        self.assertEqual("inactive", self.show("ActiveState"))
        self.assertNotEqual(0, self.root.shell("systemctl is-enabled tailrace")[0])
        # Nor by an upgrade behind everybody's back.
        self.root.must("dpkg -i /root/1.deb 2>&1")
        self.assertEqual("inactive", self.show("ActiveState"))
        self.assertNotEqual(0, self.root.shell("systemctl is-enabled tailrace")[0])


def main():
    for tool in ("debootstrap", "systemd-nspawn", "cpack", "nsenter"):
        if shutil.which(tool) is None:
            return missing_peer(tool)
    if os.geteuid() != 0:
        return missing_peer("root")
    if not os.environ.get("TAILRACE_DEBIAN_ROOT"):
        try:
            socket.getaddrinfo("deb.debian.org", 80)
        except OSError:
            return missing_peer("deb.debian.org")
    return None


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    skipped = main()
    if skipped is not None:
        sys.exit(skipped)
    unittest.main(verbosity=2, failfast=True)
