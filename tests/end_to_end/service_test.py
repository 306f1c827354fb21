#!/usr/bin/env python3
"""Listens as a service manager does: service_test.py PATH-OF-TAILRACE

A thread that hangs is one that a tracer has stopped; where tracing is not allowed that is skipped."""
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

from rig import PATIENCE_SECONDS, Rig, StandIn, fetch, wait_for

WATCHDOG_SECONDS = 2
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WAIT_FOR_THREADS = 0x40000000  # __WALL


class StoppedThread:
    """A thread of another process that stands still."""

    def __init__(self, thread):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long] * 4
        self.libc.ptrace.restype = ctypes.c_long
        self.thread = thread

    def __enter__(self):
        for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
            if self.libc.ptrace(request, self.thread, 0, 0) != 0:
                raise PermissionError(ctypes.get_errno(), "ptrace")
        os.waitpid(self.thread, WAIT_FOR_THREADS)
        return self

    def __exit__(self, *error):
        self.libc.ptrace(PTRACE_DETACH, self.thread, 0, 0)


def thread_named(process, name):
    folder = f"/proc/{process.pid}/task"
    for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/comm", encoding="utf-8") as file:
            if file.read().strip() == name:
                return int(thread)
    raise AssertionError(f"no thread is called {name}")


class Service(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(BINARY)
        self.loki = StandIn()
        self.path = os.path.join(self.rig.folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []

    def tearDown(self):
        self.rig.close()
        self.loki.stop()
        self.socket.close()

    def config(self, options=""):
        self.rig.config([f'{{url: "{self.loki.url()}", batchwait: 20ms}}'], options=options)

    def start(self, watchdog=0):
        environment = dict(os.environ, NOTIFY_SOCKET=self.path)
        if watchdog:
            environment["WATCHDOG_USEC"] = str(watchdog * 1_000_000)
        process = subprocess.Popen([BINARY, f"-config.file={self.rig.path}"], env=environment,
                                   stdout=subprocess.DEVNULL, stderr=self.rig.errors)
        self.rig.processes.append(process)
        return process

    def hear(self, seconds=PATIENCE_SECONDS):
        """The next message; None: there was none for so long."""
        self.socket.settimeout(seconds)
        try:
            message = self.socket.recv(4096).decode()
        except socket.timeout:
            return None
        self.heard.append(message)
        return message

    def hear_until(self, beginning):
        while True:
            message = self.hear()
            if message is None:
                self.fail(f"{beginning} was not heard, but {self.heard}\n{self.rig.log()}")
            if message.startswith(beginning):
                return message

    def hear_for(self, seconds):
        """All that comes within so long."""
        heard, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.hear(left)
            if message is not None:
                heard.append(message)
        return heard

    def hear_nothing_of(self, beginning, seconds):
        """What was answered before is let through first: one turn of the watchdog."""
        self.hear_for(WATCHDOG_SECONDS / 2)
        self.assertEqual([], [one for one in self.hear_for(seconds) if one.startswith(beginning)])

    def test_it_is_ready_when_its_listeners_are_open(self):
        self.config()
        self.rig.append("line\n")
        process = self.start()
        self.assertEqual("READY=1", self.hear())
        self.assertNotEqual(0, fetch(self.rig.port, "/ready")[0])
        self.assertIn("file", self.hear_until("STATUS="))
        wait_for(lambda: self.loki.lines() == ["line"], "the line")
        self.rig.stop(process)
        self.assertTrue(self.hear_until("STOPPING=1"))
        self.assertEqual([], [one for one in self.heard if one.startswith("WATCHDOG")])

    def test_it_is_not_ready_when_it_cannot_start(self):
        self.config()
        with open(self.rig.path, "a", encoding="utf-8") as file:
            file.write("nonsense: 1\n")
        self.assertEqual(1, self.start().wait(PATIENCE_SECONDS))
        self.assertIsNone(self.hear(0.1))

    def test_a_reload_is_announced_and_a_broken_one_says_why(self):
        self.config()
        process = self.start()
        self.hear_until("STATUS=")
        process.send_signal(signal.SIGHUP)
        self.assertRegex(self.hear_until("RELOADING=1"), r"\nMONOTONIC_USEC=[0-9]+\n")
        self.hear_until("READY=1")
        with open(self.rig.path, "a", encoding="utf-8") as file:
            file.write("nonsense: 1\n")
        process.send_signal(signal.SIGHUP)
        self.hear_until("RELOADING=1")
        self.hear_until("READY=1")
        self.assertIn("`nonsense` is not a known key", self.hear_until("STATUS="))
        self.config()
        process.send_signal(signal.SIGHUP)
        self.hear_until("READY=1")
        self.assertNotIn("nonsense", self.hear_until("STATUS="))

    def check_that_it_hangs_without(self, thread_name):
        self.config(options="tailrace: {workers: 2}\n")
        process = self.start(WATCHDOG_SECONDS)
        self.hear_until("WATCHDOG=1")
        self.hear_until("WATCHDOG=1")
        thread = thread_named(process, thread_name)
        try:
            with StoppedThread(thread):
                self.hear_nothing_of("WATCHDOG", 1.5 * WATCHDOG_SECONDS)
                self.assertIsNone(process.poll())
        except PermissionError:
            self.skipTest("no thread may be traced")
        self.hear_until("WATCHDOG=1")

    def test_the_watchdog_starves_while_a_worker_hangs(self):
        self.check_that_it_hangs_without("worker-1")

    def test_the_watchdog_starves_while_main_hangs(self):
        self.check_that_it_hangs_without("tailrace")

    def test_a_start_that_waits_for_the_outbox_says_so(self):
        self.config()
        first = self.start()
        self.hear_until("STATUS=following")
        with open(self.rig.path, encoding="utf-8") as file:
            text = file.read()
        with open(self.rig.path, "w", encoding="utf-8") as file:
            file.write(text.replace("server: {", "server: {disable: true, "))
        self.start()
        self.assertIn("another process has the outbox", self.hear_until("STATUS=another"))
        self.rig.stop(first)
        self.hear_until("READY=1")


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
