"""The runs of `compare`: what each does, and the figures that are taken from it."""

import dataclasses
import pathlib
import time

import servers
from stage import NotPossible, Stage

# Packets/s that a budget gives in the long run.
RATE = servers.LIMIT - servers.BURST - servers.RESERVE
ORDINARY = 100  # look-ups/s
SETTLED = 4  # seconds after which a storm is steady: the slowest answers take 3
SLOW_MS = 100  # an ordinary answer takes 2 ms

SLOW = "servfail,delay=1s,jitter=2s"
HALF = 0.5
REPLY_AFTER = "1700ms"  # the fifth packet of a repeater leaves after 1.6 s
KNOWN_TTL = 5
START_UP, WARM_UP, SILENCE, AFTERWARDS = 5, 5, 30, 5


@dataclasses.dataclass(frozen=True)
class Column:
    key: str  # of the figure
    title: str  # with the target
    digits: int = 0


@dataclasses.dataclass(frozen=True)
class Order:
    """One run of one server."""

    server: str
    seed: int
    seconds: int
    bin: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Run:
    title: str
    measure: object  # Order -> (figures, raw results)
    columns: tuple

    def __call__(self, order):
        figures, clients, upstream = self.measure(order)
        for result in clients:
            result.pop("lookups")
        return {"figures": figures, "doubts": doubts(clients, upstream),
                "clients": clients, "upstream": upstream}


def doubts(clients, upstream):
    """Why a run proves nothing: this host was too slow for it."""
    found = [f"{name}: {upstream[name]}" for name in ("receive_overflows", "unrecorded")
             if upstream[name]]
    for result in clients:
        found += [f"{name}: {result[name]}" for name in ("send_errors", "unrecorded")
                  if result[name]]
        found += [f"skipped: {result[kind]['skipped']}" for kind in ("ordinary", "ptr")
                  if result[kind]["skipped"]]
    return found


def storm_options(order, rate, *options):
    return ("--ptr-rate", rate, "--ordinary-rate", ORDINARY, "--duration", f"{order.seconds}s",
            *options)


def one_server(order, zones, *options):
    """The plainest run: one server, one `incident`."""
    with Stage(order.server, order.seed, order.bin) as stage:
        stage.start_upstream(*[text for zone in zones for text in ("--zone", zone)])
        stage.start_server()
        clients = stage.start_clients("clients", *options).result()
        upstream, arrivals = stage.stop_upstream()
        return clients, upstream, arrivals


# ---- figures

def percent(part, whole):
    return 100 * part / whole if whole else None


def ordinary_figures(clients):
    tally = clients["ordinary"]
    return {"lost": percent(tally["lost"], tally["asked"]), "p50": tally["answer_ms"]["p50"],
            "p99": tally["answer_ms"]["p99"], "max": tally["answer_ms"]["max"]}


def upstream_figures(upstream):
    return {"dropped": upstream["dropped"], "worst": upstream["worst"]["1s"]}


def zone_figures(upstream, suffix):
    """Packets for each distinct question of a zone."""
    zone = next((zone for zone in upstream["zones"] if zone["zone"] == suffix), None)
    return {"per_question": zone["packets_per_question"] if zone else None}


def steady_seconds(order, lookups):
    """From when to when the storm is steady, in ns, and how many seconds that is."""
    begin = min(lookup["asked_ns"] for lookup in lookups)
    if order.seconds <= SETTLED:
        raise NotPossible(f"--duration must be above {SETTLED}s")
    return (begin + SETTLED * 10**9, begin + order.seconds * 10**9, order.seconds - SETTLED)


def steady_packets(order, clients, arrivals):
    """Packets per second that reached the upstream while the storm was steady."""
    begin, end, seconds = steady_seconds(order, clients["lookups"])
    count = sum(begin <= int(arrival["arrival_ns"]) < end for arrival in arrivals)
    return {"steady": count / seconds, "tokens": percent(count / seconds, RATE)}


