"""dnspython's stub resolver: lookup_dnspython.py 4|6 NAME. Prints as lookup.c does."""

import sys

import dns.exception
import dns.resolver

try:
    answer = dns.resolver.resolve(sys.argv[2], {"4": "A", "6": "AAAA"}[sys.argv[1]], search=True)
    print("name", answer.rrset.name.to_text(omit_final_dot=True))
    for record in answer:
        print("address", record.address)
except dns.exception.DNSException as error:
    print("error", type(error).__name__)
