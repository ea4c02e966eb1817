"""Real clients, with little configured but resolv.conf, on a host whose only resolver is the daemon
on 127.0.0.53:53. Every cell of table.EXPECTED is tried. In a network of its own, else skipped."""

import concurrent.futures
import http.server
import socket
import threading
import unittest

import private_network
import table
import upstream
import wire
from clients import CLIENTS
from lab import SystemTest
from measure import cell_of, group_of, measure, name_asked, name_found

UPSTREAM = ("127.0.0.1", 5300)
FILES = {"/etc/resolv.conf": "nameserver 127.0.0.53\n", "/etc/nsswitch.conf": "hosts: dns\n"}


def setUpModule():
    try:
        private_network.enter(FILES, (f"{upstream.V4}/32", f"{upstream.V6}/128"))
    except private_network.NotPermitted as error:
        raise unittest.SkipTest(str(error)) from error


class Page(http.server.BaseHTTPRequestHandler):
    """What curl fetches: nothing, politely."""

    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class WebServer(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def config():
    """An upstream for each client and a rule for each cell, so that no cell suffers from another's
    failures and the metrics tell all of them apart."""
    text = ['[[budget]]\nname = "eni"\nlimit = 100000\nburst = 10000\nshared = ""\n']
    for client in CLIENTS:
        text.append(f'[[upstream]]\nname = "{group_of(client)}"\n'
                    f'servers = ["{UPSTREAM[0]}:{UPSTREAM[1]}"]\nbudget = "eni"\n')
        cells = ", ".join(f'"{cell_of(client, case)}"' for case in table.CASES)
        text.append(f'[[zone]]\nname = [{cells}]\nupstream = "{group_of(client)}"\n')
    return "".join(text)


class Table(unittest.TestCase):
    def test_has_every_client_and_every_case(self):
        self.assertEqual(set(table.EXPECTED), set(CLIENTS))
        for client, row in table.EXPECTED.items():
            self.assertEqual(set(row), set(table.CASES), client)


class Clients(SystemTest):
    def setUp(self):
        # Stopped last, when the daemon has closed its connections.
        self.upstream = upstream.Upstream(*UPSTREAM)
        self.addCleanup(self.upstream.stop)
        super().setUp()
        self.need("unshare", "mount", "umount", "hostname")
        self.daemon = self.start_sluiced(0, config=config(), listen="127.0.0.53:53")
        web = WebServer(("::", 80), Page)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)

    def test_each_client_finds_what_the_table_says(self):
        skipped = {client: f"not installed: {', '.join(how.missing())} (package {how.package})"
                   for client, how in CLIENTS.items() if how.missing()}
        clients = [client for client in CLIENTS if client not in skipped]
        for client in clients:
            self.prepare(client)
        self.before = self.daemon.metrics()
        with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
            found = dict(zip(clients, pool.map(self.measure_row, clients)))
        self.after = self.daemon.metrics()

        results = {client: {case: self.describe(client, case, cell) for case, cell in row.items()}
                   for client, row in found.items()}
        print(f"\n{table.render(results, skipped)}", flush=True)
        for client, row in found.items():
            for case, cell in row.items():
                with self.subTest(client=client, case=case):
                    self.check(client, case, cell)
        for client, why in skipped.items():
            if not CLIENTS[client].is_large:
                with self.subTest(client=client):
                    self.skipTest(why)

    def prepare(self, client):
        """Makes the client's program, caches the answer of the case `case` in lower case, and lets
        the daemon learn how fast the upstream is where a datagram will be lost."""
        CLIENTS[client].prepare(self.folder)
        with wire.UdpClient(53, "127.0.0.53") as stub:
            for type in ("A", "AAAA"):
                stub.ask(name_asked(client, "case").lower(), type)
            stub.ask(f"host.last.{cell_of(client, 'lost')}")

    def measure_row(self, client):
        """{case: Found}, one case after the other."""
        return {case: measure(client, case, self.folder)
                for case, cell in table.EXPECTED[client].items()
                if not isinstance(cell, table.Left)}

    def counted(self, client, case, metric):
        """By how much one of the daemon's metrics of this cell has grown."""
        series = f'sluice_zone_{metric}_total{{zone="{cell_of(client, case)}."}}'
        return int(self.after[series] - self.before[series])

    def repeats(self, client, case):
        """Queries of the client that came while the daemon was busy with the same question."""
        return (self.counted(client, case, "retransmits_absorbed") +
                self.counted(client, case, "coalesced"))

    def describe(self, client, case, found):
        asked = self.counted(client, case, "queries")
        sent = len(self.upstream.asked(cell_of(client, case), found.began))
        return f"{found.word} {asked}>{sent} {found.seconds:.1f}s"

    def check(self, client, case, found):
        how, outcome = CLIENTS[client], found.outcome
        words, most = table.expected(client, case)
        asked = self.upstream.asked(cell_of(client, case), found.began)
        self.assertIn(found.word, words, found.output)
        self.assertLessEqual(len(asked), most, asked)
        self.assertLessEqual(len(self.upstream.probes(cell_of(client, case), found.began)), 1)
        if how.shows_names and outcome.addresses:
            self.assertEqual(outcome.names, {name_found(client, case)}, found.output)
        if case == "slow":
            # Had it waited for one answer before the other question, the times would add up.
            first = {query.type: query.at for query in reversed(asked)
                     if query.name == name_found(client, case)}
            self.assertLess(abs(first[upstream.A] - first[upstream.AAAA]), upstream.SLOW_A)
        if case == "lost":
            self.assertEqual(self.repeats(client, case), 0, "the client had to ask again")
        if case in ("late", "silent") and how.asks_again:
            self.assertGreater(self.repeats(client, case), 0, "the client never asked again")


if __name__ == "__main__":
    unittest.main()