def steady_successes(order, clients):
    """Look-ups of the storm answered per second while it was steady."""
    begin, end, seconds = steady_seconds(order, clients["lookups"])
    count = sum(lookup["kind"] == "storm" and lookup["outcome"] == "answered" and
                begin <= lookup["asked_ns"] + lookup["took_us"] * 1000 < end
                for lookup in clients["lookups"])
    return {"successes": count / seconds}


def packets_per_question(arrivals, settled_ns):
    """Over all questions of broken.example, and over those that first came after settled_ns."""
    first, count = {}, {}
    for arrival in arrivals:
        name = arrival["name"].lower()
        if not name.endswith(".broken.example."):
            continue
        first.setdefault(name, int(arrival["arrival_ns"]))
        count[name] = count.get(name, 0) + 1
    late = [count[name] for name in count if first[name] >= settled_ns]
    return {"per_question": sum(count.values()) / len(count) if count else None,
            "per_late_question": sum(late) / len(late) if late else None}


def known_figures(lookups, begin, end):
    """Names that were asked before the silence, asked again in it when their TTL was over."""
    asked = [lookup for lookup in lookups
             if begin + KNOWN_TTL * 10**9 <= lookup["asked_ns"] < end]
    answered = [lookup for lookup in asked if lookup["outcome"] == "answered"]
    return {"known_answered": percent(len(answered), len(asked)),
            "known_marked": percent(sum(lookup["ede"] == 3 for lookup in answered), len(asked)),
            "known_slowest": max((lookup["took_us"] / 1e6 for lookup in answered), default=None)}


def new_figures(lookups, begin, end):
    """Names never asked before, asked so early in the silence that 5 s were left of it."""
    asked = [lookup for lookup in lookups if begin <= lookup["asked_ns"] < end - 5 * 10**9]
    failed = [lookup for lookup in asked if lookup["outcome"] == "failed" and
              lookup["rcode"] == 2 and lookup["took_us"] <= 5_000_000]
    return {"new_failed": percent(len(failed), len(asked)),
            "new_explained": percent(sum(lookup["ede"] == 22 for lookup in failed), len(asked))}


def return_figures(lookups, end):
    """From the upstream's return to the last look-up that was begun after it and failed or took
    long; and to the last that was answered with stale data."""
    bad, stale = 0, 0
    for lookup in lookups:
        since = (lookup["asked_ns"] - end) / 1e9
        if since < 0:
            continue
        if lookup["outcome"] != "answered" or lookup["took_us"] > SLOW_MS * 1000:
            bad = max(bad, since)
        if lookup["ede"] == 3:
            stale = max(stale, since)
    return {"normal_after": bad, "stale_until": stale}


# ---- runs

def incident(order):
    clients, upstream, _ = one_server(order, [], *storm_options(order, 600))
    figures = {**zone_figures(upstream, "104.in-addr.arpa."), **upstream_figures(upstream),
               **ordinary_figures(clients)}
    return figures, [clients], upstream


def storm(order):
    clients, upstream, arrivals = one_server(
        order, [], *storm_options(order, 3000, "--drain", "3s"))
    return storm_figures(order, clients, upstream, arrivals), [clients], upstream


def broken(order):
    clients, upstream, arrivals = one_server(
        order, [f"broken.example={SLOW}"],
        *storm_options(order, 3000, "--drain", "3s", "--storm-names", "broken"))
    return storm_figures(order, clients, upstream, arrivals), [clients], upstream


def storm_figures(order, clients, upstream, arrivals):
    return {**upstream_figures(upstream), **ordinary_figures(clients),
            **steady_packets(order, clients, arrivals)}


def half(order):
    clients, upstream, arrivals = one_server(
        order, [f"104.in-addr.arpa=answer,delay=1s,jitter=2s,fail={HALF}"],
        *storm_options(order, 3000, "--drain", "3s"))
    figures = {**storm_figures(order, clients, upstream, arrivals),
               **steady_successes(order, clients)}
    figures["of_allowed"] = percent(figures["successes"], HALF * (RATE - ORDINARY))
    return figures, [clients], upstream


