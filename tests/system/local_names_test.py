"""Names that never leave the host: special-use names, the hosts file, records, blocklists."""

import os
import unittest

import wire
from lab import SystemTest, hang_up, wait_for

CONFIG = """
[local]
hosts = "{folder}/hosts"
[[record]]
data = ["printer.corp.example. 300 IN A 192.0.2.10", "*.dev.example. 60 IN A 127.0.0.1",
        "alias.corp.example. CNAME printer.corp.example."]
[[blocklist]]
name = "ads"
file = "{folder}/ads.txt"
[[blocklist]]
name = "policy"
file = "{folder}/policy.zone"
format = "rpz"
[[budget]]
name = "eni"
shared = ""
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
budget = "eni"
[[zone]]
name = "svc.cluster.local"
upstream = "vpc"
search_tlds = ["com", "net"]
[[zone]]
name = "."
upstream = "vpc"
"""
POLICY = """
$TTL 60
@ IN SOA localhost. nobody.invalid. 1 3600 600 86400 60
@ IN NS localhost.
nodata.example.net CNAME *.
good.ads.example CNAME rpz-passthru.
*.walled.example CNAME .
answer.example.net A 192.0.2.99
"""
BLOCKED = 15


class LocalNames(SystemTest):
    def setUp(self):
        super().setUp()
        self.hosts = self.folder / "hosts"
        self.hosts.write_text("192.0.2.7 db.corp.example db\n2001:db8::7 db\n")
        (self.folder / "ads.txt").write_text("# a list\nads.example\n")
        (self.folder / "policy.zone").write_text(POLICY)
        self.vpc = self.start_vpcsim()
        self.daemon = self.start_sluiced(self.vpc.port,
                                         CONFIG.replace("{folder}", str(self.folder)))
        self.client = wire.UdpClient(self.daemon.port)
        self.addCleanup(self.client.socket.close)

    def ask(self, name, type="A", **options):
        return self.client.ask(name, type, edns=wire.opt(), **options)

    def upstream_packets(self):
        return self.daemon.total("sluice_zone_upstream_packets_total")

    def test_special_names_never_leave_the_host(self):
        for name in ("www.invalid", "test", "x.onion", "a.alt", "printer.local", "home.arpa"):
            self.assertEqual(self.ask(name).rcode, wire.NXDOMAIN, name)
        self.assertEqual(self.ask("localhost").addresses, ["127.0.0.1"])
        self.assertEqual(self.ask("any.localhost").addresses, ["127.0.0.1"])
        self.assertEqual(self.ask("localhost", "TXT").rcode, wire.NOERROR)
        self.assertIn(b"localhost", self.ask("1.0.0.127.in-addr.arpa", "PTR").answers[0][2])
        self.assertEqual(self.ask("_dns.resolver.arpa", 64).rcode, wire.NOERROR)
        self.assertEqual(self.upstream_packets(), 0)

    def test_private_reverse_zones_are_left_to_a_private_upstream(self):
        self.ask("1.0.0.10.in-addr.arpa", "PTR")
        self.assertEqual(self.upstream_packets(), 1)

    def test_the_hosts_file_is_answered_both_ways_and_followed(self):
        self.assertEqual(self.ask("db").addresses, ["192.0.2.7"])
        self.assertEqual(len(self.ask("db", "AAAA").answers), 1)
        self.assertIn(b"\2db\4corp", self.ask("7.2.0.192.in-addr.arpa", "PTR").answers[0][2])

        new = self.folder / "hosts.new"
        new.write_text("192.0.2.8 db\n")
        os.rename(new, self.hosts)

        wait_for(lambda: self.ask("db").addresses == ["192.0.2.8"], "the new hosts file")
        self.assertEqual(self.upstream_packets(), 0)

    def test_a_name_that_becomes_local_is_dropped_from_the_cache(self):
        before = self.ask("www.example.com").addresses
        self.hosts.write_text("192.0.2.77 www.example.com\n")
        wait_for(lambda: self.ask("www.example.com").addresses == ["192.0.2.77"],
                 "the cached answer to go")
        self.assertNotEqual(before, ["192.0.2.77"])

    def test_records_are_answered_with_wildcards_and_aliases(self):
        self.assertEqual(self.ask("printer.corp.example").addresses, ["192.0.2.10"])
        self.assertEqual(self.ask("a.b.dev.example").addresses, ["127.0.0.1"])
        self.assertEqual(self.ask("alias.corp.example").addresses, ["192.0.2.10"])
        reply = self.ask("printer.corp.example", "AAAA")
        self.assertEqual((reply.rcode, reply.answers), (wire.NOERROR, []))
        self.assertEqual(self.upstream_packets(), 0)

    def test_blocked_names_say_which_list_blocks_them(self):
        for name in ("ads.example", "www.ads.example"):
            reply = self.ask(name)
            self.assertEqual(reply.rcode, wire.NXDOMAIN)
            self.assertEqual(reply.ede[0], BLOCKED)
            self.assertIn('"ads"', reply.ede[1])
        self.assertEqual(self.upstream_packets(), 0)

    def test_a_policy_zone_denies_passes_and_answers(self):
        self.assertEqual(self.ask("a.walled.example").rcode, wire.NXDOMAIN)
        reply = self.ask("nodata.example.net")
        self.assertEqual((reply.rcode, reply.answers), (wire.NOERROR, []))
        self.assertEqual(self.ask("answer.example.net").addresses, ["192.0.2.99"])
        self.assertEqual(self.upstream_packets(), 0)
        self.assertEqual(self.ask("good.ads.example").rcode, wire.NOERROR)
        self.assertEqual(self.upstream_packets(), 1)

    def test_a_list_is_followed_and_kept_while_it_cannot_be_read(self):
        ads = self.folder / "ads.txt"
        ads.write_text("other.example\n")
        wait_for(lambda: self.ask("x.other.example").rcode == wire.NXDOMAIN, "the new list")
        failed = lambda: self.daemon.metrics()['sluice_local_reads_total{result="failed"}']
        ads.unlink()
        wait_for(failed, "the reader to notice that the file is gone")
        self.assertEqual(self.ask("y.other.example").rcode, wire.NXDOMAIN)

    def test_search_lists_gone_astray_are_answered_at_once(self):
        reply = self.ask("www.example.com.svc.cluster.local")
        self.assertEqual((reply.rcode, reply.ede[0]), (wire.NXDOMAIN, BLOCKED))
        self.assertEqual(self.upstream_packets(), 0)
        self.ask("db.default.svc.cluster.local")
        self.assertEqual(self.upstream_packets(), 1)

    def test_a_reload_changes_the_records(self):
        text = CONFIG.replace("{folder}", str(self.folder)).replace("192.0.2.10", "192.0.2.11")
        self.daemon.write_config(text)
        hang_up(self.daemon)
        wait_for(lambda: self.ask("printer.corp.example").addresses == ["192.0.2.11"],
                 "the new record")

    def test_answers_are_counted_by_source(self):
        for name in ("db", "localhost", "ads.example", "printer.corp.example"):
            self.ask(name)
        metrics = self.daemon.metrics()
        for source in ("hosts", "special_use", "blocklist", "record"):
            self.assertEqual(metrics[f'sluice_local_answers_total{{source="{source}"}}'], 1)


if __name__ == "__main__":
    unittest.main()
