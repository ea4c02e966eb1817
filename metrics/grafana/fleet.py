"""All hosts: which of them is unwell, near its limit, or wasteful? Reads the recording rules of
metrics/prometheus/rules.yml, so that a large fleet costs little."""

from panels import (Dashboard, GREEN, ORANGE, RED, YELLOW, bars, graph, query, stat, steps, table,
                    timeline, variable, verdict_stat)

J = 'job=~"$job"'
TO_HOST = {"title": "This host", "targetBlank": False,
           "url": "/d/sluice-host?var-instance=${__field.labels.instance}&${__url_time_range}"}
FROM_ROW = {**TO_HOST,
            "url": "/d/sluice-host?var-instance=${__data.fields.instance}&${__url_time_range}"}


def now(page):
    page.row(
        "",
        verdict_stat("Worst verdict", "The verdict but healthy that most instances share; healthy if "
                     "there is none.",
                     f"""topk(1, job_verdict:sluice_instances:count{{{J},verdict!="healthy"}} > 0)
                     or on () topk(1, job_verdict:sluice_instances:count{{{J},verdict="healthy"}})"""),
        stat("Instances by verdict", "How many say so of themselves.", "none",
             query(f"sum by (verdict) (job_verdict:sluice_instances:count{{{J}}})", "{{verdict}}",
                   instant=True), width=12, shown="value_and_name"),
        stat("Down", "Instances that cannot be scraped.", "none",
             query(f"count(up{{{J}}} == 0) or vector(0)", instant=True), width=3,
             thresholds=steps(GREEN, 1, RED)),
        stat("Alerts", "Firing now.", "none",
             query("""count(ALERTS{alertname=~"Sluice.+",alertstate="firing"}) or vector(0)""",
                   instant=True), width=3, thresholds=steps(GREEN, 1, ORANGE)),
        stat("Queries", "Of clients, per second.", "reqps",
             query(f"sum(job:sluice_client_queries:rate5m{{{J}}})")),
        stat("Packets", "To upstreams, per second.", "pps",
             query(f"sum(job:sluice_upstream_packets:rate5m{{{J}}})")),
        stat("Hit ratio", "Of the caches.", "percentunit",
             query(f"min(job:sluice_cache_hit:ratio_rate5m{{{J}}})"), decimals=1),
        stat("SERVFAIL", "Of all replies.", "percentunit",
             query(f"max(job:sluice_servfail:ratio_rate5m{{{J}}})"),
             thresholds=steps(GREEN, 0.01, YELLOW, 0.05, RED), decimals=2),
        stat("Packets per question", "1 is ideal.", "none",
             query(f"max(job:sluice_amplification:ratio_rate5m{{{J}}})"),
             thresholds=steps(GREEN, 1.3, YELLOW, 1.5, RED), decimals=2),
        stat("Nearest to its limit", "The fullest interface, over 5 minutes.", "percentunit",
             query(f"max(job:sluice_budget_used:ratio_rate5m_max{{{J}}})"),
             thresholds=steps(GREEN, 0.75, YELLOW, 0.88, ORANGE)))


def verdicts(page):
    page.row(
        "Verdicts",
        timeline("Hosts that are not healthy", "When which host said what of itself. Nothing is "
                 "shown of those that are well.",
                 f"""max by (instance, verdict) (sluice_verdict{{{J},verdict!="healthy"}}) == 1""",
                 "{{instance}} {{verdict}}", width=16, height=9, colours={}),
        table("Alerts", "Firing or pending.", "none",
              """ALERTS{alertname=~"Sluice.+"}""", width=8, height=9,
              hidden=("Value", "budget", "zone", "class", "upstream", "kind")))


def limit(page):
    full = steps(GREEN, 0.75, YELLOW, 0.88, ORANGE)
    page.row(
        "Who is near the limit",
        bars("Fullest interfaces", "Packets sent, of what may be sent, over 5 minutes. All "
             "instances of a host show the same figure.", "percentunit",
             f"topk(10, instance_budget:sluice_budget_used:ratio_rate5m{{{J}}})",
             "{{instance}} {{budget}}", thresholds=full, most=1, links=[TO_HOST]),
        graph("Over time", "The ten fullest.", "percentunit",
              query(f"topk(10, instance_budget:sluice_budget_used:ratio_rate5m{{{J}}})",
                    "{{instance}} {{budget}}"), thresholds=full),
        graph("Fullest second", "Most packets in any window of a second in 5 minutes, of what may be "
              "sent: the ten highest.", "percentunit",
              query(f"topk(10, instance_budget:sluice_budget_peak:ratio_max5m{{{J}}})",
                    "{{instance}} {{budget}}"), thresholds=full),
        graph("Wait for a packet", "Of all hosts' questions that had to wait, by class.", "s",
              query(f"job_class:sluice_budget_wait_seconds:p50_rate5m{{{J}}}", "{{class}} p50"),
              query(f"job_class:sluice_budget_wait_seconds:p99_rate5m{{{J}}}", "{{class}} p99")),
        table("Longest waits", "The 99th percentile of first tries' waits, over 5 minutes.", "s",
              f"""topk(10, instance_budget_class:sluice_budget_wait_seconds:p99_rate5m{{{J},"""
              """class="first_try"})""", width=8, hidden=("class",), links=[FROM_ROW]),
        bars("Dropped by the network", "Packets above an allowance, in the time shown.", "none",
             f"""topk(10, sum by (instance, kind)
             (increase(sluice_budget_allowance_exceeded_total{{{J}}}[$__range])))""",
             "{{instance}} {{kind}}", thresholds=steps(GREEN, 1, RED), links=[TO_HOST]))


