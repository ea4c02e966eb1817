"""Python's socket module: lookup_socket.py 4|6|both NAME. Prints as lookup.c does."""

import socket
import sys

FAMILIES = {"4": socket.AF_INET, "6": socket.AF_INET6, "both": socket.AF_UNSPEC}
ERRORS = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}

try:
    found = socket.getaddrinfo(sys.argv[2], 80, FAMILIES[sys.argv[1]], socket.SOCK_STREAM,
                               flags=socket.AI_CANONNAME)
    print("name", found[0][3])
    for one in found:
        print("address", one[4][0])
except socket.gaierror as error:
    print("error", ERRORS[error.errno])
