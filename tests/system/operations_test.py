"""What an operator sees of a start: the command line, a configuration that is wrong, a start that
fails or is only half a success, the file of the control socket."""

import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import unittest

import wire
from lab import BIN, PATIENCE, Process, Sluiced, SystemTest, free_port

BAD_CONFIG = """\
[server]
listen = ["127.0.0.1:0"]
threds = 2
[cache]
max_bytes = "many"
[[upstream]]
name = "vpc"
servers = ["192.0.2.53", "resolver.example"]
budget = "none"
[[zone]]
name = "example"
upstream = "vcp"
weight = 0
[[zone]]
name = "EXAMPLE."
upstream = "vpc"
"""
BAD_KEYS = {(3, "server.threds"), (5, "cache.max_bytes"), (8, "upstream[0].servers"),
            (9, "upstream[0].budget"), (12, "zone[0].upstream"), (13, "zone[0].weight"),
            (15, "zone[1].name")}
NOBODY = 65534  # a user and a group without rights


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=PATIENCE, **options)


class CommandLine(SystemTest):
    def sluiced(self, *arguments):
        return run(BIN / "sluiced", *arguments)

    def config(self, text):
        path = self.folder / "sluice.toml"
        path.write_text(text)
        return path

    def assert_all_problems_of(self, path, done):
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, "")
        found = re.findall(rf"^{path}:(\d+): ([^:]+): .+$", done.stderr, re.MULTILINE)
        self.assertEqual({(int(line), key) for line, key in found}, BAD_KEYS, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), len(BAD_KEYS), done.stderr)

    def test_version_and_help_are_told(self):
        self.assertRegex(self.sluiced("--version").stdout, r"^sluiced \d+\.\d+\.\d+\n$")
        self.assertRegex(run(BIN / "sluicectl", "--version").stdout, r"^\d+\.\d+\.\d+\n$")
        for tool in ("sluiced", "sluicectl"):
            done = run(BIN / tool, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("--version", done.stdout)

    def test_wrong_use_ends_with_2(self):
        for arguments in (["--no-such-flag"], ["--config"], ["surplus"]):
            done = self.sluiced(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertNotEqual(done.stderr, "")

    def test_a_good_file_passes_the_check(self):
        path = self.config(Sluiced.DEFAULT.format(budget="", upstream=53))
        done = self.sluiced("--check", "--config", path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"{path}: ok\n")

    def test_the_check_tells_every_problem_with_its_line_and_key(self):
        path = self.config(BAD_CONFIG)
        self.assert_all_problems_of(path, self.sluiced("--check", "--config", path))

    def test_a_start_with_a_bad_file_tells_the_same_and_does_not_serve(self):
        path = self.config(BAD_CONFIG)
        self.assert_all_problems_of(path, self.sluiced("--config", path))

    def test_a_file_that_is_not_there_is_a_problem_of_its_own(self):
        path = self.folder / "missing.toml"
        for arguments in (["--config", path], ["--check", "--config", path]):
            done = self.sluiced(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, rf"^{path}: cannot be read: .+\n$")

    def test_a_file_that_is_no_toml_is_told_with_its_line(self):
        path = self.config("[server]\nlisten = \n")
        done = self.sluiced("--check", "--config", path)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, rf"^{path}:2: .+\n$")


class FailedStart(SystemTest):
    def fail_to_start(self, listen, **options):
        """The reason that a daemon gave for not serving, its only line about the matter."""
        daemon = self.start(Sluiced(self.folder, 53, listen=listen, **options))
        self.assertEqual(daemon.wait(), 1)
        errors = [line for line in daemon.output.splitlines() if "level=error" in line]
        self.assertEqual(len(errors), 1, daemon.output)
        self.assertNotIn("event=ready", daemon.output)
        return re.search(r'event=cannot_serve reason="(.*)"$', errors[0])[1]

    def taken_port(self, type):
        """A port that is taken for this transport and free for the other."""
        taken = socket.socket(socket.AF_INET, type)
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", free_port()))
        if type == socket.SOCK_STREAM:
            taken.listen()
        return taken.getsockname()[1]

    def test_a_port_in_use_is_told_with_its_transport_and_what_to_look_for(self):
        for type, transport in ((socket.SOCK_DGRAM, "udp"), (socket.SOCK_STREAM, "tcp")):
            port = self.taken_port(type)
            reason = self.fail_to_start(f"127.0.0.1:{port}")
            self.assertIn(f"127.0.0.1:{port}/{transport}", reason)
            self.assertIn("another resolver", reason)
            self.assertIn(f"sport = :{port}", reason)

    def test_a_second_daemon_on_the_same_address_fails(self):
        first = self.start_sluiced(53, name="first", server="threads = 2")
        reason = self.fail_to_start(f"127.0.0.1:{first.port}", server="threads = 2")
        self.assertIn("another resolver", reason)

    def test_an_address_of_another_host_is_told(self):
        self.assertIn("no interface", self.fail_to_start("192.0.2.1:0"))

    def test_a_port_without_permission_is_told_with_the_capability(self):
        start = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
        if start <= 53:
            self.skipTest(f"here anybody may use ports from {start}")
        path = self.folder / "sluice.toml"
        path.write_text(f'[server]\nlisten = ["127.0.0.1:53"]\ncontrol = ""\n'
                        f'state_dir = "{self.folder}"\n[admin]\nlisten = ""\n'
                        + Sluiced.DEFAULT.format(budget="", upstream=54))
        done = run(*unprivileged(self.folder), "--config", path)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("CAP_NET_BIND_SERVICE", done.stderr)


def unprivileged(folder):
    """The command that runs the daemon without any privilege."""
    folder.chmod(0o755)
    daemon = shutil.copy(BIN / "sluiced", folder)
    if os.geteuid() != 0:
        return [daemon]
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            "--inh-caps=-all", daemon]


