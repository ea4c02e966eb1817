"""A daemon's control socket without a daemon: one line in, one line out, with answers made up here.

It answers verbs that take a real daemon minutes of trouble to have something to say about."""

import base64
import json
import pathlib
import socketserver
import threading
import time

PCAP = b"\xd4\xc3\xb2\xa1" + bytes(range(256)) * 4096  # 1 MiB and a magic number

SPENDERS = [
    {"client": "ptr-batch.service", "kind": "unit", "detail": "cgroup /system.slice/ptr-batch.service",
     "uid": 1000, "zone": "in-addr.arpa.", "suffix": "25.104.in-addr.arpa.", "type": "PTR",
     "packets": 4100, "share": 0.77, "failures": 3800, "waits": 120, "waited_ms": 9000,
     "overcount": 3},
    {"client": "192.0.2.7", "kind": "address", "detail": "", "uid": None, "zone": ".",
     "suffix": "shop.example.", "type": "AAAA", "packets": 1210, "share": 0.23, "failures": 0,
     "waits": 0, "waited_ms": 0, "overcount": 0},
]
UPSTREAM = {"upstream": "vpc", "server": "169.254.169.253:53", "zone": "in-addr.arpa.",
            "srtt_ms": 812.5, "timeout_ms": 1400, "sent": 12000, "answered": 9000, "timeouts": 200,
            "failed": 3000, "in_flight": 310, "tcp_open": False, "silent": False, "looping": False,
            "sends": 12000, "retries": 250, "late": 77, "mismatched": 0,
            "verdict": "upstream_failing"}
BUDGET = {"budget": "eni", "interfaces": "auto", "file": "/run/sluice/budget/eni", "problem": "",
          "limit": 1024, "rate": 900, "burst": 60, "reserve": 64, "available": 2,
          "packets": 54000, "packets_by_all": 57840, "waits": 812, "resets": 0,
          "queue_depth": 812, "queue_oldest_ms": 1799.6}
REQUEST = {"name": "4.3.25.104.in-addr.arpa.", "type": "PTR", "class": "penalty",
           "zone": "in-addr.arpa.", "upstream": "vpc", "server": None, "state": "waiting",
           "age_ms": 812.3, "time_left_ms": 987.7, "tries": 0, "waiters": 3,
           "client": "127.0.0.1:40001", "spender": "ptr-batch.service", "waited_ms": 800}
FAILING = [{"suffix": "25.104.in-addr.arpa.", "zone": "in-addr.arpa.", "requests": 4100,
            "failures": 3800, "age_ms": 302000}]
DIAGNOSIS = {
    "verdict": "budget_limited", "since_seconds": 302,
    "summary": "Reverse look-ups of one job spend the budget, and most of them fail.",
    "upstreams": [{"upstream": "vpc", "verdict": "upstream_failing", "since_seconds": 290}],
    "findings": [
        {"verdict": "budget_limited", "subject": "eni",
         "what": "812 questions wait for packets of budget eni, the oldest for 1.8 s.",
         "evidence": ["budget eni: 964 of 964 packets in the last second",
                      "120 questions were shed in the last minute"],
         "advice": "Look at ptr-batch.service, which spends 77 % of the packets, and slow it down."},
    ],
    "spenders": SPENDERS, "failing": FAILING}
TOP = {"window": "minute", "seconds": 60, "packets": 5310, "spenders": SPENDERS}
STATUS = {"version": "1.2.3", "pid": 4711, "uptime_seconds": 93784, "ready": True,
          "engine_answers": True, "config": "/etc/sluice/sluice.toml",
          "listen": ["127.0.0.53:53"], "admin": "127.0.0.1:9353", "threads": 1,
          "in_flight": 312, "in_flight_max": 8192, "waiters": 400, "waiters_max": 16384,
          "exchanges": 310, "exchanges_max": 4096, "failures_cached": 3800,
          "verdict": "budget_limited", "verdict_since_seconds": 302,
          "cache": {"entries": 1000, "bytes": 1572864, "max_bytes": 33554432, "evictions": 0,
                    "live_evictions": 0}}
