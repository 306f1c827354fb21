#!/usr/bin/env python3
"""Reads topics of a mock cluster, alone and as a group: kafka_test.py TAILRACE KAFKA_MOCK"""
import collections
import os
import re
import subprocess
import sys
import time
import unittest

from rig import Rig, StandIn, wait_for

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../../docs/sources/examples/kafka.yaml")
PARTITIONS = 4


class Cluster:
    def __init__(self, brokers=2):
        self.process = subprocess.Popen([KAFKA_MOCK, str(brokers)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.addresses = self.process.stdout.readline().strip()
        self.produced = 0

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def produce(self, count, topic="logs"):
        self.tell(f"produce {topic} {PARTITIONS} {self.produced} {self.produced + count}")
        self.produced += count

    def lines(self):
        return [f"line {number}" for number in range(self.produced)]

    def committed(self, group="logs-to-loki"):
        return sum(max(0, int(self.tell(f"committed {group} logs {partition}")))
                   for partition in range(PARTITIONS))

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Kafka(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster()
        self.cluster.tell(f"topic logs {PARTITIONS}")
        self.loki = StandIn()
        self.rigs = []

    def tearDown(self):
        for rig in self.rigs:
            rig.close()
        self.cluster.close()
        self.loki.stop()

    def rig(self):
        """A tailrace with the example of the documentation."""
        rig = Rig(BINARY)
        self.rigs.append(rig)
        with open(EXAMPLE, encoding="utf-8") as file:
            text = file.read()
        addresses = ", ".join(f'"{address}"' for address in self.cluster.addresses.split(","))
        for pattern, value in [(r"brokers: \[.*?\]", f"brokers: [{addresses}]"),
                               (r"http_listen_port: \d+", f"http_listen_port: {rig.port}"),
                               (r"url: \S+", f"url: {self.loki.url()}"),
                               (r"filename: \S+", f"filename: {rig.state}/positions.yaml")]:
            text, count = re.subn(pattern, value, text)
            self.assertEqual(count, 1, pattern)
        with open(rig.path, "w", encoding="utf-8") as file:
            file.write(text)
        return rig

    def wait_for_all(self):
        expected = set(self.cluster.lines())
        wait_for(lambda: expected <= set(self.loki.lines()), "all lines", 240)

    def assert_once(self, changing=()):
        """`changing`: those that may come twice."""
        counts = collections.Counter(self.loki.lines())
        self.assertEqual(set(counts), set(self.cluster.lines()))
        repeated = {line: n for line, n in counts.items() if n > 1}
        self.assertEqual({line for line in repeated if line not in changing}, set())
        if changing:
            print(f"  {len(counts)} lines, {len(repeated)} more than once of {len(changing)} that came while "
                  "the group was shared out anew", flush=True)

    def test_the_example_ships_each_message_once_with_its_labels(self):
        rig = self.rig()
        self.cluster.produce(1000)
        process = rig.start()
        self.wait_for_all()
        wait_for(lambda: self.cluster.committed() == 1000, "the commit")
        self.assertEqual(rig.ready()[0], 200)
        rig.stop(process)
        self.assert_once()
        self.assertEqual({entry[1] for entry in self.loki.kept}, {'{job="kafka", topic="logs"}'})

    def test_a_stop_and_a_kill_in_mid_stream_lose_nothing_and_repeat_nothing(self):
        rig = self.rig()
        for end in ["term", "kill", "term", "kill"]:
            process = rig.start()
            self.cluster.produce(5000)
            wait_for(lambda: len(self.loki.lines()) > self.cluster.produced - 4000, "some lines")
            self.cluster.produce(5000)
            if end == "term":
                rig.stop(process)
            else:
                process.kill()
                process.wait()
        process = rig.start()
        self.wait_for_all()
        wait_for(lambda: self.cluster.committed() == self.cluster.produced, "the commit")
        rig.stop(process)
        self.assert_once()

    def test_what_was_not_accepted_is_sent_after_a_kill_and_not_read_again(self):
        rig = self.rig()
        self.loki.answer = lambda tenant, entries: 503
        self.cluster.produce(2000)
        process = rig.start()
        wait_for(lambda: self.loki.requests > 0, "a request")
        wait_for(lambda: rig.metric("promtail_read_lines_total") >= 0 and rig.outbox_bytes() > 0,
                 "the outbox")
        self.assertEqual(self.cluster.committed(), 0)
        process.kill()
        process.wait()
        self.loki.answer = lambda tenant, entries: 204
        process = rig.start()
        self.wait_for_all()
        self.cluster.produce(100)
        self.wait_for_all()
        wait_for(lambda: self.cluster.committed() == self.cluster.produced, "the commit")
        rig.stop(process)
        self.assert_once()

    def wait_for_commits(self):
        """A change of a group takes two rounds of it, which mock brokers begin after nine seconds each, and one
        that was killed is waited for until its session ends, 45 seconds."""
        wait_for(lambda: self.cluster.committed() == self.cluster.produced, "the commits", 240)

    def test_several_share_a_group_that_changes(self):
        rigs = [self.rig() for _ in range(3)]
        processes = []
        # Mock brokers refuse commits while a group shares out anew; real ones take them. What is read just
        # then and not committed is read again by another member: batches are exact between such changes.
        changing = set()
        exact = []

        def changes():
            return sum(rig.metric(f"tailrace_kafka_{name}_total")
                       for rig, process in zip(rigs, processes) if process.poll() is None
                       for name in ("rebalances", "commit_failures"))

        def produce():
            """Whether the group stayed as it was meanwhile."""
            before, changed = set(self.cluster.lines()), changes()
            self.cluster.produce(1000)
            self.wait_for_all()
            self.wait_for_commits()
            batch = set(self.cluster.lines()) - before
            calm = changes() == changed
            if calm:
                exact.append(batch)
            else:
                changing.update(batch)
            return calm

        def produce_until_calm():
            wait_for(produce, "a group that stays as it is", 300)

        for rig in rigs:
            processes.append(rig.start())
            wait_for(lambda rig=rig: rig.ready()[0] == 200, "a place in the group", 60)
            produce()
            produce_until_calm()
        rigs[0].stop(processes[0])
        produce()
        produce_until_calm()
        processes[1].kill()  # The others wait for it until its session ends.
        processes[1].wait()
        produce()
        processes[1] = rigs[1].start()
        wait_for(lambda: rigs[1].ready()[0] == 200, "its place in the group", 60)
        produce()
        produce_until_calm()
        for rig, process in zip(rigs[1:], processes[1:]):
            rig.stop(process)
        self.assertGreaterEqual(len(exact), 5)  # One after each change, at least.
        self.assert_once(changing)

    def test_commits_go_on_while_a_stage_always_holds_a_line(self):
        rig = self.rig()
        with open(rig.path, "a", encoding="utf-8") as file:
            file.write("    pipeline_stages: [{multiline: {firstline: '^line', max_wait_time: 60s}}]\n")
        process = rig.start()
        for _ in range(20):
            self.cluster.produce(100)
            time.sleep(0.1)
        wait_for(lambda: len(self.loki.lines()) >= 1999, "all but the last line")
        wait_for(lambda: self.cluster.committed() >= 1999, "their commits")
        self.assertEqual(self.cluster.committed(), 1999)
        process.kill()
        process.wait()
        process = rig.start()
        wait_for(lambda: rig.ready()[0] == 200, "its place in the group", 60)
        self.cluster.produce(1)  # Ends what was held over the kill.
        wait_for(lambda: len(set(self.loki.lines())) >= 2000, "the held line")
        rig.stop(process)
        self.assertEqual(sorted(self.loki.lines()), sorted(self.cluster.lines()[:2000]))

    def test_brokers_that_go_and_come_back(self):
        rig = self.rig()
        process = rig.start()
        self.cluster.produce(1000)
        self.wait_for_all()
        for broker in (1, 2):
            self.cluster.tell(f"down {broker}")
        wait_for(lambda: "error" in rig.log(), "a word about it")
        for broker in (1, 2):
            self.cluster.tell(f"up {broker}")
        self.cluster.produce(1000)
        self.wait_for_all()
        rig.stop(process)
        self.assert_once()


if __name__ == "__main__":
    BINARY, KAFKA_MOCK = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main(verbosity=2)
