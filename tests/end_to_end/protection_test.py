#!/usr/bin/env python3
"""What the running program has given up, and what it keeps to itself: protection_test.py PATH-OF-TAILRACE

What needs root (another user, capabilities) is skipped and named without it."""
import ctypes
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import unittest

from rig import PATIENCE_SECONDS, Rig, StandIn, fetch, missing_root, wait_for

OTHER_USER = 65534
READ_SEARCH = 1 << 2
OVERRIDE = 1 << 1
LOW_PORTS = 1 << 10
QUICK = "batchwait: 20ms, backoff_config: {min_period: 50ms, max_period: 200ms}"
LANDLOCK_CREATE_RULESET = 444


def has_landlock():
    libc = ctypes.CDLL(None)
    return libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1) > 0


def without_landlock():
    """A kernel that has none, for the process that calls this: a filter answers ENOSYS."""
    libc = ctypes.CDLL(None)
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, LANDLOCK_CREATE_RULESET), (0x06, 0, 0, 0x00050026),
             (0x06, 0, 0, 0x7fff0000)]
    program = b"".join(struct.pack("<HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]

    whole = Program(len(steps), ctypes.addressof(buffer))
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, ctypes.byref(whole)) == 0


def core_dumps_wanted():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class Case(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()
        self.sent = 0

    def tearDown(self):
        self.rig.close()
        self.loki.stop()

    def config(self, options="", more=QUICK):
        self.rig.config([f'{{url: "{self.loki.url()}", {more}}}'], options=options)

    def start(self, *flags, **arguments):
        process = subprocess.Popen([self.rig.binary, f"-config.file={self.rig.path}", *flags],
                                   stdout=subprocess.DEVNULL, stderr=self.rig.errors, **arguments)
        self.rig.processes.append(process)
        wait_for(lambda: self.rig.ready()[0] != 0 or process.poll() is not None, "the pages")
        self.assertIsNone(process.poll(), self.rig.log())
        return process

    def lines_arrive(self):
        self.sent += 1
        line = f"line {self.sent}"
        self.rig.append(line + "\n")
        wait_for(lambda: line in self.loki.lines(), line + self.rig.log())

    def threads(self, process):
        """The status of each thread, as the kernel tells it."""
        states = []
        for thread in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{thread}/status", encoding="utf-8") as file:
                states.append(dict(line.rstrip("\n").split(":\t", 1) for line in file
                                   if ":\t" in line))
        return states

    def capabilities(self, process):
        sets = {int(state[name], 16) for state in self.threads(process)
                for name in ("CapEff", "CapPrm")}
        self.assertEqual(len(sets), 1)
        return sets.pop()

    def parts(self):
        return {part: self.rig.metric(f'tailrace_protection{{part="{part}"}}')
                for part in ("capabilities", "landlock", "seccomp")}

    def give_to_other_user(self):
        for folder, _, names in os.walk(self.rig.folder):
            for name in [".", *names]:
                os.chown(os.path.join(folder, name), OTHER_USER, OTHER_USER)

    def binary_for_other_user(self):
        """Where it lies, others may not come."""
        copy = os.path.join(self.rig.folder, "tailrace")
        shutil.copy(BINARY, copy)
        os.chmod(copy, 0o755)
        self.rig.binary = copy


class Protected(Case):
    def test_every_thread_has_the_filter_and_may_gain_nothing(self):
        self.config()
        process = self.start()
        self.lines_arrive()
        states = self.threads(process)
        self.assertGreater(len(states), 3)
        for state in states:
            self.assertEqual((state["Seccomp"], state["NoNewPrivs"]), ("2", "1"), state["Name"])
        self.assertEqual(self.parts(), {"capabilities": 1, "landlock": int(has_landlock()),
                                        "seccomp": 1})
        self.assertIn("has given up what it does not need", self.rig.log())
        self.rig.stop(process)

    def test_switched_off_it_gives_up_nothing(self):
        self.config("tailrace: {protection: {mode: off}}")
        process = self.start()
        self.lines_arrive()
        for state in self.threads(process):
            self.assertEqual((state["Seccomp"], state["NoNewPrivs"]), ("0", "0"), state["Name"])
        self.assertEqual(set(self.parts().values()), {0})
        self.rig.stop(process)

    def test_a_dry_run_gives_up_nothing(self):
        self.config()
        self.rig.append("text\n")
        process = subprocess.Popen([BINARY, f"-config.file={self.rig.path}", "-dry-run"],
                                   stdout=subprocess.PIPE, stderr=self.rig.errors)
        self.rig.processes.append(process)
        for line in process.stdout:
            if b"text" in line:
                break
        self.assertEqual(self.threads(process)[0]["Seccomp"], "0")
        process.kill()
        process.stdout.close()

    def test_root_keeps_the_right_to_read_alone(self):
        missing_root(self)
        self.config()
        process = self.start()
        self.lines_arrive()
        self.assertEqual(self.capabilities(process), READ_SEARCH)
        os.chown(os.path.join(self.rig.logs, "a.log"), OTHER_USER, OTHER_USER)
        os.chmod(os.path.join(self.rig.logs, "a.log"), 0o600)
        self.rig.append("of another\n", "b.log")
        os.chown(os.path.join(self.rig.logs, "b.log"), OTHER_USER, OTHER_USER)
        os.chmod(os.path.join(self.rig.logs, "b.log"), 0o600)
        wait_for(lambda: "of another" in self.loki.lines(), "the line of another user's file")
        self.lines_arrive()
        self.rig.stop(process)
        self.assertEqual(self.rig.metric("tailrace_outbox_lost"), 0)

    def test_root_may_write_what_belongs_to_another_user_if_it_must(self):
        missing_root(self)
        self.config()
        os.chown(self.rig.state, OTHER_USER, OTHER_USER)
        process = self.start()
        self.assertEqual(self.capabilities(process), READ_SEARCH | OVERRIDE)
        self.assertIn(f"because {self.rig.state} belongs to another user", self.rig.log())
        self.lines_arrive()
        self.rig.stop(process)
        with open(os.path.join(self.rig.state, "positions.yaml"), encoding="utf-8") as file:
            self.assertIn("a.log", file.read())

    def test_root_without_the_right_to_read_keeps_what_it_reads_with(self):
        """As in a container that was given Docker's capabilities."""
        missing_root(self)
        if shutil.which("capsh") is None:
            self.skipTest("capsh is not there")
        self.config()
        process = subprocess.Popen(
            ["capsh", "--drop=cap_dac_read_search", "--", "-c",
             f"exec {self.rig.binary} -config.file={self.rig.path}"],
            stdout=subprocess.DEVNULL, stderr=self.rig.errors)
        self.rig.processes.append(process)
        wait_for(lambda: self.rig.ready()[0] != 0, "the pages")
        self.assertEqual(self.capabilities(process), OVERRIDE)
        self.lines_arrive()
        self.rig.stop(process)

    def test_low_ports_need_a_capability_that_is_kept_for_them(self):
        missing_root(self)
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            if int(file.read()) <= 999:
                self.skipTest("every user may listen on low ports here")
        self.rig.port = 999
        self.config()
        process = self.start()
        self.assertEqual(self.capabilities(process), READ_SEARCH | LOW_PORTS)
        self.lines_arrive()
        self.rig.stop(process)

    def test_an_ordinary_user_has_nothing_to_give_up_and_watches_its_files(self):
        missing_root(self)
        self.binary_for_other_user()
        self.config()
        self.rig.append("")
        self.give_to_other_user()
        process = self.start(user=OTHER_USER, group=OTHER_USER, extra_groups=[])
        self.assertEqual(self.capabilities(process), 0)
        self.assertNotIn("level=warn", self.rig.log())
        for _ in range(3):
            self.lines_arrive()
        self.assertEqual(self.rig.metric("tailrace_files_polled"), 0)
        self.assertGreater(self.rig.metric("process_open_fds"), 3)
        self.assertGreater(self.rig.metric("process_resident_memory_bytes"), 0)
        self.rig.stop(process)

    # ---- The kernel lacks something. ----

    def test_without_landlock_it_goes_on_and_says_so_once(self):
        self.config()
        process = self.start(preexec_fn=without_landlock)
        self.lines_arrive()
        self.assertEqual(self.parts(), {"capabilities": 1, "landlock": 0, "seccomp": 1})
        self.assertEqual(self.rig.log().count("the kernel has no Landlock"), 1)
        self.rig.stop(process)

    def test_without_landlock_it_does_not_start_where_all_is_required(self):
        self.config("tailrace: {protection: {mode: require}}")
        process = subprocess.run([self.rig.binary, f"-config.file={self.rig.path}"],
                                 capture_output=True, timeout=PATIENCE_SECONDS, check=False,
                                 preexec_fn=without_landlock)
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"the kernel has no Landlock", process.stderr)

    # ---- Reload. ----

    def test_a_reload_that_would_write_elsewhere_is_refused_and_all_goes_on(self):
        if not has_landlock():
            self.skipTest("this kernel has no Landlock")
        self.config()
        process = self.start()
        self.lines_arrive()
        other = os.path.join(self.rig.folder, "other")
        os.mkdir(other)
        for options, words in [
                (f"tailrace: {{outbox: {{dir: {other}/box}}}}", "the outbox lies in"),
                (f"tailrace: {{control_socket: {other}/c.sock}}", "tailrace.control_socket lies in")]:
            before = self.rig.metric("promtail_config_reload_fail_total")
            self.config(options)
            process.send_signal(signal.SIGHUP)
            wait_for(lambda b=before: self.rig.metric("promtail_config_reload_fail_total") == b + 1,
                     "the refusal")
            self.assertIn(f"{words} {other}", self.rig.log())
            self.assertIn(f"since its start the program writes below {self.rig.state}",
                          self.rig.log())
            self.lines_arrive()
        self.config()
        self.rig.reload(process)
        self.lines_arrive()
        self.rig.stop(process)

    def test_a_reload_may_read_any_path(self):
        self.config()
        process = self.start()
        self.lines_arrive()
        new = os.path.join(self.rig.folder, "elsewhere")
        os.mkdir(new)
        self.rig.logs = new
        self.config()
        self.rig.reload(process)
        self.lines_arrive()
        self.rig.stop(process)

    # ---- Memory. ----

    def crash(self, options):
        core_dumps = os.path.join(self.rig.state, "core")
        self.config(options)
        process = self.start(preexec_fn=core_dumps_wanted, cwd=self.rig.state)
        self.lines_arrive()
        process.send_signal(signal.SIGSEGV)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -signal.SIGSEGV
        return os.WCOREDUMP(status), os.path.exists(core_dumps)

    def test_a_crash_leaves_no_core_dump(self):
        self.assertEqual(self.crash(""), (False, False))

    def test_a_crash_leaves_a_core_dump_where_it_is_wanted(self):
        if b"ELF" in open(BINARY, "rb").read(4) and sanitized():
            self.skipTest("a sanitizer handles crashes by itself")
        with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
            if file.read().strip() != "core":
                self.skipTest("the system does not write core dumps beside the process")
        self.assertEqual(self.crash("tailrace: {protection: {core_dumps: true}}"), (True, True))

    def test_another_process_of_its_user_does_not_look_into_it(self):
        missing_root(self)
        self.binary_for_other_user()
        self.config()
        self.give_to_other_user()
        process = self.start(user=OTHER_USER, group=OTHER_USER, extra_groups=[])
        for name in ("environ", "mem", "maps", "fd"):
            looked = subprocess.run(["ls" if name == "fd" else "cat", f"/proc/{process.pid}/{name}"],
                                    check=False, capture_output=True,
                                    user=OTHER_USER, group=OTHER_USER, extra_groups=[])
            self.assertNotEqual(looked.returncode, 0, name)
        self.rig.stop(process)


def sanitized():
    with open(BINARY, "rb") as file:
        return b"libasan.so" in file.read()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__)
        sys.exit(2)
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
