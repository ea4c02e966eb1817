"""The README's first five minutes: every kind of answer through a running daemon."""

import unittest

from lab import SystemTest


class Smoke(SystemTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim()
        self.daemon = self.start_sluiced(self.vpc.port)

    def test_answers_addresses_pointers_and_texts(self):
        for question, kind in (("www.example.com", "A"), ("www.example.com", "AAAA"),
                               ("3.2.1.10.in-addr.arpa", "PTR"), ("txt.example.com", "TXT")):
            reply = self.dig(self.daemon.port, question, kind)
            self.assertIn("status: NOERROR", reply)
            self.assertRegex(reply, rf"(?m)^{question}\.\s+\d+\s+IN\s+{kind}\s")

    def test_answers_over_tcp_and_falls_back_to_it_when_truncated(self):
        self.assertIn("status: NOERROR", self.dig(self.daemon.port, "www.example.com", "+tcp"))
        reply = self.dig(self.daemon.port, "large.example", "TXT", "+bufsize=512")
        self.assertIn("Truncated, retrying in TCP mode", reply)
        self.assertIn("(TCP)", reply)

    def test_says_why_it_failed(self):
        reply = self.dig(self.daemon.port, "x.servfail.example")
        self.assertIn("status: SERVFAIL", reply)
        self.assertIn("said SERVFAIL", reply)


if __name__ == "__main__":
    unittest.main()
