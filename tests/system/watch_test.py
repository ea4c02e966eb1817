"""The live view on real terminals: that it draws and follows the window, and that it gives the
terminal back as it was, however it ends."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import unittest

import fake_daemon
from lab import BIN, PATIENCE, SystemTest, wait_for

LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"
SHOW_CURSOR = b"\x1b[?25h"


class WatchTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.socket = self.folder / "fake.sock"
        self.serve()
        self.command = [str(BIN / "sluicectl"), "watch", "--socket", str(self.socket),
                        "--interval", "0.2"]

    def serve(self):
        self.daemon = fake_daemon.FakeDaemon(self.socket)
        self.addCleanup(self.daemon.stop)


class OwnTerminal(WatchTest):
    """A pseudo-terminal of the test's own, as xterm."""

    def open(self, term="xterm"):
        self.master, slave = pty.openpty()
        self.addCleanup(self.hang_up)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.slave_name = os.ttyname(slave)
        self.before = termios.tcgetattr(slave)
        self.child = subprocess.Popen(
            self.command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": term},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(self.child.wait)
        self.addCleanup(self.child.kill)
        self.slave = slave
        self.output = b""
        self.reader = threading.Thread(target=self.read, args=(self.master,))
        self.reader.start()

    def read(self, master):
        while True:
            try:
                octets = os.read(master, 65536)
            except OSError:
                return
            if not octets:
                return
            self.output += octets

    def hang_up(self):
        for name in ("slave", "master"):
            descriptor = self.__dict__.pop(name, None)
            if descriptor is not None:
                os.close(descriptor)

    def end(self):
        """Its exit status, once the terminal is read to the end."""
        status = self.child.wait(PATIENCE)
        after = termios.tcgetattr(self.slave)
        os.close(self.__dict__.pop("slave"))
        self.reader.join(PATIENCE)
        self.assertEqual(after, self.before)
        self.assertIn(LEAVE_ALTERNATE_SCREEN, self.output)
        self.assertIn(SHOW_CURSOR, self.output.split(LEAVE_ALTERNATE_SCREEN)[0][-200:] +
                      self.output.split(LEAVE_ALTERNATE_SCREEN)[-1])
        return status

    def wait_for_a_picture(self):
        wait_for(lambda: b"ptr-batch.service" in self.output, "the picture")
        self.assertNotEqual(termios.tcgetattr(self.slave), self.before)

    def test_q_ends_it(self):
        self.open()
        self.wait_for_a_picture()
        os.write(self.master, b"q")
        self.assertEqual(self.end(), 0)

    def test_control_c_ends_it(self):
        self.open()
        self.wait_for_a_picture()
        os.write(self.master, b"\x03")
        self.assertEqual(self.end(), 0)

    def test_a_signal_ends_it(self):
        self.open()
        self.wait_for_a_picture()
        self.child.send_signal(signal.SIGTERM)
        self.assertEqual(self.end(), 0)

    def test_it_ends_with_its_terminal(self):
        self.open()
        self.wait_for_a_picture()
        self.hang_up()
        self.assertEqual(self.child.wait(PATIENCE), 0)

    def test_other_keys_do_nothing(self):
        self.open()
        self.wait_for_a_picture()
        os.write(self.master, b"xyz\x1b[A\r")
        seen = len(self.daemon.requests)
        wait_for(lambda: len(self.daemon.requests) > seen + 2, "it to go on")
        os.write(self.master, b"q")
        self.assertEqual(self.end(), 0)

    def test_a_terminal_that_cannot_be_drawn_on_gets_text(self):
        for term in ("dumb", "no-such-terminal", ""):
            self.open(term)
            wait_for(lambda: self.output.count(b"BUDGET LIMITED for") >= 2, "two frames")
            self.assertNotIn(b"\x1b", self.output)
            self.assertEqual(termios.tcgetattr(self.slave), self.before)
            self.child.terminate()
            self.child.wait(PATIENCE)
            self.hang_up()
            self.reader.join(PATIENCE)


class Multiplexer(WatchTest):
    """What a terminal shows, by tmux."""

    def setUp(self):
        super().setUp()
        self.need("tmux")
        self.tmux("new-session", "-d", "-x", "80", "-y", "24",
                  " ".join(self.command) + "; echo ended with $?; exec sleep 60")
        self.addCleanup(self.tmux, "kill-server")

    def tmux(self, *arguments):
        command = ["tmux", "-S", str(self.folder / "tmux.sock"), "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE,
                              check=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def wait_for_screen(self, *texts):
        def look():
            screen = self.screen()
            return screen if all(text in screen for text in texts) else None
        return wait_for(look, f"{texts} on the screen")

    def test_everything_stands_on_a_screen_of_80_by_24(self):
        # The rates are there from the second look on.
        screen = self.wait_for_screen("SERVFAIL  92/s: shed_wait 80, timeout 12")
        for text in ("sluiced 1.2.3, pid 4711", "BUDGET LIMITED for 5 min 2 s",
                     "]  964 of 1024 packets/s", "waiting   812: penalty 809, retry 3",
                     " 77 %     4100  ptr-batch.service  25.104.in-addr.arpa.",
                     "  failing  169.254.169.253:53  in-addr.arpa.",
                     "  25.104.in-addr.arpa.  in-addr.arpa.       4100    3800  5 min 2 s"):
            self.assertIn(text, screen)

    def test_it_follows_the_size_of_the_window(self):
        self.wait_for_screen("ptr-batch.service")
        for columns, rows in ((110, 40), (50, 10), (80, 24)):
            self.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            if columns >= 80:
                wait_for(lambda: self.screen().splitlines()[0].endswith(" UTC") and
                         len(self.screen().splitlines()[0]) == columns, "the title to fit")
                self.wait_for_screen("ptr-batch.service", "What fails, and waits")
            else:
                wait_for(lambda: max(map(len, self.screen().splitlines())) == columns,
                         "lines to be cut")

    def test_it_says_that_the_daemon_is_gone_and_goes_on_when_it_is_back(self):
        self.wait_for_screen("ptr-batch.service")
        self.daemon.stop()
        screen = self.wait_for_screen("trying again", "What was seen last:")
        self.assertIn("no daemon: ", screen)
        self.serve()
        wait_for(lambda: "trying again" not in self.screen(), "the daemon's return")
        self.wait_for_screen("BUDGET LIMITED")

    def test_the_screen_is_as_before_when_it_has_ended(self):
        self.wait_for_screen("ptr-batch.service")
        self.tmux("send-keys", "q")
        screen = self.wait_for_screen("ended with 0")
        self.assertNotIn("ptr-batch.service", screen)


if __name__ == "__main__":
    unittest.main()
