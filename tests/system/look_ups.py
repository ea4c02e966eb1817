"""A program of a host: looks names up at a steady rate, the way a careless script does. Started by
tests as a process of its own, from a copy whose name tells what it stands for; needs nothing beside
itself. At the end it prints what it did as one line of JSON."""

import argparse
import collections
import heapq
import json
import os
import selectors
import socket
import struct
import time

SOCKETS = 16
IDS = 0x10000
PTR, A = 12, 1


class Program:
    """Sends each query again when no reply has come in time, and asks again at once what failed."""

    def __init__(self, options):
        self.options = options
        self.selector = selectors.DefaultSelector()
        self.sockets = [self.open_socket() for _ in range(SOCKETS)]
        self.pending = {}     # (socket, ID): (message, sends so far, repeats left)
        self.deadlines = []   # (when, (socket, ID), sends so far then)
        self.asked = self.sent = 0
        self.rcodes = collections.Counter()
        self.unanswered = 0
        self.next_id = 0

    def open_socket(self):
        address, _, port = self.options.server.rpartition(":")
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.connect((address, int(port)))
        client.setblocking(False)
        self.selector.register(client, selectors.EVENT_READ)
        return client

    def run(self):
        began = time.monotonic()
        end = began + self.options.seconds
        while (now := time.monotonic()) < end or self.pending:
            if now < end:
                while self.asked < (now - began) * self.options.rate:
                    self.ask(self.asked, self.options.repeats)
                    self.asked += 1
            self.resend(now)
            for key, _ in self.selector.select(0.005):
                self.receive(key.fileobj)
        return {"asked": self.asked, "sent": self.sent, "rcodes": self.rcodes,
                "unanswered": self.unanswered}

    def ask(self, number, repeats):
        number %= self.options.names or IDS
        is_ptr = self.options.type == "PTR"
        host = f"{number % 256}.{number // 256}" if is_ptr else f"host-{number}"
        labels = f"{host}.{self.options.below}".split(".")
        name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
        header = struct.pack("!6H", 0, 0x0100, 1, 0, 0, 0)
        self.send_new(header + name + struct.pack("!2H", PTR if is_ptr else A, 1), repeats)

    def send_new(self, message, repeats):
        while True:
            self.next_id += 1
            key = (self.sockets[self.next_id % SOCKETS], self.next_id // SOCKETS % IDS)
            if key not in self.pending:
                break
        self.pending[key] = (struct.pack("!H", key[1]) + message[2:], 0, repeats)
        self.send(key)

    def send(self, key):
        message, sends, repeats = self.pending[key]
        self.pending[key] = (message, sends + 1, repeats)
        heapq.heappush(self.deadlines, (time.monotonic() + self.options.patience,
                                        key[0].fileno(), key[1], sends + 1, key))
        self.sent += 1
        key[0].send(message)

    def resend(self, now):
        while self.deadlines and self.deadlines[0][0] <= now:
            _, _, _, sends, key = heapq.heappop(self.deadlines)
            if key not in self.pending or self.pending[key][1] != sends:
                continue
            if sends < self.options.tries:
                self.send(key)
            else:
                del self.pending[key]
                self.unanswered += 1

    def receive(self, client):
        try:
            reply = client.recv(4096)
        except (BlockingIOError, ConnectionRefusedError):
            return
        waiting = self.pending.pop((client, struct.unpack_from("!H", reply)[0]), None)
        if waiting is None:
            return
        rcode = reply[3] & 15
        self.rcodes[rcode] += 1
        if rcode == 2 and waiting[2] > 0:
            self.send_new(waiting[0], waiting[2] - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--below", required=True, help="the suffix of all names")
    parser.add_argument("--type", default="A", choices=("A", "PTR"))
    parser.add_argument("--rate", type=float, required=True, help="look-ups per second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--names", type=int, default=0, help="distinct ones; 0: each is new")
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--patience", type=float, default=8, help="seconds to a retransmit")
    parser.add_argument("--repeats", type=int, default=0, help="of what failed")
    parser.add_argument("--user", type=int, help="whom to be")
    options = parser.parse_args()
    if options.user not in (None, os.geteuid()):
        os.setgroups([])
        os.setgid(options.user)
        os.setuid(options.user)
    print(json.dumps(Program(options).run()), flush=True)


main()
