"""What each client gets in each case, and how many queries that may cost the upstream."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    upstream: str          # what it does
    family: str = "both"   # which addresses the client is asked for, if it can ask so
    patient: bool = False  # the client shall ask again soon: resolv.conf and options say so


CASES = {
    "a": Case("answers", family="4"),
    "aaaa": Case("answers", family="6"),
    "both": Case("answers"),
    "slow": Case("answers A after 0.6 s and AAAA after 0.9 s; both must be asked at once"),
    "half": Case("answers A; SERVFAIL for AAAA"),
    "tcp": Case("has 509 A records, TC over UDP", family="4"),
    "cname": Case("answers with a chain of three CNAME records"),
    "case": Case("answers; asked in mixed case, cached in lower case"),
    "search": Case("knows `host` with the last suffix of the search list only"),
    "nxdomain": Case("NXDOMAIN"),
    "servfail": Case("SERVFAIL"),
    "lost": Case("never sees the first datagram of a question; no client asks twice"),
    "late": Case("answers after 3 s; the client asks again meanwhile", patient=True),
    "silent": Case("never answers; the client asks again meanwhile", patient=True),
}


@dataclasses.dataclass(frozen=True)
class Left:
    """A case that a client cannot express."""
    reason: str


ONE_TYPE = Left("asks for one type at a time")
IN_TURN = Left("asks for A, AAAA and MX one after the other")
NO_SIX = Left("cannot ask for IPv6 addresses alone")
NO_LIST = Left("knows no search list")

# client: {case: "OUTCOME MOST"}. OUTCOME is what it finds: v4, v6 or v4+v6; all of many addresses,
# or some; or what it calls the failure. `|` stands between alternatives. MOST bounds the queries
# that reach the upstream, each retry and each query over TCP counted: where nothing goes wrong one
# for each question; one more where a datagram is lost; 3 where it is slow, and a fourth, over TCP,
# where it is silent (RFC 9520 section 3.1). SERVFAIL is one for each question however often the
# client asks, and another one after 1 s and 3 s.
EXPECTED = {
    "glibc": dict(
        a="v4 1", aaaa="v6 1", both="v4+v6 2", slow="v4+v6 2", half="v4 2", tcp="all 2",
        cname="v4+v6 2", case="v4+v6 0", search="v4+v6 4", nxdomain="EAI_NONAME 2",
        servfail="EAI_AGAIN 2", lost="v4+v6 4", late="v4+v6 6", silent="EAI_AGAIN 8"),
    "glibc in Kubernetes": dict(
        a="v4 5", aaaa="v6 5", both="v4+v6 10", slow="v4+v6 12", half="v4 10", tcp="all 6",
        cname="v4+v6 10", case="v4+v6 8", search="v4+v6 8", nxdomain="EAI_NONAME 10",
        servfail="EAI_AGAIN 10", lost="v4+v6 12", late="v4+v6 14", silent="EAI_AGAIN 40"),
    "musl": dict(
        a="v4 1", aaaa="v6 1", both="v4+v6 2", slow="v4+v6 2", half="EAI_AGAIN 4",
        tcp="some|all 2", cname="v4+v6 2", case="v4+v6 0", search="v4+v6 4",
        nxdomain="EAI_NONAME 2", servfail="EAI_AGAIN 6", lost="v4+v6 4", late="v4+v6 6",
        silent="EAI_AGAIN 8"),
    "Go": dict(
        a="v4 1", aaaa="v6 1", both="v4+v6 2", slow="v4+v6 2", half="v4 2", tcp="all 2",
        cname="v4+v6 2", case="v4+v6 0", search="v4+v6 4", nxdomain="IsNotFound 2",
        servfail="IsTemporary 2", lost="v4+v6 4", late="v4+v6 6", silent="IsTemporary 8"),
    "Java": dict(
        a="v4 1", aaaa=NO_SIX, both="v4+v6 2", slow="v4+v6 2", half="v4 2", tcp="all 2",
        cname="v4+v6 2", case="v4+v6 0", search="v4+v6 4", nxdomain="UnknownHostException 2",
        servfail="UnknownHostException(temporary) 2", lost="v4+v6 4", late="v4+v6 6",
        silent="UnknownHostException(temporary) 8"),
    "Node lookup": dict(
        a="v4 1", aaaa="v6 1", both="v4+v6 2", slow="v4+v6 2", half="v4 2", tcp="all 2",
        cname="v4+v6 2", case="v4+v6 0", search="v4+v6 4", nxdomain="ENOTFOUND 2",
        servfail="EAI_AGAIN 2", lost="v4+v6 4", late="v4+v6 6", silent="EAI_AGAIN 8"),
    "Node resolve": dict(
        a="v4 1", aaaa="v6 1", both="v4+v6 2", slow="v4+v6 2", half="v4 2", tcp="all 2",
        cname="v4+v6 2", case="v4+v6 0", search=NO_LIST, nxdomain="ENOTFOUND 2",
        servfail="ESERVFAIL 2", lost="v4+v6 4", late="v4+v6 6", silent="ESERVFAIL 8"),
    "Python": dict(
        a="v4 1", aaaa="v6 1", both="v4+v6 2", slow="v4+v6 2", half="v4 2", tcp="all 2",
        cname="v4+v6 2", case="v4+v6 0", search="v4+v6 4", nxdomain="EAI_NONAME 2",
        servfail="EAI_AGAIN 2", lost="v4+v6 4", late="v4+v6 6", silent="EAI_AGAIN 8"),
    "dnspython": dict(
        a="v4 1", aaaa="v6 1", both=ONE_TYPE, slow=ONE_TYPE, half=ONE_TYPE, tcp="all 2",
        cname="v4 1", case="v4 0", search="v4 2", nxdomain="NXDOMAIN 1",
        servfail="NoNameservers 1", lost="v4 2", late="v4 3", silent="NoNameservers 4"),
    "curl": dict(
        a="v4 1", aaaa="v6 2", both="v4|v6 2", slow="v4|v6 2", half="v4 2", tcp="v4 2",
        cname="v4|v6 2", case="v4|v6 0", search="v4|v6 4", nxdomain="exit 6 2",
        servfail="exit 6 2", lost="v4|v6 4", late="v4|v6 6", silent="exit 6 8"),
    "dig": dict(
        a="v4 1", aaaa="v6 1", both=ONE_TYPE, slow=ONE_TYPE, half=ONE_TYPE, tcp="all 2",
        cname="v4 1", case="v4 0", search="v4 2", nxdomain="NXDOMAIN 1", servfail="SERVFAIL 1",
        lost="v4 2", late="v4 3", silent="SERVFAIL 4"),
    "kdig": dict(
        a="v4 1", aaaa="v6 1", both=ONE_TYPE, slow=ONE_TYPE, half=ONE_TYPE, tcp="all 2",
        cname="v4 1", case="v4 0", search=NO_LIST, nxdomain="NXDOMAIN 1", servfail="SERVFAIL 1",
        lost="v4 2", late="v4 3", silent="SERVFAIL 4"),
    "drill": dict(
        a="v4 1", aaaa="v6 1", both=ONE_TYPE, slow=ONE_TYPE, half=ONE_TYPE, tcp="all 2",
        cname="v4 1", case="v4 0", search=NO_LIST, nxdomain="NXDOMAIN 1", servfail="SERVFAIL 1",
        lost="v4 2", late="v4 3", silent="SERVFAIL 4"),
    "host": dict(
        a="v4 1", aaaa="v6 1", both="v4+v6 3", slow=IN_TURN, half="v4 3", tcp="all 2",
        cname="v4+v6 3", case="v4+v6 1", search="v4+v6 4", nxdomain="NXDOMAIN 1",
        servfail="SERVFAIL 1", lost="v4+v6 6", late="v4+v6 9", silent="SERVFAIL 4"),
    "busybox nslookup": dict(
        a="v4 1", aaaa="v6 1", both="v4+v6 2", slow="v4+v6 2", half="v4 2", tcp="some|all 2",
        cname="v4+v6 2", case="v4+v6 0", search="v4+v6 4", nxdomain="NXDOMAIN 2",
        servfail="SERVFAIL 2", lost="v4+v6 4", late="v4+v6 6", silent="SERVFAIL 8"),
}


def expected(client, case):
    """The outcomes of which one is right, and MOST."""
    outcomes, most = EXPECTED[client][case].rsplit(" ", 1)
    return outcomes.split("|"), int(most)


def render(results, skipped):
    """The table for people: `results` is {client: {case: text}}, `skipped` {client: why}."""
    reasons = []
    for row in EXPECTED.values():
        for cell in row.values():
            if isinstance(cell, Left) and cell.reason not in reasons:
                reasons.append(cell.reason)

    def text_of(client, case):
        cell = EXPECTED[client][case]
        if isinstance(cell, Left):
            return f"({reasons.index(cell.reason) + 1})"
        return results[client].get(case, "")

    lines = []
    half = (len(CASES) + 1) // 2
    for cases in (list(CASES)[:half], list(CASES)[half:]):
        rows = [["", *cases]]
        rows += [[client, *(text_of(client, case) for case in cases)] for client in results]
        widths = [max(len(row[i]) for row in rows) for i in range(len(cases) + 1)]
        rows.insert(1, ["-" * width for width in widths])
        lines += ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows] + [""]
    lines += [f"({number}) {reason}" for number, reason in enumerate(reasons, 1)]
    lines += [f"SKIPPED {client}: {why}" for client, why in skipped.items()]
    return "\n".join(lines)
