"""Random RDATA of every type that NSD and ldns load, as a zone file spells it. Addresses are those
for documentation; names lie below the zone that the record is in."""

import base64


def _hex(random, least, most):
    return random.randbytes(random.randint(least, most)).hex()


def _base64(random, least, most):
    return base64.b64encode(random.randbytes(random.randint(least, most))).decode()


def generic(octets):
    """RDATA in the form that fits every type (RFC 3597 section 5)."""
    return f"\\# {len(octets)} {octets.hex()}"


def string(random, most=60):
    """A character-string of any octets."""
    octets = random.randbytes(random.randint(0, most))
    return '"' + "".join(f"\\{octet:03}" for octet in octets) + '"'


def a(random):
    return f"192.0.2.{random.randint(1, 254)}"


def aaaa(random):
    return f"2001:db8::{random.randint(1, 0xffff):x}"


def _key(random):
    return f"{random.choice((256, 257))} 3 {random.choice((8, 13))} {_base64(random, 32, 132)}"


def _digest(random):
    return f"{random.randint(1, 65535)} 13 2 {_hex(random, 32, 32)}"


def _location(random):
    return (f"{random.randint(0, 89)} {random.randint(0, 59)} 23.000 N {random.randint(0, 179)} "
            f"4 32.000 E -2.00m 1.00m 10000m 10m")


def _signature(random):
    return (f"A 13 3 3600 20300101000000 20200101000000 {random.randint(1, 65535)} example. "
            f"{_base64(random, 64, 64)}")


# {type: (random, a name) -> RDATA}
TYPES = {
    "A": lambda random, name: a(random),
    "AAAA": lambda random, name: aaaa(random),
    "PTR": lambda random, name: name,
    "MX": lambda random, name: f"{random.randint(0, 65535)} {name}",
    "TXT": lambda random, name: " ".join(string(random) for _ in range(random.randint(1, 5))),
    "SPF": lambda random, name: string(random),
    "SRV": lambda random, name: f"{random.randint(0, 65535)} 1 443 {name}",
    "NAPTR": lambda random, name: f'{random.randint(0, 65535)} 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .',
    "CAA": lambda random, name: f'{random.choice((0, 128))} issue "{random.random()}.example"',
    "TLSA": lambda random, name: f"3 1 1 {_hex(random, 32, 32)}",
    "SMIMEA": lambda random, name: f"3 0 0 {_hex(random, 16, 400)}",
    "SVCB": lambda random, name: f'{random.randint(1, 99)} {name} alpn="dot" port=853',
    "HTTPS": lambda random, name: f'{random.randint(1, 99)} . alpn="h2,h3" ipv4hint={a(random)} '
                                  f'ipv6hint={aaaa(random)}',
    "SSHFP": lambda random, name: f"4 2 {_hex(random, 32, 32)}",
    "LOC": lambda random, name: _location(random),
    "HINFO": lambda random, name: f"{string(random)} {string(random)}",
    "RP": lambda random, name: f"{name} {name}",
    "AFSDB": lambda random, name: f"{random.randint(1, 9)} {name}",
    "URI": lambda random, name: f'{random.randint(0, 9)} 1 "https://example/{random.random()}"',
    "OPENPGPKEY": lambda random, name: _base64(random, 3, 900),
    "CERT": lambda random, name: f"1 {random.randint(1, 65535)} 8 {_base64(random, 3, 900)}",
    "DS": lambda random, name: _digest(random),
    "CDS": lambda random, name: _digest(random),
    "DLV": lambda random, name: _digest(random),
    "CDNSKEY": lambda random, name: _key(random),
    "MINFO": lambda random, name: f"{name} {name}",
    "MB": lambda random, name: name,
    "MG": lambda random, name: name,
    "MR": lambda random, name: name,
    "WKS": lambda random, name: f"{a(random)} 6 25 80",
    "X25": lambda random, name: f'"{random.randint(10**6, 10**9)}"',
    "ISDN": lambda random, name: f'"{random.randint(10**6, 10**9)}" "004"',
    "RT": lambda random, name: f"{random.randint(1, 99)} {name}",
    "NSAP": lambda random, name: f"0x{_hex(random, 20, 20)}",
    "PX": lambda random, name: f"10 {name} {name}",
    "KX": lambda random, name: f"10 {name}",
    "APL": lambda random, name: "1:192.0.2.0/24 !2:2001:db8::/32",
    "IPSECKEY": lambda random, name: f"10 1 2 {a(random)} {_base64(random, 32, 99)}",
    "DHCID": lambda random, name: _base64(random, 35, 35),
    "NID": lambda random, name: f"10 0014:4fff:ff20:{random.randint(1, 0xffff):04x}",
    "L32": lambda random, name: f"10 {a(random)}",
    "L64": lambda random, name: f"10 2001:0db8:{random.randint(1, 0xffff):04x}:1000",
    "LP": lambda random, name: f"{random.randint(1, 99)} {name}",
    "EUI48": lambda random, name: f"00-00-5e-00-53-{random.randint(0, 255):02x}",
    "EUI64": lambda random, name: f"00-00-5e-ef-10-00-00-{random.randint(0, 255):02x}",
    "CSYNC": lambda random, name: f"{random.randint(1, 99)} 3 A NS AAAA",
    "ZONEMD": lambda random, name: f"1 1 1 {_hex(random, 48, 48)}",
}
# What a signer makes itself, and so only an unsigned zone may hold.
SIGNERS_TYPES = {
    "DNSKEY": lambda random, name: _key(random),
    "KEY": lambda random, name: _key(random),
    "RRSIG": lambda random, name: _signature(random),
    "SIG": lambda random, name: _signature(random),
    "NSEC": lambda random, name: f"{name} A RRSIG NSEC",
    "NSEC3PARAM": lambda random, name: "1 0 0 -",
}
# The numbers that questions need for the types above.
NUMBERS = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MB": 7, "MG": 8, "MR": 9, "WKS": 11, "PTR": 12,
    "HINFO": 13, "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18, "X25": 19, "ISDN": 20,
    "RT": 21, "NSAP": 22, "SIG": 24, "KEY": 25, "PX": 26, "AAAA": 28, "LOC": 29, "SRV": 33,
    "NAPTR": 35, "KX": 36, "CERT": 37, "DNAME": 39, "APL": 42, "DS": 43, "SSHFP": 44,
    "IPSECKEY": 45, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "DHCID": 49, "NSEC3": 50,
    "NSEC3PARAM": 51, "TLSA": 52, "SMIMEA": 53, "CDS": 59, "CDNSKEY": 60, "OPENPGPKEY": 61,
    "CSYNC": 62, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "SPF": 99, "NID": 104, "L32": 105,
    "L64": 106, "LP": 107, "EUI48": 108, "EUI64": 109, "ANY": 255, "URI": 256, "CAA": 257,
    "DLV": 32769, "IXFR": 251, "AXFR": 252,
}
# Types that nobody knows, and types that the zone's reader may know, to be passed as they are.
UNKNOWN_TYPES = (10, 260, 261, 666, 1000, 32000, 65280, 65281, 65400, 65534)


def number_of(type):
    return int(type[4:]) if type.startswith("TYPE") else NUMBERS[type]
