#!/usr/bin/env python3
"""The live page in a browser: live_test.py PATH-OF-TAILRACE [--pictures FOLDER]

Targets, live tail, playground with a fault and its correction, a phone's width, the keyboard, what
is loaded from elsewhere (nothing). With --pictures the screenshots of the documents are made anew.
Skipped and named when there is no chromium (exit status 77)."""
import os
import sys
import tempfile
import threading
import time
import unittest

from browser import CHROMIUM, Browser
from rig import Rig, StandIn, missing_peer, wait_for

STAGES = r"""  pipeline_stages:
  - regex: {expression: '^(?P<time>\S+) (?P<level>\w+) (?P<message>.*)$'}
  - drop: {source: level, value: debug}
  - labels: {level: }
  - timestamp: {source: time, format: RFC3339}
  - output: {source: message}
"""
PICTURES = None
CTRL = 2


class LivePage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.loki = StandIn()
        cls.rig = Rig(BINARY)
        cls.rig.config([f"{{url: {cls.loki.url()}, batchwait: 100ms}}"], STAGES)
        cls.rig.append("2026-01-02T03:04:05Z info started\n")
        cls.rig.start()
        wait_for(lambda: cls.rig.ready()[0] == 200, "the server")
        wait_for(lambda: cls.loki.lines(), "the first line")
        cls.browser = Browser()
        cls.url = f"http://127.0.0.1:{cls.rig.port}/tailrace/"
        cls.folder = PICTURES or tempfile.mkdtemp()
        cls.writing = threading.Event()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.rig.close()
        cls.loki.stop()

    def setUp(self):
        self.browser.size(1280, 800)

    def open(self, view):
        self.browser.open("about:blank")
        self.browser.complaints.clear()
        self.browser.open(self.url + "#" + view)

    def picture(self, name):
        path = os.path.join(self.folder, name + ".png")
        self.browser.picture(path)
        self.assertGreater(os.path.getsize(path), 5000)

    def tearDown(self):
        self.assertEqual(self.browser.complaints, [])

    def test_targets_show_files_and_their_lag(self):
        self.open("targets")
        self.browser.wait("document.querySelectorAll('#files tr').length === 1")
        row = self.browser.run("document.querySelector('#files tr').innerText")
        self.assertIn(self.rig.logs + "/a.log", row)
        self.assertIn("none", row)
        self.picture("live-targets")
        self.browser.run("document.getElementById('targets-filter').value = 'nothing has this';"
                         "document.getElementById('targets-filter').dispatchEvent(new Event('input'))")
        self.browser.wait("document.querySelectorAll('#files tr').length === 0")

    def test_targets_name_what_is_wrong_with_a_client(self):
        self.loki.stop()
        try:
            self.rig.append("2026-01-02T03:04:05Z info unheard\n")
            self.open("targets")
            self.browser.wait("document.getElementById('troubles').innerText.length > 0")
        finally:
            self.loki.restart()

    def tail(self, selector):
        self.open("tail")
        self.browser.run(f"document.getElementById('selector').value = {selector!r}")
        self.browser.run("document.getElementById('tail-start').click()")
        self.browser.wait("document.getElementById('tail-status').innerText.startsWith('Running')")

    def test_the_live_tail_shows_entries_as_they_come_with_what_each_stage_did(self):
        self.tail('{job="app"}')
        self.rig.append("2026-01-02T03:04:05Z debug chatter\n2026-01-02T03:04:05Z warn disk is full\n")
        self.browser.wait("document.querySelectorAll('#entries .entry').length === 2")
        self.browser.run("document.querySelectorAll('#entries summary').forEach(s => s.click())")
        first, second = self.browser.run(
            "[...document.querySelectorAll('#entries .entry')].map(entry => entry.innerText)")
        self.assertIn("disk is full", first)
        self.assertIn("SENT", first)
        self.assertIn("2 labels", first.replace("\n", " "))
        self.assertIn("DROPPED", second)
        self.assertIn("counted as drop_stage", second)
        # What the groups of the regex matched, in either entry.
        self.assertEqual(self.browser.run(
            "[...document.querySelectorAll('#entries .entry')].map("
            "entry => [...entry.querySelectorAll('mark')].map(mark => mark.title))"),
            [["time", "level", "message"]] * 2)
        self.picture("live-tail")

    def test_the_live_tail_keeps_to_its_selector_and_names_a_bad_one(self):
        self.tail('{job="app"} |= "wanted"')
        self.rig.append("2026-01-02T03:04:05Z info other\n2026-01-02T03:04:05Z info wanted\n")
        self.browser.wait("document.querySelectorAll('#entries .entry').length === 1")
        self.assertIn("wanted", self.browser.run("document.querySelector('#entries').innerText"))
        self.browser.run("document.getElementById('tail-start').click()")
        self.browser.run("document.getElementById('selector').value = '{job='")
        self.browser.run("document.getElementById('tail-start').click()")
        self.browser.wait("!document.getElementById('tail-error').hidden")
        self.browser.complaints.clear()  # The refusal itself.

    def test_an_entry_of_the_tail_goes_to_the_playground(self):
        self.tail('{job="app"} |= "bring me"')
        self.rig.append("2026-01-02T03:04:05Z info bring me\n")
        self.browser.wait("document.querySelector('#entries button') !== null")
        self.browser.run("document.querySelector('#entries button').click()")
        self.browser.wait("document.querySelectorAll('#results .entry').length === 1")
        self.assertIn("bring me", self.browser.run("document.getElementById('results').innerText"))
        self.assertIn("regex", self.browser.run("document.getElementById('stages').value"))

    def test_the_playground_marks_a_fault_at_its_line_and_runs_once_it_is_mended(self):
        self.open("playground")
        self.browser.wait("document.querySelectorAll('#job option').length === 2")
        self.browser.run("document.getElementById('lines').value = "
                         "'2026-01-02T03:04:05Z error it broke'")
        self.browser.run("document.getElementById('job').value = 'app';"
                         "document.getElementById('job').dispatchEvent(new Event('change'))")
        self.browser.wait("document.querySelectorAll('#results .entry').length === 1")
        good = self.browser.run("document.getElementById('stages').value")
        change = ("document.getElementById('stages').value = {!r};"
                  "document.getElementById('stages').dispatchEvent(new Event('input'))")
        bad = good.replace("(?P<level>", "(?P<level")
        self.assertNotEqual(good, bad)
        self.browser.run(change.format(bad))
        self.browser.wait("document.querySelector('#faults li.error') !== null")
        line = next(number for number, text in enumerate(bad.split("\n"), 1) if "?P<level" in text)
        marked = int(self.browser.run("document.querySelector('#gutter b').innerText"))
        self.assertLessEqual(abs(marked - line), 1)  # The stage, or its expression below it.
        self.assertTrue(self.browser.run(
            "document.getElementById('results').classList.contains('stale')"))
        self.picture("live-playground-fault")
        self.browser.run(change.format(good))
        self.browser.wait("document.querySelector('#faults li') === null")
        self.browser.wait("document.querySelector('#results:not(.stale) mark') !== null")
        self.assertIn("it broke", self.browser.run("document.getElementById('results').innerText"))
        self.picture("live-playground")

    def test_it_works_by_keyboard_alone(self):
        self.open("targets")
        for _ in range(10):
            self.browser.key("Tab")
            if self.browser.run("document.activeElement.id") == "tab-targets":
                break
        self.assertEqual(self.browser.run("document.activeElement.id"), "tab-targets")
        self.browser.key("ArrowRight")
        self.assertEqual(self.browser.run("document.activeElement.id"), "tab-tail")
        self.browser.key("ArrowRight")
        self.assertFalse(self.browser.run("document.getElementById('playground').hidden"))
        for _ in range(10):
            self.browser.key("Tab")
            if self.browser.run("document.activeElement.id") == "stages":
                break
        self.browser.type("- static_labels: {by: keyboard}")
        self.browser.key("Tab")
        self.browser.key("Tab")
        self.assertEqual(self.browser.run("document.activeElement.id"), "lines")
        self.browser.type("typed")
        self.browser.key("Enter", CTRL)
        self.browser.wait("document.getElementById('results').innerText.includes('by=\"keyboard\"')")

    def test_it_fits_a_phone_and_a_dark_room(self):
        for scheme in ("light", "dark"):
            self.browser.size(375, 740, scheme)
            for view in ("targets", "tail", "playground"):
                self.open(view)
                self.browser.wait(f"!document.getElementById('{view}').hidden")
                wide = self.browser.run("document.documentElement.scrollWidth")
                self.assertLessEqual(wide, 375, f"{view} is wider than the screen")
        self.open("targets")
        self.browser.wait("document.querySelectorAll('#files tr').length > 0")
        ground = self.browser.run("getComputedStyle(document.body).backgroundColor")
        self.assertEqual(ground, "rgb(18, 22, 28)")
        self.picture("live-phone-dark")

    def test_nothing_comes_from_elsewhere(self):
        self.open("playground")
        self.browser.wait("performance.getEntriesByType('resource').length > 2")
        origins = self.browser.run(
            "[...new Set(performance.getEntriesByType('resource').map(r => new URL(r.name).origin))]")
        self.assertEqual(origins, [f"http://127.0.0.1:{self.rig.port}"])


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv[1])
    if "--pictures" in sys.argv:
        PICTURES = os.path.abspath(sys.argv[sys.argv.index("--pictures") + 1])
        os.makedirs(PICTURES, exist_ok=True)
    if CHROMIUM is None:
        sys.exit(missing_peer("chromium"))
    unittest.main(argv=sys.argv[:1], verbosity=2)