EXPLANATION = {
    "name": "4.3.25.104.in-addr.arpa.", "type": "PTR",
    "outcome": "It would wait behind the others for a packet of budget eni, then go to vpc.",
    "steps": ["Nothing on this host knows the name.", "Rule in-addr.arpa. covers it.",
              "Nothing is stored for it."],
    "rule": {"zone": "in-addr.arpa.", "upstream": "vpc", "weight": 10, "max_wait_ms": 1800,
             "silent": False},
    "local": None, "cache": None,
    "failure": {"cause": "upstream_servfail", "streak": 3, "age_ms": 4000, "retry_in_ms": 4100},
    "subtree": {"suffix": "25.104.in-addr.arpa.", "probability": 0.93, "requests": 4100,
                "failures": 3800, "age_ms": 302000},
    "in_flight": REQUEST, "servers": [UPSTREAM], "budget": BUDGET}
ENTRY = {"name": "www.example.", "type": "A", "class": "IN", "dnssec_ok": False,
         "checking_disabled": False, "state": "fresh", "age_seconds": 12, "ttl_seconds": 48,
         "rcode": "NOERROR", "octets": 61}


def stats(ticks):
    """Counters that have grown evenly for `ticks` seconds."""
    return {'sluice_client_queries_total{transport="udp"}': 1200 * ticks,
            'sluice_cache_lookups_total{result="hit"}': 900 * ticks,
            'sluice_cache_lookups_total{result="miss"}': 300 * ticks,
            'sluice_zone_questions_total{zone="in-addr.arpa."}': 200 * ticks,
            'sluice_zone_servfail_total{zone="in-addr.arpa.",cause="shed_wait"}': 80 * ticks,
            'sluice_zone_servfail_total{zone=".",cause="timeout"}': 12 * ticks,
            'sluice_budget_queue_depth{budget="eni",class="penalty"}': 809,
            'sluice_budget_queue_depth{budget="eni",class="retry"}': 3,
            'sluice_budget_used_packets{budget="eni"}': 964}


def overview(now):
    return {"at_seconds": now, "status": STATUS, "stats": stats(now % 1e6), "zones": [],
            "upstreams": [UPSTREAM], "budgets": [BUDGET], "diagnosis": DIAGNOSIS, "top": TOP}


def answer(request):
    """What a daemon in the middle of the incident says to `request`."""
    verb, action = request["verb"], request.get("action")
    if verb == "overview":
        return overview(time.time())
    if verb == "cache":
        if action == "dump":
            return {"entries": [ENTRY], "cut": True, "total": 123}
        if action == "show":
            record = f"{request['name']} 48 IN A 192.0.2.1"
            return {"entries": [{**ENTRY, "name": request["name"], "records": [record]}],
                    "cut": False, "total": 1}
        return {"flushed": {"flush": 1, "flush-tree": 3, "flush-all": 123}[action]}
    if verb == "recorder":
        if request["format"] == "pcap":
            return {"events": 812, "seconds": 31.5, "pcap_base64": base64.b64encode(PCAP).decode()}
        return {"events": 2, "seconds": 31.5, "text": "0.000 query\n0.001 \x1b[2J answer\n"}
    if verb == "log-level":
        return {"level": request.get("level", "info"), "was": "info"}
    return {"top": TOP, "diagnose": DIAGNOSIS, "explain": EXPLANATION, "status": STATUS,
            "requests": {"requests": [REQUEST], "cut": False}, "upstreams": [UPSTREAM],
            "budget": [BUDGET], "zones": [], "stats": stats(1),
            "version": {"version": "1.2.3"}}.get(verb, {"error": f"unknown verb {verb}"})


class FakeDaemon:
    """Listens on `path` until stop(). `requests` are those it was asked, as objects."""

    def __init__(self, path, answer=answer):
        self.path, self.requests = pathlib.Path(path), []
        fake = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline()
                if not line:
                    return
                fake.requests.append(json.loads(line))
                reply = answer(fake.requests[-1])
                self.wfile.write(json.dumps(reply).encode() + b"\n")

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

        self._server = Server(str(self.path), Session)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.path.unlink(missing_ok=True)