def waste(page):
    page.row(
        "Who wastes, and who fails",
        bars("Worst amplification", "Packets per question over 5 minutes. 1 is ideal.", "none",
             f"topk(10, instance:sluice_amplification:ratio_rate5m{{{J}}})", "{{instance}}",
             thresholds=steps(GREEN, 1.3, YELLOW, 1.5, RED), links=[TO_HOST]),
        bars("Worst zones", "Packets per question over 5 minutes, by host and zone.", "none",
             f"topk(10, instance_zone:sluice_amplification:ratio_rate5m{{{J}}})",
             "{{instance}} {{zone}}", thresholds=steps(GREEN, 1.3, YELLOW, 1.5, RED),
             links=[TO_HOST]),
        bars("Most impatient clients", "How often each question is asked before its answer comes.",
             "none", f"topk(10, instance:sluice_client_amplification:ratio_rate5m{{{J}}})",
             "{{instance}}", thresholds=steps(GREEN, 2, ORANGE), links=[TO_HOST]),
        bars("Most SERVFAIL", "Of a host's replies, over 5 minutes.", "percentunit",
             f"topk(10, instance:sluice_servfail:ratio_rate5m{{{J}}})", "{{instance}}",
             thresholds=steps(GREEN, 0.01, YELLOW, 0.05, RED), links=[TO_HOST]),
        graph("SERVFAIL over time", "Of all replies of all hosts.", "percentunit",
              query(f"job:sluice_servfail:ratio_rate5m{{{J}}}", "{{job}}"),
              thresholds=steps(GREEN, 0.05, RED)),
        table("Zones that fail", "SERVFAIL, of the queries that the cache did not answer.",
              "percentunit", f"topk(10, instance_zone:sluice_servfail:ratio_rate5m{{{J}}})", width=8,
              links=[FROM_ROW]),
        bars("Lowest hit ratio", "Of the caches, over 5 minutes.", "percentunit",
             f"bottomk(10, instance:sluice_cache_hit:ratio_rate5m{{{J}}})", "{{instance}}", most=1,
             links=[TO_HOST]),
        graph("Round-trip time", "Of all hosts, by upstream.", "s",
              query(f"job_upstream:sluice_upstream_rtt_seconds:p50_rate5m{{{J}}}",
                    "{{upstream}} p50"),
              query(f"job_upstream:sluice_upstream_rtt_seconds:p99_rate5m{{{J}}}",
                    "{{upstream}} p99")),
        table("Slowest upstreams", "The 99th percentile of round-trip times, by host.", "s",
              f"topk(10, instance_upstream:sluice_upstream_rtt_seconds:p99_rate5m{{{J}}})", width=8,
              links=[FROM_ROW]))


def spenders(page):
    page.row(
        "Who spends",
        table("Across hosts", "Packets of the last minute by client and zone, added up over all "
              "hosts: a job that runs everywhere is one line.", "none",
              f"topk(20, sum by (client, zone) (sluice_top_packets{{{J}}}))",
              names={"Value": "packets"}),
        table("By host", "The same, each host for itself.", "none",
              f"topk(20, sum by (instance, client, zone, suffix) (sluice_top_packets{{{J}}}))",
              names={"Value": "packets"}, links=[FROM_ROW]),
        graph("Queries", "Of clients per second: the ten busiest hosts.", "reqps",
              query(f"topk(10, instance:sluice_client_queries:rate5m{{{J}}})", "{{instance}}")),
        graph("Packets per second", "Each interface's, the ten busiest.", "pps",
              query(f"topk(10, instance_budget:sluice_budget_used:rate5m{{{J}}})",
                    "{{instance}} {{budget}}")),
        stat("Versions", "How many instances run which.", "none",
             query(f"count by (version) (sluice_build_info{{{J}}})", "{{version}}", instant=True),
             width=8, shown="value_and_name"))


def dashboard():
    page = Dashboard(
        "sluice-fleet", "Sluice: all hosts",
        "Every sluiced: who is unwell, near its limit, wasteful or failing.",
        [variable("job", "Job", "sluice_build_info")])
    for part in (now, verdicts, limit, waste, spenders):
        part(page)
    return page
