"""The daemon as a host's only resolver on 127.0.0.53:53, asked by what applications use: glibc,
Python and Node with nothing configured but resolv.conf. In a network of its own, else skipped."""

import json
import pathlib
import re
import subprocess
import sys
import unittest

import private_network
from lab import PATIENCE, SystemTest

NODE_SCRIPT = pathlib.Path(__file__).parent / "resolve.mjs"
RESOLV_CONF = "nameserver 127.0.0.53\nsearch corp.example\noptions timeout:8\n"
HOST_ADDRESSES = ("192.0.2.53/32", "2001:db8::53/128")

# Prints the addresses of argv[1], or the name of getaddrinfo's error.
GETADDRINFO = """
import socket, sys
errors = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}
try:
    print(*sorted({found[4][0] for found in socket.getaddrinfo(sys.argv[1], 443)}))
except socket.gaierror as error:
    print(errors[error.errno])
"""


def setUpModule():
    try:
        private_network.enter({"/etc/resolv.conf": RESOLV_CONF,
                               "/etc/nsswitch.conf": "hosts: dns\n"}, HOST_ADDRESSES)
    except private_network.NotPermitted as error:
        raise unittest.SkipTest(str(error)) from error


class HostResolver(SystemTest):
    def setUp(self):
        super().setUp()
        self.need("dig", "getent", "ip")
        self.vpc = self.start_vpcsim()
        self.daemon = self.start_sluiced(self.vpc.port, listen="127.0.0.53:53")

    def output_of(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=3 * PATIENCE)
        return done.stdout.strip()

    def getent(self, *args):
        """getent's lines, each a list of words; none if it says there is no such name."""
        return [line.split() for line in self.output_of("getent", *args).splitlines()]

    def getaddrinfo(self, name):
        return self.output_of(sys.executable, "-c", GETADDRINFO, name)

    def expected(self, name, *kinds):
        """What the upstream itself says to dig."""
        found = {line for kind in kinds
                 for line in self.dig(self.vpc.port, name, kind, "+short").split()}
        self.assertTrue(found, name)
        return found

    def test_getent_finds_the_addresses_of_a_name(self):
        found = self.getent("ahosts", "www.example.com")

        self.assertEqual({line[0] for line in found},
                         self.expected("www.example.com", "A", "AAAA"))
        self.assertEqual({line[0] for line in self.getent("ahostsv4", "www.example.com")},
                         self.expected("www.example.com", "A"))
        self.assertEqual({line[0] for line in self.getent("ahostsv6", "www.example.com")},
                         self.expected("www.example.com", "AAAA"))

    def test_getent_finds_the_name_of_an_address(self):
        for address, pointer in (("10.1.2.3", "3.2.1.10.in-addr.arpa"),
                                 ("192.0.2.1", "1.2.0.192.in-addr.arpa")):
            with self.subTest(address):
                found = self.getent("hosts", address)
                self.assertEqual({f"{found[0][1]}."}, self.expected(pointer, "PTR"))

    def test_getent_completes_a_short_name_from_the_search_list(self):
        found = self.getent("ahostsv4", "intranet")

        self.assertEqual({line[0] for line in found}, self.expected("intranet.corp.example", "A"))

    def test_getent_follows_a_chain_of_names(self):
        addresses = {line[0] for line in self.getent("ahostsv4", "x.cname.example")}

        self.assertTrue(addresses)
        self.assertLess(addresses, self.expected("x.cname.example", "A"))

    def test_getent_finds_all_of_more_addresses_than_fit_into_udp(self):
        found = {line[0] for line in self.getent("ahostsv4", "large.example")}

        self.assertGreater(len(found), 100)
        self.assertEqual(found, self.expected("large.example", "A"))

    def test_glibc_tells_no_such_name_from_a_failure(self):
        # "No such name" is an answer; EAI_AGAIN lets the application try later.
        self.assertEqual(self.getaddrinfo("x.nxdomain.example."), "EAI_NONAME")
        self.assertEqual(self.getaddrinfo("x.servfail.example."), "EAI_AGAIN")
        self.assertEqual(self.getent("hosts", "x.nxdomain.example."), [])
        self.assertEqual(self.getent("hosts", "x.servfail.example."), [])

    def test_python_finds_the_addresses_of_a_name(self):
        self.assertEqual(set(self.getaddrinfo("www.example.com").split()),
                         self.expected("www.example.com", "A", "AAAA"))

    def test_node_needs_no_configuration(self):
        self.need("node")
        output = self.output_of("node", NODE_SCRIPT, "system", "A:www.example.com",
                                "AAAA:www.example.com", "TXT:txt.example.com", "reverse:10.1.2.3",
                                "lookup:www.example.com", "A:large.example", "A:x.nxdomain.example",
                                "A:x.servfail.example", "lookup:x.servfail.example.")
        v4, v6, txt, reverse, looked_up, large, nxdomain, servfail, again = json.loads(output)

        self.assertEqual(set(v4), self.expected("www.example.com", "A"))
        self.assertEqual(set(v6), self.expected("www.example.com", "AAAA"))
        self.assertEqual({f'"{txt[0]}"'}, self.expected("txt.example.com", "TXT"))
        self.assertEqual({f"{reverse[0]}."}, self.expected("3.2.1.10.in-addr.arpa", "PTR"))
        self.assertEqual(set(looked_up), set(v4) | set(v6))
        self.assertEqual(set(large), self.expected("large.example", "A"))
        self.assertEqual((nxdomain, servfail, again), ("ENOTFOUND", "ESERVFAIL", "EAI_AGAIN"))


class ReplyAddress(SystemTest):
    """A client takes a reply only from the address that it asked. dig is such a client."""

    def setUp(self):
        super().setUp()
        self.need("dig", "ip")
        self.vpc = self.start_vpcsim()

    def check(self, server, name, *options):
        done = subprocess.run(["dig", f"@{server}", "+tries=1", "+time=8", name, *options],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("status: NOERROR", done.stdout)
        self.assertNotIn("unexpected source", done.stdout)
        self.assertRegex(done.stdout, rf"(?m)^;; SERVER: {re.escape(server)}#53")

    def check_each_path(self, server, name):
        """From the upstream, from the cache, and over TCP."""
        self.check(server, name)
        self.check(server, name)
        self.check(server, name, "+tcp")

    def test_is_the_one_listened_on(self):
        self.start_sluiced(self.vpc.port, listen="127.0.0.53:53")

        self.check_each_path("127.0.0.53", "www.example.com")

    def test_is_the_one_asked_where_the_daemon_listens_on_all(self):
        for listen, servers in (("0.0.0.0:53", ("127.0.0.53", "127.0.0.1", "192.0.2.53")),
                                ("[::]:53", ("::1", "2001:db8::53"))):
            daemon = self.start_sluiced(self.vpc.port, listen=listen)
            for i, server in enumerate(servers):
                with self.subTest(listen=listen, server=server):
                    self.check_each_path(server, f"www-{i}.example.com")
            daemon.stop()


if __name__ == "__main__":
    unittest.main()