def silence(order):
    with Stage(order.server, order.seed, order.bin) as stage:
        stage.start_upstream("--silent-from", f"{START_UP + WARM_UP}s",
                             "--silent-for", f"{SILENCE}s",
                             "--zone", f"corp.example=answer,delay=2ms,ttl={KNOWN_TTL}")
        stage.start_server()
        rest = (START_UP + WARM_UP + SILENCE + AFTERWARDS -
                (time.monotonic() - stage.upstream_started))
        common = ("--ptr-rate", 0, "--duration", f"{rest:.3f}s", "--edns")
        known = stage.start_clients("known", "--ordinary-rate", 100, "--ordinary-names", 200,
                                    *common)
        new = stage.start_clients("new", "--ordinary-rate", 10, *common, seed=order.seed + 1000)
        known, new = known.result(), new.result()
        upstream, _ = stage.stop_upstream()
    quiet = upstream["silence"]
    begin, end = quiet["from_ns"], quiet["until_ns"]
    figures = {**known_figures(known["lookups"], begin, end),
               **new_figures(new["lookups"], begin, end),
               **return_figures(known["lookups"] + new["lookups"], end),
               "packets_mean": quiet["mean_per_second"], "packets_worst": quiet["worst_1s"],
               "again_mean": (quiet["packets"] - quiet["distinct_questions"]) / SILENCE}
    return figures, [known, new], upstream


def loss(order, lost):
    with Stage(order.server, order.seed, order.bin) as stage:
        stage.start_upstream()
        stage.start_server()
        stage.lose(lost)
        clients = stage.start_clients("clients", *storm_options(order, 0)).result()
        sent = stage.packets_sent()
        upstream, _ = stage.stop_upstream()
    figures = ordinary_figures(clients)
    figures["answered"] = 100 - figures["lost"]
    figures["per_question"] = sent / clients["ordinary"]["asked"]
    upstream["sent_before_loss"] = sent
    return figures, [clients], upstream


def repeat(order):
    clients, upstream, arrivals = one_server(
        order, [f"broken.example=answer,delay={REPLY_AFTER}"], "--storm-names", "broken",
        "--storm-habit", "repeater", "--ptr-rate", 50, "--ordinary-rate", 0, "--duration",
        f"{order.seconds}s")
    settled_ns, _, _ = steady_seconds(order, clients["lookups"])
    tally = clients["ptr"]
    figures = {**packets_per_question(arrivals, settled_ns),
               "asked_per_question": tally["packets"] / tally["asked"],
               "answered": percent(tally["answered"], tally["asked"])}
    return figures, [clients], upstream


def greedy(order):
    polite = ",".join(f"127.0.1.{number}" for number in range(1, 21))
    clients, upstream, _ = one_server(
        order, [], *storm_options(order, 2000, "--drain", "3s", "--storm-names", "bulk", "--tries",
                                  1, "--ordinary-from", polite, "--ptr-from", "127.0.0.1"))
    figures = {**upstream_figures(upstream), **ordinary_figures(clients),
               **steady_successes(order, clients)}
    return figures, [clients], upstream


def shared(order):
    if order.server != "sluiced":
        raise NotPossible("has no budget that processes could share")
    with Stage(order.server, order.seed, order.bin) as stage:
        budget = stage.folder / "budget"
        budget.mkdir()
        listen = [f"127.0.0.{number}" for number in (3, 4, 5)]
        stage.start_upstream()
        for address in listen:
            stage.start_server(address, str(budget))
        length = ("--duration", f"{order.seconds}s")
        foreign = stage.start_clients("foreign", "--ptr-rate", 0, "--ordinary-rate", 200, *length,
                                      listen=servers.UPSTREAM, seed=order.seed + 1000)
        crowds = [stage.start_clients(f"clients-{address}", "--ptr-rate", 1000, "--ordinary-rate",
                                      33, "--sockets", 1000, "--drain", "3s", *length,
                                      listen=address, seed=3 * order.seed + number)
                  for number, address in enumerate(listen)]
        results = [crowd.result() for crowd in crowds]
        foreign = foreign.result()
        upstream, _ = stage.stop_upstream()
    each = [ordinary_figures(result) for result in results]
    figures = {**upstream_figures(upstream), "lost": max(figure["lost"] for figure in each),
               "p99": max(figure["p99"] for figure in each),
               "foreign_lost": ordinary_figures(foreign)["lost"]}
    return figures, [*results, foreign], upstream


