"""One host: is it well, and if not, where does it hurt? Needs no recording rules."""

from panels import (Dashboard, GREEN, ORANGE, RED, YELLOW, bars, graph, heatmap, query, stat, steps,
                    table, timeline, variable, verdict_stat)

I = 'instance="$instance"'
Z = I + ',zone=~"$zone"'
U = I + ',upstream=~"$upstream"'
UZ = U + ',zone=~"$zone"'
B = I + ',budget=~"$budget"'
R = "[$__rate_interval]"


def rate(metric, labels, by=""):
    inner = f"rate({metric}{{{labels}}}{R})"
    return f"sum by ({by}) ({inner})" if by else f"sum({inner})"


def quantile(share, metric, labels, by=""):
    buckets = rate(f"{metric}_bucket", labels, f"{by}, le" if by else "le")
    return f"histogram_quantile({share}, {buckets})"


def quantiles(metric, labels, by):
    return (query(quantile(0.5, metric, labels, by), f"{{{{{by}}}}} p50"),
            query(quantile(0.99, metric, labels, by), f"{{{{{by}}}}} p99"))


def now(page):
    page.row(
        "",
        verdict_stat("Verdict", "What the daemon itself says is the matter; sluicectl diagnose "
                     "gives its figures and its advice.", f"sluice_verdict{{{I}}} == 1"),
        timeline("Verdicts", "When each verdict held.", f"sluice_verdict{{{I}}} == 1",
                 "{{verdict}}"),
        stat("Packets used", "Packets paid for in the last second by all who share the budget, of "
             "what the interface may send. Above 88 % questions wait.", "percentunit",
             query(f"max(sluice_budget_used_packets{{{B}}} / "
                   f"(sluice_budget_limit_packets{{{B}}} > 0))"),
             thresholds=steps(GREEN, 0.75, YELLOW, 0.88, ORANGE)),
        stat("SERVFAIL", "Of all replies, hits of the cache among them.", "percentunit",
             query(f"{rate('sluice_zone_servfail_total', I)} / "
                   f"({rate('sluice_client_replies_total', I)} > 0)"),
             thresholds=steps(GREEN, 0.01, YELLOW, 0.05, RED), decimals=2),
        stat("Hit ratio", "Of the queries that were looked up in the cache.", "percentunit",
             query(f"""{rate('sluice_cache_lookups_total', I + ',result="hit"')} / """
                   f"({rate('sluice_cache_lookups_total', I)} > 0)"), decimals=1),
        stat("Packets per question", "1 is ideal; retries alone are held to 1.2.", "none",
             query(f"{rate('sluice_zone_upstream_packets_total', I)} / "
                   f"({rate('sluice_zone_questions_total', I)} + "
                   f"{rate('sluice_zone_refreshes_total', I)} > 0)"),
             thresholds=steps(GREEN, 1.3, YELLOW, 1.5, RED), decimals=2),
        stat("Oldest question", "The longest that a first try waits for a packet at this moment. "
             "After 1.8 s it is shed.", "s",
             query(f"""max(sluice_budget_queue_oldest_seconds{{{B},class="first_try"}})"""),
             thresholds=steps(GREEN, 0.5, YELLOW, 1, RED), decimals=1),
        stat("Up for", "Time since the start of the process.", "s",
             query(f"time() - sluice_start_time_seconds{{{I}}}")))


