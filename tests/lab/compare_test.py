"""What compare makes of a run's records: its figures and its tables."""

import unittest

import runs
import tables

SECOND = 10**9
ORDER = runs.Order("sluiced", 1, 12, None)


def lookup(at_second, kind="ordinary", outcome="answered", took_us=2000, rcode=0, ede=None):
    return {"asked_ns": round(at_second * SECOND), "took_us": took_us, "kind": kind, "number": 0,
            "outcome": outcome, "rcode": rcode, "ede": ede}


def arrival(at_second, name="www.corp.example."):
    return {"arrival_ns": str(round(at_second * SECOND)), "name": name}


class SteadyStorm(unittest.TestCase):
    def test_counts_packets_behind_the_first_seconds_and_before_the_end(self):
        clients = {"lookups": [lookup(100)]}
        arrivals = [arrival(100 + second) for second in (0, 3.9, 4, 11.9, 12, 15)]
        figures = runs.steady_packets(ORDER, clients, arrivals)
        self.assertEqual(figures["steady"], 2 / 8)
        self.assertEqual(figures["tokens"], 100 * 2 / 8 / 900)

    def test_counts_successes_of_the_storm_when_they_come(self):
        clients = {"lookups": [lookup(100),
                               lookup(103, "storm", took_us=1_500_000),
                               lookup(102, "storm", took_us=1_500_000),
                               lookup(111, "storm", took_us=1_500_000),
                               lookup(105, "storm", "failed"), lookup(106)]}
        self.assertEqual(runs.steady_successes(ORDER, clients)["successes"], 1 / 8)

    def test_is_not_had_from_a_run_that_is_too_short(self):
        with self.assertRaises(runs.NotPossible):
            runs.steady_seconds(runs.Order("sluiced", 1, 4, None), [lookup(100)])


class RepeatedQuestions(unittest.TestCase):
    def test_are_told_apart_by_when_they_first_came(self):
        arrivals = [arrival(1, "n1.s1.broken.example."), arrival(6, "N1.s1.Broken.example."),
                    arrival(5, "n2.s1.broken.example."), arrival(5, "www.corp.example."),
                    arrival(5, "")]
        figures = runs.packets_per_question(arrivals, 4 * SECOND)
        self.assertEqual(figures, {"per_question": 1.5, "per_late_question": 1})

    def test_that_never_came_have_no_figure(self):
        self.assertEqual(runs.packets_per_question([], 0),
                         {"per_question": None, "per_late_question": None})


class Silence(unittest.TestCase):
    BEGIN, END = 100 * SECOND, 130 * SECOND

    def test_known_names_count_once_their_ttl_is_over(self):
        figures = runs.known_figures(
            [lookup(99), lookup(104.9, outcome="failed", rcode=2),
             lookup(105, ede=3, took_us=1_800_000), lookup(110),
             lookup(120, outcome="failed", rcode=2), lookup(121, outcome="silent"),
             lookup(130, outcome="failed", rcode=2)], self.BEGIN, self.END)
        self.assertEqual(figures, {"known_answered": 50, "known_marked": 25, "known_slowest": 1.8})

    def test_new_names_count_while_five_seconds_are_left(self):
        failed = {"outcome": "failed", "rcode": 2, "took_us": 4_500_000}
        figures = runs.new_figures(
            [lookup(100, **failed, ede=22), lookup(110, **failed),
             lookup(111, outcome="failed", rcode=2, took_us=5_000_001),
             lookup(112, outcome="failed", rcode=5), lookup(125, **failed)], self.BEGIN, self.END)
        self.assertEqual(figures, {"new_failed": 50, "new_explained": 25})

    def test_is_over_with_the_last_bad_lookup_begun_after_it(self):
        figures = runs.return_figures(
            [lookup(129, outcome="failed"), lookup(130.5, took_us=100_001), lookup(131, ede=3),
             lookup(130.2, outcome="silent"), lookup(134)], self.END)
        self.assertEqual(figures, {"normal_after": 0.5, "stale_until": 1})


class Table(unittest.TestCase):
    @staticmethod
    def result(seed, lost, **others):
        figures = {"lost": lost, "p99": 1.25, "max": 3, "dropped": 0, "worst": 960,
                   "successes": None}
        return {"run": "greedy", "server": "sluiced", "version": "1", "seed": seed,
                "figures": figures, "doubts": [], **others}

    def test_shows_least_and_most_of_the_seeds(self):
        text = tables.table("greedy", [self.result(1, 0.5), self.result(2, 0.25)], ["sluiced"])
        self.assertIn("| sluiced 1 | 0.25 to 0.50 | 1.2 | 3 | 0 | 960 | n/a |", text)

    def test_says_why_a_server_has_no_figures(self):
        impossible = {"run": "greedy", "server": "sluiced", "version": "1", "seed": 1,
                      "not_possible": "it ended"}
        text = tables.table("greedy", [impossible], ["sluiced"])
        self.assertIn("| sluiced 1 | n/a |", text)
        self.assertIn("sluiced, seed 1: n/a, it ended", text)

    def test_says_when_a_run_is_invalid(self):
        text = tables.table("greedy", [self.result(1, 0, doubts=["skipped: 3"])], ["sluiced"])
        self.assertIn("sluiced, seed 1: INVALID, skipped: 3", text)

    def test_exists_for_every_run(self):
        for name, run in runs.RUNS.items():
            empty = {"run": name, "server": "sluiced", "version": "1", "seed": 1, "doubts": [],
                     "figures": {column.key: 1 for column in run.columns}}
            self.assertIn(run.title, tables.table(name, [empty], ["sluiced"]))


if __name__ == "__main__":
    unittest.main()