LOST = Column("lost", "ordinary lost, % (<= 0.1)", 2)
NONE_LOST = Column("lost", "ordinary lost, % (0)", 2)
DROPPED = Column("dropped", "dropped at the limit (0)")
WORST = Column("worst", f"most packets in any 1 s (<= {servers.LIMIT - servers.RESERVE})")


def p99(target):
    return Column("p99", f"p99, ms (<= {target})", 1)


STORM_COLUMNS = (DROPPED, WORST, LOST, p99(20),
                 Column("tokens", f"packets/s while work waits, % of {RATE} (>= 80)"))
LOSS_TARGETS = {5: ("99.99", "1.13"), 10: ("99.9", "1.27")}


def loss_run(lost):
    answered, packets = LOSS_TARGETS[lost]
    return Run(f"{lost} % of packets lost, each way", lambda order: loss(order, lost),
               (Column("answered", f"answered within 5 s, % (>= {answered})", 2),
                Column("per_question", f"packets per question (<= {packets})", 2),
                Column("p99", "p99, ms", 1), Column("max", "slowest answer, ms")))


RUNS = {
    "incident": Run(
        "600 slow PTR/s and 100 ordinary look-ups/s, limit 1024", incident,
        (Column("per_question", "packets per PTR question (<= 1.15)", 2), DROPPED, WORST,
         NONE_LOST, p99(10))),
    "storm": Run("3000 slow PTR/s, 1 M names", storm, STORM_COLUMNS),
    "half": Run(
        "3000 PTR/s of which half succeed", half,
        (Column("successes", "successes/s"),
         Column("of_allowed", f"% of the {HALF * (RATE - ORDINARY):.0f} allowed (90 to 110)"),
         DROPPED, WORST, LOST, p99(20))),
    "broken": Run("3000 look-ups/s of *.broken.example, no rule for it", broken, STORM_COLUMNS),
    "silence": Run(
        f"upstream silent for {SILENCE} s", silence,
        (Column("known_answered", "known names answered, % (100)", 1),
         Column("known_marked", "marked stale, %", 1),
         Column("known_slowest", "slowest, s (<= 1.9)", 2),
         Column("new_failed", "new names SERVFAIL within 5 s, % (100)", 1),
         Column("new_explained", "with EDE 22, % (100)", 1),
         Column("again_mean", "packets/s beyond first tries (<= 2)", 1),
         Column("packets_mean", "packets/s", 1), Column("packets_worst", "most in any 1 s"),
         Column("normal_after", "normal after, s (<= 2)", 2),
         Column("stale_until", "last stale answer after, s", 2))),
    "loss5": loss_run(5),
    "loss10": loss_run(10),
    "repeat": Run(
        "each question 5 times in 2 s", repeat,
        (Column("asked_per_question", "packets of the client", 2),
         Column("per_late_question", "packets upstream (1)", 2),
         Column("per_question", f"the first {SETTLED} s included", 2),
         Column("answered", "answered, %", 1))),
    "greedy": Run(
        "one client with 2000/s beside 20 with 5/s each, one zone", greedy,
        (Column("lost", "polite lost, % (0)", 2), p99(50), Column("max", "slowest, ms"), DROPPED,
         WORST, Column("successes", "greedy answered/s"))),
    "shared": Run(
        "three daemons on one budget, 200 foreign packets/s", shared,
        (Column("worst", f"most packets in any 1 s (<= {servers.LIMIT})"), DROPPED,
         Column("lost", "ordinary lost, %", 2), Column("p99", "p99, ms", 1),
         Column("foreign_lost", "foreign lost, %", 2))),
}