def budget(page):
    page.row(
        "Budget and queue",
        graph("Packets per second", "What all sharers of the budget and strangers send, beside what "
              "is granted and what the interface may send.", "pps",
              query(f"sluice_budget_used_packets{{{B}}}", "{{budget}} in the last second"),
              query(f"rate(sluice_budget_shared_packets{{{B}}}{R})", "{{budget}} all sharers"),
              query(f"rate(sluice_budget_packets_total{{{B}}}{R})", "{{budget}} this process"),
              query(f"rate(sluice_budget_foreign_packets_total{{{B}}}{R})", "{{budget}} strangers"),
              query(f"sluice_budget_rate_packets{{{B}}}", "{{budget}} granted"),
              query(f"sluice_budget_limit_packets{{{B}}}", "{{budget}} limit")),
        graph("Peaks since the last scrape", "Most packets in any window of this length: bursts that "
              "averages hide. With two scrapers each sees a part.", "none",
              query(f"sluice_budget_peak_packets{{{B}}}", "{{budget}} in {{window}}")),
        graph("Dropped by the network", "The platform's own counters of packets above an allowance. "
              "Anything here is lost, whoever sent it.", "pps",
              query(f"rate(sluice_budget_allowance_exceeded_total{{{B}}}{R})",
                    "{{budget}} {{kind}}"),
              query(f"rate(sluice_budget_rate_cuts_total{{{B}}}{R})", "{{budget}} rate cuts")),
        graph("Questions that wait", "For a packet, by class.", "none",
              query(f"sum by (class) (sluice_budget_queue_depth{{{B}}})", "{{class}}"),
              stacked=True),
        graph("Age of the oldest", "How long the oldest question of each class has waited.", "s",
              query(f"max by (class) (sluice_budget_queue_oldest_seconds{{{B}}})", "{{class}}"),
              thresholds=steps(GREEN, 1, ORANGE, 1.8, RED)),
        graph("Wait for a packet", "Of the questions that had to wait, by class.", "s",
              *quantiles("sluice_budget_wait_seconds", B, "class")),
        graph("Had to wait, or were shed", "Questions per second, by class.", "ops",
              query(rate("sluice_budget_waits_total", B, "class"), "{{class}} waited"),
              query(rate("sluice_budget_sheds_total", B, "class"), "{{class}} shed")),
        heatmap("Waits of first tries", "Each column is a moment, each row a length of time.",
                f"""sum by (le) (increase(sluice_budget_wait_seconds_bucket{{{B},"""
                f"""class="first_try"}}{R}))"""),
        graph("Sharing", "1 where it holds: this process counts others' packets; its budget is its "
              "own alone, since the shared file could not be used.", "none",
              query(f"sluice_budget_counting_others{{{B}}}", "{{budget}} counts others"),
              query(f"sluice_budget_private{{{B}}}", "{{budget}} is private")))


def clients(page):
    page.row(
        "Clients",
        graph("Queries", "Messages from clients per second.", "reqps",
              query(rate("sluice_client_queries_total", I, "transport"), "{{transport}}"),
              stacked=True),
        graph("Hits and misses", "Of the cache, per second.", "reqps",
              query(rate("sluice_cache_lookups_total", I, "result"), "{{result}}"), stacked=True),
        graph("SERVFAIL by cause", "Replies per second. cached = a failure remembered, which costs no "
              "packet; shed_* = no packet was to be had in time.", "reqps",
              query(rate("sluice_zone_servfail_total", Z, "cause"), "{{cause}}"), stacked=True),
        graph("Lost or refused", "Queries that the kernel dropped since a listener's buffer was full, "
              "that deserve no answer, that were refused, or over the client's limit.", "reqps",
              query(rate("sluice_client_socket_drops_total", I), "dropped by the kernel"),
              query(rate("sluice_client_drops_total", I, "reason"), "no answer: {{reason}}"),
              query(rate("sluice_client_errors_total", I, "rcode"), "{{rcode}}"),
              query(rate("sluice_client_limited_total", I), "limited")),
        graph("Client amplification", "How often each question was asked before its answer came. What "
              "a forwarder that absorbs nothing would have sent for one.", "none",
              query(f"({rate('sluice_zone_questions_total', Z, 'zone')} + "
                    f"{rate('sluice_zone_retransmits_absorbed_total', Z, 'zone')}) / "
                    f"({rate('sluice_zone_questions_total', Z, 'zone')} > 0)", "{{zone}}"),
              thresholds=steps(GREEN, 2, ORANGE)),
        graph("TCP connections", "Of clients, now.", "none",
              query(f"sluice_client_connections_open{{{I}}}", "open")),
        graph("Own time", "Of our own work, for a hit, a query and an answer: waiting neither for packets nor for "
              "upstreams.", "s", *quantiles("sluice_own_seconds", I, "work")),
        graph("Answered on the host", "From records, hosts file, blocklists and the like.", "reqps",
              query(rate("sluice_local_answers_total", I, "source"), "{{source}}"), stacked=True),
        bars("Whose packets", "How the askers of questions were found out, per second.", "ops",
             rate("sluice_attributions_total", I, "result"), "{{result}}"))


