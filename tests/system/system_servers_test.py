"""servers = ["system"]: the daemon follows resolv.conf and never asks itself.

The servers of resolv.conf have port 53, so each test has a network of its own, where port 53 is
free on every loopback address, and an /etc of its own."""

import json
import subprocess
import unittest

from lab import BIN, PATIENCE, Process, SystemTest, wait_for

OURSELVES, FIRST, SECOND = "127.0.0.53", "127.0.0.1", "127.0.0.2"
CONFIG = """
[server]
listen = ["{ourselves}:53"]
control = "{folder}/sluiced.sock"
state_dir = "{folder}"
[admin]
listen = ""
[[budget]]
name = "eni"
shared = ""
[[upstream]]
name = "system"
servers = ["system"]
budget = "eni"
[[zone]]
name = "."
upstream = "system"
"""
# Waits for the end of its input, and with it ends the network.
ROOM = """
set -e
ip link set lo up
mount -t tmpfs none /run  # systemd-resolved keeps a list of servers there
mount --bind {folder}/{mounted} /etc{mounted_at}
echo ready
exec cat
"""


class SystemServers(SystemTest):
    def setUp(self):
        super().setUp()
        self.etc = self.folder / "etc"
        self.etc.mkdir()
        self.resolv_conf = self.etc / "resolv.conf"

    def open_room(self, mounted="etc", mounted_at=""):
        script = ROOM.format(folder=self.folder, mounted=mounted, mounted_at=mounted_at)
        room = subprocess.Popen(["unshare", "--mount", "--net", "sh", "-c", script], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        self.addCleanup(room.communicate)
        if room.stdout.readline() != "ready\n":
            self.skipTest(f"no namespaces here: {room.communicate()[1].strip()}")
        self.enter = ["nsenter", "--target", str(room.pid), "--mount", "--net"]

    def start_inside(self, name, *command):
        return self.start(Process(self.folder, name, [*self.enter, *command]))

    def start_server(self, address, zone):
        server = self.start_inside(f"vpcsim-{address}", BIN / "vpcsim", "--listen",
                                   f"{address}:53", "--zone", zone)
        server.wait_for_output("listening")
        return server

    def start_daemon(self):
        config = self.folder / "sluice.toml"
        config.write_text(CONFIG.format(folder=self.folder, ourselves=OURSELVES))
        self.daemon = self.start_inside("sluiced", BIN / "sluiced", "--config", config)
        self.daemon.wait_for_output("event=ready")

    def ask(self, name):
        return self.dig(53, name, tool=(*self.enter, "dig", "+tries=1", "+time=8",
                                        "-b", "127.0.0.9", f"@{OURSELVES}"))

    def servers(self):
        done = subprocess.run([BIN / "sluicectl", "--socket", self.folder / "sluiced.sock",
                               "--json", "upstreams"], capture_output=True, text=True,
                              timeout=PATIENCE, check=True)
        return [server["server"] for server in json.loads(done.stdout)]

    def names(self, *addresses):
        return "".join(f"nameserver {address}\n" for address in addresses)

    def replace_resolv_conf(self, *addresses):
        """By renaming, as resolvconf(8) and NetworkManager do."""
        new = self.etc / "new"
        new.write_text(self.names(*addresses))
        new.replace(self.resolv_conf)

    def test_a_replaced_file_is_followed(self):
        self.resolv_conf.write_text(self.names(FIRST))
        self.open_room()
        self.start_server(FIRST, ".=answer")
        self.start_server(SECOND, ".=nxdomain")
        self.start_daemon()
        self.assertIn("status: NOERROR", self.ask("one.example.com"))

        self.replace_resolv_conf(SECOND)
        wait_for(lambda: self.servers() == [f"{SECOND}:53"], "the new server to be used")

        self.assertIn("status: NXDOMAIN", self.ask("two.example.com"))
        self.assertIn("status: NOERROR", self.ask("one.example.com"))

    def test_a_file_mounted_from_the_host_and_written_in_place_is_followed(self):
        self.resolv_conf.write_text(self.names(FIRST))
        self.open_room("etc/resolv.conf", "/resolv.conf")
        self.start_server(FIRST, ".=answer")
        self.start_server(SECOND, ".=nxdomain")
        self.start_daemon()
        self.assertIn("status: NOERROR", self.ask("one.example.com"))

        self.resolv_conf.write_text(self.names(SECOND))
        wait_for(lambda: self.servers() == [f"{SECOND}:53"], "the new server to be used")

        self.assertIn("status: NXDOMAIN", self.ask("two.example.com"))

    def test_it_never_asks_itself(self):
        self.resolv_conf.write_text(self.names(OURSELVES, FIRST))
        self.open_room()
        self.start_server(FIRST, ".=answer")
        self.start_daemon()

        self.assertEqual(self.servers(), [f"{FIRST}:53"])
        self.assertIn("status: NOERROR", self.ask("one.example.com"))

        self.replace_resolv_conf(OURSELVES, SECOND)
        wait_for(lambda: self.servers() == [f"{SECOND}:53"], "the new server to be used")

    def test_nobody_but_itself_to_ask_is_servfail_until_there_is_somebody(self):
        self.resolv_conf.write_text(self.names(OURSELVES))
        self.open_room()
        self.start_server(FIRST, ".=answer")
        self.start_daemon()
        self.assertIn("event=no_system_servers", self.daemon.output)
        reply = self.ask("one.example.com")
        self.assertIn("status: SERVFAIL", reply)
        self.assertIn("EDE: 14", reply)

        self.replace_resolv_conf(OURSELVES, FIRST)
        wait_for(lambda: self.servers() == [f"{FIRST}:53"], "the server to be used")

        self.assertIn("status: NOERROR", self.ask("one.example.com"))

    def test_an_empty_file_changes_nothing(self):
        self.resolv_conf.write_text(self.names(FIRST))
        self.open_room()
        self.start_server(FIRST, ".=answer")
        self.start_daemon()

        self.replace_resolv_conf()
        self.replace_resolv_conf(OURSELVES)

        self.assertIn("status: NOERROR", self.ask("one.example.com"))
        self.assertEqual(self.servers(), [f"{FIRST}:53"])


if __name__ == "__main__":
    unittest.main()