class DegradedStart(SystemTest):
    def setUp(self):
        super().setUp()
        self.vpc = self.start_vpcsim()
        self.blocker = self.folder / "blocker"  # a file where a folder should be; stops root, too
        self.blocker.touch()

    def assert_serves(self, daemon):
        with wire.UdpClient(daemon.port) as client:
            self.assertEqual(client.ask("www.example.com").rcode, wire.NOERROR)

    def test_a_budget_that_cannot_be_shared_is_private_and_says_so(self):
        daemon = self.start_sluiced(self.vpc.port, budget=self.blocker / "budget")
        self.assert_serves(daemon)
        self.assertEqual(daemon.metrics()['sluice_budget_private{budget="eni"}'], 1)
        log = re.search(r'event=budget_private budget=eni reason="(.*?)" effect=', daemon.output)[1]
        self.assertIn(f"{self.blocker}", log)
        self.assertIn("; share budgets in another", log)
        self.assertIn(f"{self.blocker}", daemon.control("budget")[0]["problem"])
        text = run(BIN / "sluicectl", "--socket", daemon.socket, "budget").stdout
        self.assertRegex(text, rf"PROBLEM +budget file {self.blocker}")

    def test_a_budget_that_is_shared_is_not_private(self):
        daemon = self.start_sluiced(self.vpc.port, budget=self.folder / "budget")
        self.assertEqual(daemon.metrics()['sluice_budget_private{budget="eni"}'], 0)
        self.assertEqual(daemon.control("budget")[0]["problem"], "")
        self.assertTrue((self.folder / "budget" / "eni").exists())

    def test_a_state_folder_that_cannot_be_used_is_warned_of(self):
        config = self.folder / "sluiced.toml"
        config.write_text(f'[server]\nlisten = ["127.0.0.1:0"]\ncontrol = ""\n'
                          f'state_dir = "{self.blocker}/state"\n[admin]\nlisten = ""\n'
                          + Sluiced.DEFAULT.format(budget="", upstream=self.vpc.port))
        daemon = self.start(Process(self.folder, "sluiced", [BIN / "sluiced", "--config", config]))
        daemon.port = int(daemon.wait_for_output(r"event=listening address=\S+:(\d+)")[1])
        self.assertRegex(daemon.output, rf"event=state_dir_unusable path={self.blocker}/state .*"
                                        r"remedy=")
        self.assert_serves(daemon)

    def test_an_admin_port_in_use_is_done_without(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            daemon = self.start_sluiced(self.vpc.port, admin=f"127.0.0.1:{port}")
            self.assertRegex(daemon.output, rf"level=error event=admin_not_served "
                                            rf"address=127\.0\.0\.1:{port} reason=")
            self.assertEqual(daemon.admin, "none")
            self.assert_serves(daemon)
            self.assertEqual(daemon.control("status")["admin"], "")

    def test_a_daemon_may_answer_over_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")
        daemon = self.start_sluiced(self.vpc.port, listen="[::1]:0")
        with wire.UdpClient(daemon.port, "::1") as client:
            self.assertEqual(client.ask("www.example.com").rcode, wire.NOERROR)
        with wire.TcpClient(daemon.port, "::1") as client:
            self.assertEqual(client.ask("tcp.example.com").rcode, wire.NOERROR)


class ControlSocketFile(SystemTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "sluiced.sock"

    def bind(self):
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(holder.close)
        holder.bind(str(self.path))
        return holder

    def test_is_for_owner_and_group_alone_and_goes_with_the_daemon(self):
        daemon = self.start_sluiced(53)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o660)
        daemon.stop()
        self.assertFalse(self.path.exists())

    def test_of_a_dead_daemon_is_replaced(self):
        self.bind().close()
        self.assertTrue(self.path.is_socket())
        daemon = self.start_sluiced(53)
        self.assertEqual(daemon.control("status")["pid"], daemon.child.pid)

    def test_of_a_live_daemon_stays_with_it(self):
        self.bind().listen()
        inode = self.path.stat().st_ino
        daemon = self.start_sluiced(53)
        self.assertIn("level=error event=control_not_served", daemon.output)
        self.assertIn("another daemon", daemon.output)
        daemon.stop()
        self.assertEqual(self.path.stat().st_ino, inode)

    def test_is_not_put_where_something_else_is(self):
        self.path.write_text("precious")
        daemon = self.start_sluiced(53)
        self.assertIn("level=error event=control_not_served", daemon.output)
        daemon.stop()
        self.assertEqual(self.path.read_text(), "precious")


if __name__ == "__main__":
    unittest.main()
