"""Whether an operator sees what is wrong: the incident, by a program whose name is known, beside
another one that merely asks. The daemon has to name the right one in everything that it tells, and
at rest its figures are those of the upstream."""

import json
import re
import subprocess
import time
import unittest

import storm
from counters_test import AT_REST
from lab import BIN, PATIENCE, SystemTest, wait_for

ADDRESS = "127.0.0.4"  # nobody sends from it: no stray packet spoils a count
LIMIT = 300
CONFIG = f"""
[[budget]]
name = "eni"
limit = {LIMIT}
reserve = 40
burst = 40
shared = ""
[[upstream]]
name = "vpc"
servers = ["{ADDRESS}:{{upstream}}"]
budget = "eni"
[[zone]]
name = "in-addr.arpa"
upstream = "vpc"
weight = 10
[[zone]]
name = "."
upstream = "vpc"
"""
FAILING = "25.104.in-addr.arpa."
HEALTHY = "shop.example."
BATCH_USER, SHOP_USER = 4242, 4243
CLASSES = {"first_try", "retry", "penalty", "refresh", "prefetch", ""}


class See(SystemTest):
    """A daemon, whom it has to blame, and whom it must not."""

    SECONDS = 10  # a verdict takes 3 s to settle

    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim(zones=[f"{FAILING}=servfail,delay=800ms"], limit=LIMIT,
                                     address=ADDRESS)
        self.daemon = self.start_sluiced(self.vpc.port, CONFIG, listen=f"{ADDRESS}:0")
        if self.daemon.metrics()["sluice_attribution_unavailable"]:
            self.skipTest("this kernel does not tell whose socket it is")

    def place(self, kind, *args):
        try:
            place = kind(*args)
        except storm.NotPermitted as error:
            self.skipTest(str(error))
        self.addCleanup(place.remove)
        return place

    def begin(self, name, place, seconds, **options):
        program = self.start(storm.LookUps(self.folder, name, place, seconds=seconds,
                                           server=f"{ADDRESS}:{self.daemon.port}", **options))
        self.addCleanup(program.stop)  # before its place is taken away
        return program

    def begin_shop(self, seconds, rate=30):
        """The innocent one: each of its names is new, and is answered."""
        return self.begin("web_shop", self.place(storm.OwnUser, SHOP_USER), seconds,
                          below=HEALTHY.rstrip("."), rate=rate)

    def begin_batch(self, place, seconds, rate, **options):
        """The careless one."""
        return self.begin("ptr_batch", place, seconds, below=FAILING.rstrip("."), type="PTR",
                          rate=rate, tries=3, patience=0.5, **options)

    def ctl(self, *arguments, status=0):
        done = subprocess.run([str(part) for part in (
            BIN / "sluicectl", "--socket", self.daemon.socket, *arguments)],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (status, ""), arguments)
        return done.stdout

    def json(self, *arguments, status=0):
        return json.loads(self.ctl("--json", *arguments, status=status))

    def wait_for_verdict(self, *verdicts):
        wait_for(lambda: self.json("status")["verdict"] in verdicts, f"the verdict {verdicts}")

    def finding(self, diagnosis, verdict):
        found = [each for each in diagnosis["findings"] if each["verdict"] == verdict]
        self.assertEqual(len(found), 1, (verdict, diagnosis["findings"]))
        return json.dumps(found[0], ensure_ascii=False)

    def spent_by(self, packets, *, type):
        """The packets of the rows of a top that are for `type`."""
        return sum(row["packets"] for row in packets["spenders"] if row["type"] == type)

    def come_to_rest(self, *programs):
        """Waits for these to end; then everything that was counted is what the upstream saw."""
        self.did = [program.result() for program in programs]
        wait_for(lambda: self.daemon.total(*AT_REST) == 0, "nothing to be on its way")
        top = self.json("top")
        self.counted = self.daemon.metrics()
        self.seen = self.vpc.summary()
        self.assertEqual(self.seen["receive_overflows"] + self.seen["unrecorded"]
                         + self.seen["dropped"], 0, "the run is invalid")
        self.check_figures()
        self.check_spenders(top)

    def sum_of(self, metric, label=""):
        return sum(value for series, value in self.counted.items()
                   if series.split("{")[0] == metric and label in series)

    def check_figures(self):
        messages = self.seen["messages"]
        packets = "sluice_zone_upstream_packets_total"
        counted = {
            "packets paid for": self.sum_of("sluice_budget_packets_total"),
            "UDP": self.sum_of(packets, 'transport="udp"'),
            "TCP": self.sum_of(packets, 'transport="tcp"'),
            "tries": self.sum_of("sluice_upstream_tries_total"),
            "octets sent": self.sum_of("sluice_upstream_octets_total", 'direction="sent"'),
            "octets received": self.sum_of("sluice_upstream_octets_total", 'direction="received"'),
            **{rcode: self.sum_of("sluice_upstream_responses_total", f'rcode="{rcode}"')
               for rcode in ("NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "other")}}
        self.assertEqual(counted, {
            "packets paid for": self.seen["packets"], "UDP": self.seen["udp_packets"],
            "TCP": self.seen["tcp_packets"], "tries": messages["queries"],
            "octets sent": messages["query_octets"], "octets received": messages["reply_octets"],
            **{rcode: messages["replies"].get(rcode, 0)
               for rcode in ("NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "other")}})
        # What clients sent is what was asked of the cache, and every reply has reached one.
        self.assertEqual(self.sum_of("sluice_client_queries_total"),
                         sum(did["sent"] for did in self.did))

    def check_spenders(self, top):
        """All packets are on somebody's account: whose, the upstream knows by their names."""
        seen = {zone["zone"]: zone["packets"] for zone in self.seen["zones"]}
        self.assertEqual(top["packets"], self.seen["packets"])
        self.assertEqual(self.spent_by(top, type="PTR"), seen[FAILING])
        self.assertEqual(self.spent_by(top, type="A"), seen["."])


class Incident(See):
    """More questions than packets, and all of them fail."""

    RATE = 500

    def rage(self, place):
        """The incident for SECONDS; returns the diagnosis when it has settled."""
        self.batch = self.begin_batch(place, self.SECONDS, self.RATE, repeats=1)
        self.shop = self.begin_shop(self.SECONDS)
        self.wait_for_verdict("budget_limited")
        # Until a program is found, the user alone is known.
        wait_for(lambda: self.json("top")["spenders"][0]["kind"] != "user", "the program's name")
        return self.json("diagnose", status=3)

    def check(self, client, diagnosis):
        """Whatever is told names `client`."""
        with self.subTest("diagnose"):
            self.check_diagnosis(client, diagnosis)
        with self.subTest("top"):
            self.check_top(client)
        with self.subTest("requests"):
            self.check_requests(client)
        with self.subTest("explain"):
            self.check_explanations()
        with self.subTest("cache"):
            self.check_cache()
        with self.subTest("recorder"):
            asked = rf"query \d+\.\d+\.{re.escape(FAILING)} PTR from 127\.0\.0\.1:\d+ udp\n"
            self.assertRegex(self.ctl("recorder"), asked)
        with self.subTest("log-level"):
            self.check_log_level()

    def check_diagnosis(self, client, diagnosis):
        self.assertEqual(diagnosis["verdict"], "budget_limited")
        self.assertIn(client, diagnosis["summary"])
        self.assertEqual([row["suffix"] for row in diagnosis["failing"]], [FAILING])
        self.assertEqual(diagnosis["spenders"][0]["client"], client)
        verdicts = [finding["verdict"] for finding in diagnosis["findings"]]
        self.assertEqual(verdicts[0], "budget_limited")
        for verdict in ("budget_limited", "upstream_failing"):
            told = self.finding(diagnosis, verdict)
            self.assertIn(client, told)
            self.assertIn(FAILING, told)
            self.assertNotIn("web_shop", told)

        text = " ".join(self.ctl("diagnose", status=3).split())  # however lines are wrapped
        self.assertRegex(text, r"^BUDGET LIMITED for \d+ s ")
        self.assertIn(f"What to do: Let {client} ask less", text)

    def check_top(self, client):
        top = self.json("top")
        first = top["spenders"][0]
        self.assertEqual((first["client"], first["suffix"], first["type"], first["zone"]),
                         (client, FAILING, "PTR", "in-addr.arpa."))
        self.assertGreater(first["share"], 0.6)
        self.assertEqual(first["failures"], first["packets"])
        self.assertRegex(self.ctl("top", "--count", "1"), rf"(?m)^ +\d+ % .* {re.escape(FAILING)} ")

    def check_requests(self, client):
        waiting = [row for row in self.json("requests")["requests"]
                   if row["name"].endswith(FAILING)]
        self.assertTrue(waiting)
        self.assertEqual({(row["type"], row["spender"]) for row in waiting}, {("PTR", client)})
        self.assertLessEqual({row["class"] for row in waiting}, CLASSES)
        self.assertIn("penalty", {row["class"] for row in waiting if row["state"] == "waiting"})
        self.assertTrue(all(row["client"].startswith("127.0.0.1:") for row in waiting))

    def check_explanations(self):
        name = f"200.200.{FAILING}"
        fails = self.json("explain", name, "PTR")
        self.assertEqual(fails["outcome"],
                         f"It waits for a packet behind all others: names below {FAILING} fail.")
        self.assertEqual((fails["subtree"]["suffix"], fails["rule"]["zone"]),
                         (FAILING, "in-addr.arpa."))
        self.assertGreater(fails["subtree"]["probability"], 0.5)
        self.assertIn(f"names below {FAILING} fail", self.ctl("explain", name, "ptr"))

        stored = self.json("explain", f"host-0.{HEALTHY}", "A")
        self.assertRegex(stored["outcome"], r"^It is answered from the cache, for \d+ s more\.$")
        self.assertEqual((stored["cache"]["state"], stored["subtree"], stored["failure"]),
                         ("fresh", None, None))
        new = self.json("explain", f"new.{HEALTHY}", "A")
        self.assertEqual((new["cache"], new["subtree"], new["rule"]["zone"]), (None, None, "."))

    def check_cache(self):
        name = f"host-0.{HEALTHY}"
        stored = self.json("cache", "show", name)["entries"]
        self.assertEqual([(entry["type"], entry["rcode"]) for entry in stored], [("A", "NOERROR")])
        self.assertRegex(stored[0]["records"][0], rf"^{re.escape(name)} \d+ IN A 192\.0\.2\.\d+$")
        self.assertEqual(self.ctl("cache", "flush", name), "1 response is forgotten\n")
        self.assertEqual(self.json("cache", "show", name)["entries"], [])
        self.assertIsNone(self.json("explain", name, "A")["cache"])

    def check_log_level(self):
        self.assertEqual(self.ctl("log-level", "warn"), "the log level is warn, and was info\n")
        self.assertEqual(self.ctl("log-level"), "the log level is warn\n")
        self.assertEqual(self.json("log-level", "info"), {"level": "info", "was": "warn"})

    def check_metric(self, client):
        """The scrape names `client`; its list is made every few seconds."""
        series = (f'sluice_top_packets{{client="{client}",zone="in-addr.arpa.",'
                  f'suffix="{FAILING}",type="PTR"}}')
        self.assertIn(series, self.counted)
        first = max((value, name) for name, value in self.counted.items()
                    if name.startswith("sluice_top_packets{"))
        self.assertEqual(first[1], series)

    def check_shop(self):
        """The other program has felt nothing."""
        shop = self.did[1]
        self.assertEqual((shop["unanswered"], shop["rcodes"]), (0, {"0": shop["asked"]}))

    def test_it_names_the_control_group(self):
        place = self.place(storm.OwnGroup)
        client = place.group.name

        diagnosis = self.rage(place)

        self.check(client, diagnosis)
        first = diagnosis["spenders"][0]
        self.assertEqual((first["kind"], first["detail"]), ("unit", f"cgroup /{client}"))
        self.come_to_rest(self.batch, self.shop)
        self.check_metric(client)
        self.check_shop()

    def test_it_names_the_program_and_its_user(self):
        place = self.place(storm.OwnUser, BATCH_USER)

        diagnosis = self.rage(place)

        first = diagnosis["spenders"][0]
        self.assertRegex(first["client"], r"^python3?\S* ptr_batch\.py$")
        self.assertEqual((first["kind"], first["uid"]), ("process", BATCH_USER))
        self.assertEqual(first["detail"], f"user {BATCH_USER}, process {self.batch.child.pid}")
        self.check(first["client"], diagnosis)
        self.come_to_rest(self.batch, self.shop)
        self.check_metric(first["client"])
        self.check_shop()


class Repetition(See):
    """A few names, again and again, which cost few packets: another program spends more of them."""

    NAMES = 40

    def test_it_names_who_repeats_and_not_who_spends_most(self):
        place = self.place(storm.OwnGroup)
        batch = self.begin_batch(place, self.SECONDS, rate=100, names=self.NAMES, repeats=3)
        shop = self.begin_shop(self.SECONDS, rate=60)
        wait_for(lambda: "client_storm" in {each["verdict"] for each in self.findings()},
                 "the storm to be found")
        time.sleep(1)

        diagnosis = self.json("diagnose", status=3)

        self.assertIn("shop", diagnosis["spenders"][0]["suffix"])
        for verdict in ("client_storm", "upstream_failing"):
            told = self.finding(diagnosis, verdict)
            self.assertIn(place.group.name, told)
            self.assertNotIn("web_shop", told)
        self.come_to_rest(batch, shop)
        self.assertEqual(self.counted['sluice_zone_retries_total{zone="in-addr.arpa."}'], 0)
        self.assertGreater(self.sum_of("sluice_zone_failure_cache_hits_total"), 500)

    def findings(self):
        done = subprocess.run([BIN / "sluicectl", "--socket", self.daemon.socket, "--json",
                               "diagnose"], capture_output=True, text=True, timeout=PATIENCE)
        return json.loads(done.stdout)["findings"]


if __name__ == "__main__":
    unittest.main()
