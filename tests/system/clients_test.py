"""The query tools that operators have, and Node's own resolver, each asking the daemon. What they
find is what the upstream says to dig itself."""

import json
import pathlib
import re
import subprocess
import unittest

from lab import SystemTest

NODE_SCRIPT = pathlib.Path(__file__).parent / "resolve.mjs"

QUESTIONS = (("www.example.com", "A"), ("www.example.com", "AAAA"), ("txt.example.com", "TXT"),
             ("x.cname.example", "A"), ("3.2.1.10.in-addr.arpa", "PTR"), ("large.example", "A"))

FAILURES = (("x.nxdomain.example", "NXDOMAIN"), ("x.servfail.example", "SERVFAIL"))

# Each tuple of options is one way to ask the same.
DIG = ((), ("+tcp",), ("+noedns",), ("+bufsize=512",), ("+dnssec", "+cdflag"), ("+norecurse",),
       ("+nsid", "+subnet=192.0.2.0/24", "+ednsopt=65001:abcd"), ("+edns=1",), ("+nocookie",))
KDIG = ((), ("+tcp",), ("+noedns",), ("+bufsize=512",), ("+dnssec", "+padding=128", "+nsid"))
DRILL = (("-a",), ("-t",), ("-a", "-D"), ("-a", "-b", "512"))
HOST = ((), ("-T",))


def last_words(output):
    """What +short output says, line by line, and what `host` says at the end of its sentences."""
    return {line.split()[-1] for line in output.splitlines() if line and not line.startswith(";")}


class Clients(SystemTest):
    def setUp(self):
        super().setUp()
        self.need("dig", "kdig", "drill", "host", "node")
        self.vpc = self.start_vpcsim()
        self.port = self.start_sluiced(self.vpc.port).port

    def run_client(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.stdout

    def expected(self, name, kind):
        """The upstream's own answer."""
        found = last_words(self.dig(self.vpc.port, name, kind, "+short"))
        self.assertTrue(found, name)
        return found

    def check(self, *command, ways):
        """Asks each of QUESTIONS in each of `ways`."""
        for name, kind in QUESTIONS:
            expected = self.expected(name, kind)
            for options in ways:
                with self.subTest(name=name, kind=kind, options=options):
                    output = self.run_client(*command, *options, name, kind)
                    self.assertEqual(last_words(output), expected, output)

    def check_failures(self, *command):
        """Whatever its words, a client tells a name that does not exist from one that fails."""
        for name, status in FAILURES:
            with self.subTest(name):
                self.assertRegex(self.run_client(*command, name), rf"\b{status}\b")

    def test_dig(self):
        command = ("dig", "@127.0.0.1", "-p", str(self.port), "+tries=1", "+time=8")
        self.check(*command, "+short", ways=DIG)
        self.check_failures(*command)
        self.assertIn("BADVERS", self.run_client(*command, "+edns=1", "+noednsnegotiation",
                                                 "www.example.com"))

    def test_kdig(self):
        command = ("kdig", "@127.0.0.1", "-p", str(self.port), "+retry=0", "+time=8")
        self.check(*command, "+short", ways=KDIG)
        self.check_failures(*command)

    def test_drill(self):
        command = ("drill", "-p", str(self.port))
        self.check(*command, "-Q", "@127.0.0.1", ways=DRILL)
        self.check_failures(*command, "@127.0.0.1")

    def test_host(self):
        for name, kind in QUESTIONS:
            for options in HOST:
                with self.subTest(name=name, kind=kind, options=options):
                    output = self.run_client("host", "-p", str(self.port), *options, "-t", kind,
                                             name, "127.0.0.1")
                    found = re.findall(r"(?:address|pointer|descriptive text|alias for) (\S+)$",
                                       output, re.MULTILINE)
                    self.assertEqual(set(found), self.expected(name, kind), output)
        for name, status in FAILURES:
            self.assertIn(status, self.run_client("host", "-p", str(self.port), name, "127.0.0.1"))

    def test_many_questions_on_one_connection(self):
        names = [f"www-{i}.example.com" for i in range(20)]
        for command in (("dig", "+short", "+keepopen"), ("kdig", "+short", "+keepopen")):
            with self.subTest(command):
                output = self.run_client(*command, "@127.0.0.1", "-p", str(self.port), "+tcp",
                                         *names)
                expected = [next(iter(self.expected(name, "A"))) for name in names]
                self.assertEqual(output.split(), expected)

    def test_node(self):
        questions = [f"{kind}:{name}" for name, kind in QUESTIONS[:3]]
        output = self.run_client("node", NODE_SCRIPT, f"127.0.0.1:{self.port}", *questions,
                                 "reverse:10.1.2.3", "A:large.example", "A:x.nxdomain.example",
                                 "A:x.servfail.example")
        v4, v6, txt, reverse, large, nxdomain, servfail = json.loads(output)

        self.assertEqual(set(v4), self.expected("www.example.com", "A"))
        self.assertEqual(set(v6), self.expected("www.example.com", "AAAA"))
        self.assertEqual({f'"{txt[0]}"'}, self.expected("txt.example.com", "TXT"))
        self.assertEqual({f"{reverse[0]}."}, self.expected("3.2.1.10.in-addr.arpa", "PTR"))
        self.assertEqual(set(large), self.expected("large.example", "A"))
        self.assertEqual((nxdomain, servfail), ("ENOTFOUND", "ESERVFAIL"))


if __name__ == "__main__":
    unittest.main()
