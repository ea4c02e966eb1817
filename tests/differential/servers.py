"""The servers that the daemon is compared with: NSD, the authority, and Unbound, which asks it."""

import subprocess

from lab import Process, free_port, wait_for
from wire import UdpClient, query


def sign(folder, origin, text, *options):
    """The zone file `text` signed with a key of its own."""
    def run(*command):
        return subprocess.run(command, cwd=folder, check=True, timeout=60, capture_output=True,
                              text=True).stdout.strip()
    (folder / "unsigned").write_text(text)
    key = run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", origin)
    run("ldns-signzone", *options, "-f", "signed", "unsigned", key)
    return (folder / "signed").read_text()


def _wait_until_it_answers(port, name):
    def answers():
        with UdpClient(port) as client:
            client.socket.settimeout(0.2)
            try:
                client.send(query(name, "SOA"))
                return client.receive()[3] & 15 == 0
            except OSError:
                return False
    wait_for(answers, f"an answer on port {port}")


class Nsd(Process):
    """The authority for `zones`, {origin: text}. Its answers are as large as they can be, and in
    the order of the zone."""

    def __init__(self, folder, zones, name="nsd"):
        self.port = free_port()
        home = folder / name
        home.mkdir()
        config = [f"server:\n ip-address: 127.0.0.1@{self.port}\n server-count: 1\n"
                  f' username: ""\n chroot: ""\n database: ""\n zonesdir: "{home}"\n'
                  f' pidfile: "{home}/nsd.pid"\n xfrdfile: "{home}/xfrd.state"\n'
                  f' xfrdir: "{home}"\n zonelistfile: "{home}/zone.list"\n'
                  " identity: authority\n version: authority\n"
                  " minimal-responses: no\n refuse-any: no\n round-robin: no\n"
                  " rrl-ratelimit: 0\n rrl-whitelist-ratelimit: 0\n"
                  "remote-control:\n control-enable: no\n"]
        for origin, text in zones.items():
            (home / f"{origin}.zone").write_text(text)
            config.append(f'zone:\n name: "{origin}"\n zonefile: "{origin}.zone"\n')
        (home / "nsd.conf").write_text("".join(config))
        super().__init__(folder, name, ["nsd", "-d", "-c", home / "nsd.conf"])
        self._probe = next(iter(zones))

    def wait_until_ready(self):
        _wait_until_it_answers(self.port, self._probe)
        return self


class Unbound(Process):
    """A recursor that knows only our authorities, `ports` by zone, and cannot leave the loopback
    interface. It validates nothing, as the daemon does not."""

    def __init__(self, folder, ports):
        self.port = free_port()
        config = [f"server:\n interface: 127.0.0.1@{self.port}\n outgoing-interface: 127.0.0.1\n"
                  f' username: ""\n chroot: ""\n directory: "{folder}"\n pidfile: ""\n'
                  " use-syslog: no\n do-ip6: no\n do-not-query-localhost: no\n"
                  ' unblock-lan-zones: yes\n module-config: "iterator"\n num-threads: 1\n'
                  " qname-minimisation: no\n rrset-roundrobin: no\n deny-any: no\n"
                  " cache-max-negative-ttl: 3600\n"]
        for origin, port in ports.items():
            config.append(f'stub-zone:\n name: "{origin}"\n stub-addr: 127.0.0.1@{port}\n'
                          " stub-no-cache: no\n")
        (folder / "unbound.conf").write_text("".join(config))
        super().__init__(folder, "unbound", ["unbound", "-d", "-c", folder / "unbound.conf"])
        self._probe = next(iter(ports))

    def wait_until_ready(self):
        _wait_until_it_answers(self.port, self._probe)
        return self