def zones(page):
    page.row(
        "Zones",
        graph("Questions", "Distinct questions per second: no cache and no question in flight could "
              "serve them.", "reqps",
              query(rate("sluice_zone_questions_total", Z, "zone"), "{{zone}}"), stacked=True),
        graph("Packets per question", "1 is ideal.", "none",
              query(f"{rate('sluice_zone_upstream_packets_total', Z, 'zone')} / "
                    f"({rate('sluice_zone_questions_total', Z, 'zone')} + "
                    f"{rate('sluice_zone_refreshes_total', Z, 'zone')} > 0)", "{{zone}}"),
              thresholds=steps(GREEN, 1.5, RED)),
        graph("Time to an answer", "From a question's first query to its answer.", "s",
              *quantiles("sluice_zone_answer_seconds", Z, "zone")),
        graph("Answers", "Replies per second made from upstreams' answers, and from data past its TTL.",
              "reqps", query(rate("sluice_zone_answers_total", Z, "rcode"), "{{rcode}}"),
              query(rate("sluice_zone_stale_answers_total", Z), "stale"), stacked=True),
        graph("Tries", "Questions that ended, by how many exchanges were made for them.", "ops",
              query(rate("sluice_zone_tries_total", Z, "tries"), "{{tries}}"), stacked=True),
        graph("What costs no packet", "Queries that joined a question in flight, retransmits, repeats "
              "of a failure, names below one that does not exist.", "reqps",
              query(rate("sluice_zone_coalesced_total", Z), "joined"),
              query(rate("sluice_zone_retransmits_absorbed_total", Z), "absorbed"),
              query(rate("sluice_zone_failure_cache_hits_total", Z), "failed lately"),
              query(rate("sluice_zone_nxdomain_cuts_total", Z), "NXDOMAIN above")),
        graph("Penalised", "Questions per second that wait behind all others, since their subtree "
              "fails.", "ops",
              query(rate("sluice_zone_penalised_total", Z, "zone"), "{{zone}}")),
        graph("Failing subtrees", "Suffixes that fail far more than they succeed.", "none",
              query(f"sluice_subtrees_failing{{{I}}}", "failing"),
              query(f"sluice_failure_cache_entries{{{I}}}", "failed questions remembered")),
        graph("Asked in the background", "Refreshes of stale data and prefetches per second.", "ops",
              query(rate("sluice_zone_refreshes_total", Z, "cause"), "{{cause}}"), stacked=True))


