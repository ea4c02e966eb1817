"""A budget over two interfaces: the daemon sends by both, and by each no more than its limit. In a
network of its own, with the upstream in another one behind two links; else skipped."""

import bisect
import itertools
import os
import socket
import struct
import subprocess
import threading
import time
import unittest

import private_network
from lab import BIN, Process, SystemTest, wait_for
from wire import UdpClient, query

SERVER = "169.254.169.253"
LINKS = (("eni0", "vpc0", "192.0.2.1", "192.0.2.2"),
         ("eni1", "vpc1", "192.0.2.9", "192.0.2.10"))  # ours, theirs, with their addresses
LIMIT, BURST, RESERVE = 200, 20, 20
QUESTIONS = 1500  # several times what both may send while they wait

CONFIG = f"""
[[budget]]
name = "eni"
interface = ["eni0", "eni1"]
limit = {LIMIT}
burst = {BURST}
reserve = {RESERVE}
shared = "{{budget}}"
[[upstream]]
name = "vpc"
servers = ["{SERVER}:{{upstream}}"]
budget = "eni"
[[zone]]
name = "."
upstream = "vpc"
"""

SO_TIMESTAMPNS = 35
ETH_P_ALL, PACKET_OUTGOING = 3, 4


def setUpModule():
    try:
        private_network.enter({}, ())
    except private_network.NotPermitted as error:
        raise unittest.SkipTest(str(error)) from error


class Departures:
    """When packets to the upstream left by an interface, as the kernel stamps them."""

    def __init__(self, interface):
        self.times = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.bind((interface, ETH_P_ALL))
        self._socket.settimeout(0.1)
        self._is_over = False
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self):
        while not self._is_over:
            try:
                packet, extra, _, sender = self._socket.recvmsg(64, 128)
            except TimeoutError:
                continue
            if sender[2] == PACKET_OUTGOING and packet[16:20] == socket.inet_aton(SERVER):
                seconds, nanoseconds = struct.unpack("qq", extra[0][2])
                self.times.append(seconds + nanoseconds / 1e9)

    def stop(self):
        self._is_over = True
        self._thread.join()
        self._socket.close()

    def most_in_any_second(self):
        times = sorted(self.times)
        return max((bisect.bisect_right(times, first + 1) - i
                    for i, first in enumerate(times)), default=0)


class TwoInterfaces(SystemTest):
    def setUp(self):
        super().setUp()
        self.need("ip", "nsenter", "unshare")
        self.vpc_network = self.start(Process(self.folder, "vpc", ["unshare", "-n", "sleep", "300"]))
        self.vpc_pid = self.vpc_network.child.pid
        own = os.readlink("/proc/self/ns/net")
        wait_for(lambda: os.readlink(f"/proc/{self.vpc_pid}/ns/net") != own, "the other network")
        self.connect()
        vpc = self.start(Process(self.folder, "vpcsim", [
            *self.there(), BIN / "vpcsim", "--listen", f"{SERVER}:0", "--limit", "0"]))
        port = int(vpc.wait_for_output(r"listening \S+:(\d+)")[1])
        self.daemon = self.start_sluiced(port, CONFIG, budget=self.folder / "budget")
        self.departures = {}
        for name, *_ in LINKS:
            self.departures[name] = Departures(name)
            self.addCleanup(self.departures[name].stop)

    def there(self):
        """What runs a command in the upstream's network."""
        return "nsenter", f"--net=/proc/{self.vpc_pid}/ns/net"

    def connect(self):
        there = self.there()
        self.run_all(
            *(command for ours, theirs, our_address, their_address in LINKS for command in (
                ("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs,
                 "netns", str(self.vpc_pid)),
                ("ip", "address", "add", f"{our_address}/29", "dev", ours),
                ("ip", "link", "set", ours, "up"),
                (*there, "ip", "address", "add", f"{their_address}/29", "dev", theirs),
                (*there, "ip", "link", "set", theirs, "up"))),
            (*there, "ip", "link", "set", "lo", "up"),
            (*there, "ip", "address", "add", f"{SERVER}/32", "dev", "lo"),
            *(("ip", "route", "add", f"{SERVER}/32", "via", their_address, "dev", ours,
               "metric", str(metric))
              for metric, (ours, _, _, their_address) in enumerate(LINKS, start=1)))

    def run_all(self, *commands):
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                self.skipTest(f"{' '.join(command)}: {done.stderr.strip()}")

    @staticmethod
    def arrived(client):
        """How many replies have come by now; reads them."""
        for count in itertools.count():
            try:
                client.receive()
            except BlockingIOError:
                return count

    def test_sends_by_both_and_by_each_no_more_than_its_limit(self):
        with UdpClient(self.daemon.port) as client:
            client.socket.setblocking(False)
            replies = 0
            for i in range(QUESTIONS):
                client.send(query(f"{i}.good.example"))
                replies += self.arrived(client)
                time.sleep(0.001)

            def all_have_come():
                nonlocal replies
                replies += self.arrived(client)
                return replies == QUESTIONS
            wait_for(all_have_come, "every question to be answered or shed")

        for departures in self.departures.values():
            departures.stop()
        most = {name: each.most_in_any_second() for name, each in self.departures.items()}
        for name in most:
            with self.subTest(interface=name):
                self.assertLessEqual(most[name], LIMIT - RESERVE)
                self.assertGreaterEqual(most[name], 0.8 * (LIMIT - RESERVE))
        sent = sum(len(each.times) for each in self.departures.values())
        self.assertEqual(sent, self.daemon.metrics()['sluice_budget_packets_total{budget="eni"}'])


if __name__ == "__main__":
    unittest.main()
