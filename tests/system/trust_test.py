"""What is believed of upstreams, with real ones: AD, letters in random case, private addresses."""

import unittest

import wire
from lab import Process, SystemTest, free_port, wait_for

UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  verbosity: 1
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "corp.example." static
  local-data: "www.corp.example. 60 IN A 198.51.100.7"
  local-data: "rebind.corp.example. 60 IN A 192.168.1.1"
  local-data: "rebind.corp.example. 60 IN A 198.51.100.8"
  local-data: "rebind6.corp.example. 60 IN AAAA fd00::1"
remote-control:
  control-enable: no
"""
CONFIG = """
[[upstream]]
name = "vpc"
servers = ["127.0.0.1:{upstream}"]
%s
[[zone]]
name = "."
upstream = "vpc"
%s
"""
FILTERED = 17


class Trust(SystemTest):
    def start_pair(self, upstream="", zone=""):
        self.need("unbound")
        port = free_port()
        config = self.folder / "unbound.conf"
        config.write_text(UNBOUND.format(port=port, folder=self.folder))
        self.start(Process(self.folder, "unbound", ["unbound", "-d", "-c", config])) \
            .wait_for_output("start of service")
        self.daemon = self.start_sluiced(port, CONFIG % (upstream, zone))
        self.client = wire.UdpClient(self.daemon.port)
        self.addCleanup(self.client.socket.close)

    def test_letters_in_random_case_come_back_from_a_real_server(self):
        self.start_pair("mixed_case = true")
        for text in ("www.corp.example", "WWW.corp.Example"):
            reply = self.client.ask(text)
            self.assertEqual(reply.addresses, ["198.51.100.7"])
            self.assertEqual(reply.question, wire.question(text))
        self.assertEqual(self.daemon.total("sluice_upstream_mismatched_total",
                                           "sluice_upstream_suspicious_total"), 0)

    def test_private_addresses_are_taken_out(self):
        self.start_pair(zone='private_answers = "strip"')
        for _ in range(2):  # asked for, then cached
            reply = self.client.ask("rebind.corp.example", edns=wire.opt())
            self.assertEqual((reply.rcode, reply.addresses), (wire.NOERROR, ["198.51.100.8"]))
            self.assertEqual(reply.ede[0], FILTERED)
        reply = self.client.ask("rebind6.corp.example", "AAAA", edns=wire.opt())
        self.assertEqual((reply.rcode, reply.answers, reply.ede[0]), (wire.NOERROR, [], FILTERED))
        self.assertEqual(self.client.ask("www.corp.example").addresses, ["198.51.100.7"])
        self.assertEqual(self.daemon.total("sluice_zone_private_stripped_total"), 2)


if __name__ == "__main__":
    unittest.main()