def upstreams(page):
    page.row(
        "Upstreams",
        timeline("Verdicts by upstream", "When each verdict held, of each upstream.",
                 f"max by (upstream, verdict) (sluice_upstream_verdict{{{U}}}) == 1",
                 "{{upstream}} {{verdict}}", width=24, height=5, colours={}),
        graph("Round-trip time", "Of answers, late ones among them.", "s",
              *quantiles("sluice_upstream_rtt_seconds", UZ, "upstream")),
        heatmap("Round-trip times", "Each column is a moment, each row a length of time.",
                f"sum by (le) (increase(sluice_upstream_rtt_seconds_bucket{{{UZ}}}{R}))"),
        graph("Tries", "Per second. Retries are held to a fifth of the first tries.", "ops",
              query(rate("sluice_upstream_tries_total", UZ, "upstream, attempt"),
                    "{{upstream}} {{attempt}}")),
        graph("Responses", "Per second, by RCODE.", "ops",
              query(rate("sluice_upstream_responses_total", UZ, "upstream, rcode"),
                    "{{upstream}} {{rcode}}"), stacked=True),
        graph("Failures", "Exchanges per second without a usable answer.", "ops",
              query(rate("sluice_upstream_failures_total", UZ, "upstream, kind"),
                    "{{upstream}} {{kind}}"), stacked=True),
        graph("Silent servers", "Pairs of server and zone that get one question a second until they "
              "answer one; and pairs that lead back to us.", "none",
              query(f"sum by (upstream) (sluice_upstream_breakers_open{{{UZ}}})",
                    "{{upstream}} silent"),
              query(f"sum by (upstream) (sluice_upstream_looping{{{UZ}}})", "{{upstream}} loops")),
        graph("In flight", "Exchanges open now.", "none",
              query(f"sum by (upstream) (sluice_upstream_in_flight{{{UZ}}})", "{{upstream}}")),
        graph("Octets", "Of DNS messages per second.", "Bps",
              query(rate("sluice_upstream_octets_total", UZ, "upstream, direction"),
                    "{{upstream}} {{direction}}")),
        graph("Oddities", "Answers cut off and asked again over TCP, and datagrams that answered no "
              "query of ours, per second.", "ops",
              query(rate("sluice_upstream_truncated_total", UZ, "upstream"),
                    "{{upstream}} truncated"),
              query(rate("sluice_upstream_mismatched_total", UZ, "upstream"),
                    "{{upstream}} mismatched")))


def process(page):
    page.row(
        "Who spends, and the process",
        table("Top spenders", "Packets of the last minute by client, zone and suffix: the first ten.",
              "none", f"sluice_top_packets{{{Z}}}", width=16, hidden=("instance",),
              names={"Value": "packets"}),
        graph("In flight", "Questions, client queries that wait for them, and exchanges open.", "none",
              query(f"sluice_questions_in_flight{{{I}}}", "questions"),
              query(f"sluice_waiters{{{I}}}", "waiters"),
              query(f"sluice_exchanges_open{{{I}}}", "exchanges")),
        graph("Cache", "Memory in use, of what may be used.", "bytes",
              query(f"sluice_cache_bytes{{{I}}}", "used"),
              query(f"sluice_cache_max_bytes{{{I}}}", "most")),
        graph("Evictions", "Responses per second thrown out for room. Fresh ones: the cache is too "
              "small for the names in use.", "ops",
              query(rate("sluice_cache_evictions_total", I), "all"),
              query(rate("sluice_cache_live_evictions_total", I), "fresh")),
        graph("Records lost", "Of the flight recorder, the query log and dnstap: room or a reader was "
              "missing.", "ops",
              query(rate("sluice_recorder_overwritten_total", I), "recorder, overwritten"),
              query(rate("sluice_query_log_dropped_total", I), "query log, dropped"),
              query(rate("sluice_dnstap_frames_total", I + ',result="dropped"'),
                    "dnstap, dropped")))


def dashboard():
    page = Dashboard(
        "sluice-host", "Sluice: one host",
        "One sluiced: its verdict, its packet budget, its clients, zones and upstreams.",
        [variable("instance", "Instance", "sluice_build_info", many=False),
         variable("zone", "Zone", "sluice_zone_queries_total", f"{{{I}}}"),
         variable("upstream", "Upstream", "sluice_upstream_exchanges_total", f"{{{I}}}"),
         variable("budget", "Budget", "sluice_budget_limit_packets", f"{{{I}}}")],
        links=[{"type": "link", "title": "All hosts", "url": "/d/sluice-fleet", "icon": "dashboard",
                "tooltip": "Every host at a glance", "asDropdown": False, "includeVars": False,
                "keepTime": True, "targetBlank": False, "tags": []}])
    for part in (now, budget, clients, zones, upstreams, process):
        part(page)
    return page
