"""A network, a resolv.conf and an nsswitch.conf that only this process and its children see, so
that the daemon can have port 53 and be the host's resolver."""

import ctypes
import os
import pathlib
import subprocess
import tempfile

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


class NotPermitted(Exception):
    """This host does not let us have namespaces of our own."""


def enter(files, addresses):
    """Moves this process, for the rest of its life, into a network with nothing but the loopback
    interface, which has `addresses` besides its own, and puts {path: text} in place of `files`.
    Needs root or unprivileged user namespaces."""
    user, group = os.geteuid(), os.getegid()
    try:
        _call("unshare", CLONE_NEWNS | CLONE_NEWNET | (CLONE_NEWUSER if user != 0 else 0))
        if user != 0:
            pathlib.Path("/proc/self/setgroups").write_text("deny")
            pathlib.Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            pathlib.Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        _mount("none", "/", MS_REC | MS_PRIVATE)
        # The sockets of nscd and systemd-resolved live there; glibc would ask them instead of us.
        _mount("none", "/run", 0, "tmpfs")
        for path, text in files.items():
            _replace(path, text)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True, capture_output=True)
        for address in addresses:
            subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True,
                           capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotPermitted(f"no network namespace of our own: {error}") from error


def enter_another(first_port, last_port):
    """Moves the calling thread, and the threads and processes that it starts from now on, into yet
    another such network, where only these ports are chosen for sockets that ask for none. After
    enter()."""
    _call("unshare", CLONE_NEWNET)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, capture_output=True)
    # The folder is the calling thread's network's.
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(f"{first_port} {last_port}")


def _replace(path, text):
    # Often a link to a file in /run, which is now empty.
    target = pathlib.Path(os.path.realpath(path))
    if str(target).startswith("/run/"):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    with tempfile.NamedTemporaryFile("w") as file:
        os.chmod(file.name, 0o644)
        file.write(text)
        file.flush()
        _mount(file.name, str(target), MS_BIND)  # which outlives the name


def _mount(source, target, flags, kind=None):
    _call("mount", source.encode(), target.encode(), kind and kind.encode(),
          ctypes.c_ulong(flags), None)


def _call(function, *args):
    if getattr(_libc, function)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
