"""Several listener threads under the load of many clients at once."""

import itertools
import random
import threading
import unittest

import wire
from lab import AMPLE, PATIENCE, SystemTest, hang_up, wait_for

THREADS = 3
CLIENTS = 12
ANOTHER_ZONE = """
[[zone]]
name = "another.example.com"
upstream = "vpc"
"""


class Client(threading.Thread):
    """Asks one name after the other from a port of its own, and keeps what is wrong."""

    def __init__(self, port, names, answers, seed):
        super().__init__()
        self.port = port
        self.patience = PATIENCE
        self.names = names
        self.expected = answers
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.asked = 0
        self.wrong = []
        self.unanswered = 0

    def run(self):
        with wire.UdpClient(self.port) as client:
            client.socket.settimeout(self.patience)
            for name in self.names(self.random):
                if self.stop.is_set():
                    return
                self.asked += 1
                try:
                    reply = client.ask(name)
                except OSError:  # silence, or the port is gone
                    self.unanswered += 1
                    return
                if reply.rcode != wire.NOERROR or reply.addresses != self.expected[name] or \
                        reply.question != wire.question(name):
                    self.wrong.append((name, reply))


class Threads(SystemTest):
    NAMES = [f"host-{i}.example.com" for i in range(60)]

    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(limit=1_000_000)
        self.daemon = self.start_sluiced(self.vpc.port, AMPLE, server=f"threads = {THREADS}")
        with wire.UdpClient(self.vpc.port) as truth:
            self.answers = {name: truth.ask(name).addresses for name in self.NAMES}

    def start_clients(self, names, patience=PATIENCE):
        clients = [Client(self.daemon.port, names, self.answers, seed) for seed in range(CLIENTS)]
        for client in clients:
            client.patience = patience
            client.start()
            self.addCleanup(client.join)
            self.addCleanup(client.stop.set)  # runs first
        return clients

    def shuffled(self, source):
        return source.sample(self.NAMES, len(self.NAMES)) * 3

    def endlessly(self, source):
        return (source.choice(self.NAMES) for _ in itertools.count())

    def assert_right(self, clients):
        self.assertEqual([client.wrong for client in clients if client.wrong], [])

    def test_each_thread_has_a_socket_on_the_same_port(self):
        port = f":{self.daemon.port:04X}"
        with open("/proc/net/udp", encoding="ascii") as table:
            local = [line.split()[1] for line in table]
        self.assertEqual(sum(address.endswith(port) for address in local), THREADS)
        self.assertEqual(self.daemon.control("status")["threads"], THREADS)

    def test_all_answers_are_right_and_the_counters_add_up(self):
        clients = self.start_clients(self.shuffled)
        for client in clients:
            client.join()

        self.assert_right(clients)
        self.assertEqual([client.unanswered for client in clients], [0] * CLIENTS)
        asked = sum(client.asked for client in clients)
        self.assertEqual(asked, CLIENTS * len(self.NAMES) * 3)
        for metrics in (["sluice_client_queries_total"], ["sluice_client_replies_total"],
                        ["sluice_cache_lookups_total"]):
            self.assertEqual(self.daemon.total(*metrics), asked)
        misses = self.daemon.metrics()['sluice_cache_lookups_total{result="miss"}']
        self.assertEqual(self.daemon.total("sluice_zone_queries_total"), misses)
        self.assertEqual(self.daemon.total("sluice_zone_questions_total"), len(self.NAMES))
        self.assertEqual(self.daemon.total("sluice_zone_upstream_packets_total"), len(self.NAMES))

    def test_a_reload_under_load_disturbs_nobody(self):
        clients = self.start_clients(self.endlessly)
        for reloads in range(1, 6):
            self.daemon.write_config(AMPLE + (ANOTHER_ZONE if reloads % 2 else ""))
            hang_up(self.daemon)
            wait_for(lambda: self.daemon.metrics()['sluice_reloads_total{result="ok"}'] == reloads,
                     f"reload {reloads}")
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join()

        self.assert_right(clients)
        self.assertEqual([client.unanswered for client in clients], [0] * CLIENTS)
        self.assertEqual(self.daemon.total("sluice_zone_questions_total"), len(self.NAMES))

    def test_sigterm_under_load_ends_in_order(self):
        clients = self.start_clients(self.endlessly, patience=3.0)  # some wait in vain at the end
        wait_for(lambda: all(client.asked > 20 for client in clients), "the load")

        self.daemon.child.terminate()

        self.assertEqual(self.daemon.wait(), 0)
        self.assertIn("event=stopped unanswered=0", self.daemon.output)
        for client in clients:
            client.join()
        self.assert_right(clients)


if __name__ == "__main__":
    unittest.main()
