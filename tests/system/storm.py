"""Who storms and who merely asks: programs of a host, in a control group of their own or, in the
root group, under a user of their own, so that a test knows whom the daemon has to name."""

import json
import os
import pathlib
import shutil
import sys
import uuid

from lab import Process

SCRIPT = pathlib.Path(__file__).with_name("look_ups.py")
ROOT_GROUP = 1  # its cgroup ID


class NotPermitted(Exception):
    """This host does not let us put programs where the test wants them."""


def group_mount():
    """Where version 2 of the control groups is mounted, from its root, and may be written."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        root, folder = before.split()[3:5]
        if after.startswith("cgroup2 ") and root == "/":
            mount = pathlib.Path(folder)
            break
    else:
        raise NotPermitted("control groups of version 2 are not mounted")
    if mount.stat().st_ino != ROOT_GROUP or not os.access(mount / "cgroup.procs", os.W_OK):
        raise NotPermitted("the root of the control groups may not be written")
    return mount


class OwnGroup:
    """A control group for one program."""

    def __init__(self):
        self.user = os.geteuid()
        self.group = group_mount() / f"sluice-test-{uuid.uuid4().hex[:8]}.service"
        try:
            self.group.mkdir()
        except OSError as error:
            raise NotPermitted(f"a control group may not be made: {error}") from error

    def remove(self):
        self.group.rmdir()


class OwnUser:
    """The root group, and a user that has no other program."""

    def __init__(self, uid):
        self.user = uid
        self.group = group_mount()
        if os.geteuid() != 0:
            raise NotPermitted("only root may become another user")

    def remove(self):
        pass


class LookUps(Process):
    """look_ups.py under another name, at `place` or where the test is."""

    def __init__(self, folder, name, place=None, **options):
        script = folder / f"{name}.py"
        shutil.copy(SCRIPT, script)
        if place:
            options["user"] = place.user
        arguments = [part for key, value in options.items() for part in (f"--{key}", value)]

        def enter():
            (place.group / "cgroup.procs").write_text(str(os.getpid()))

        super().__init__(folder, name, [sys.executable, script, *arguments],
                         preexec_fn=enter if place else None)

    def result(self):
        """What it did, once it is done."""
        if self.wait(patience=60) != 0:
            raise AssertionError(self.output)
        return json.loads(self.output.splitlines()[-1])
