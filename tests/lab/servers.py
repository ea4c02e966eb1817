"""The servers that `compare` puts between the clients and the emulated VPC resolver: how each is
configured and started.

Each is as Debian ships it, but for what the loopback lab needs: where it listens, that it forwards
everything to the emulated resolver, no change of user, no remote control, no DNSSEC validation
(the emulated resolver signs nothing). Caches have the size that each gives them by itself."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

UPSTREAM = "127.0.0.2"  # vpcsim, port 53; nobody sends from there
LISTEN = "127.0.0.1"  # the server, port 53: named takes no address that no interface has
LIMIT, BURST, RESERVE = 1024, 60, 64

# Debian keeps daemons where an ordinary user's PATH does not look.
os.environ["PATH"] += ":/usr/sbin:/sbin"


@dataclasses.dataclass(frozen=True)
class Site:
    """Where one server may write, and where it listens."""

    folder: pathlib.Path
    bin: pathlib.Path  # sluiced and the lab's tools
    listen: str = LISTEN
    shared: str = ""  # folder of the budget that several share

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


def sluiced(site):
    (site.folder / "state").mkdir()
    config = site.write("sluice.toml", f"""\
[server]
listen = ["{site.listen}:53"]
control = "{site.folder}/control.sock"
state_dir = "{site.folder}/state"
[admin]
listen = ""
[[budget]]
name = "eni"
limit = {LIMIT}
burst = {BURST}
reserve = {RESERVE}
shared = "{site.shared}"
[[upstream]]
name = "vpc"
servers = ["{UPSTREAM}"]
budget = "eni"
[[zone]]
name = "in-addr.arpa"
upstream = "vpc"
weight = 10
[[zone]]
name = "."
upstream = "vpc"
""")
    return [site.bin / "sluiced", "--config", config]


def unbound(site):
    config = site.write("unbound.conf", f"""\
server:
  interface: {site.listen}
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "{site.folder}"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
forward-zone:
  name: "."
  forward-addr: {UPSTREAM}
""")
    return ["unbound", "-d", "-c", config]


def named(site):
    config = site.write("named.conf", f"""\
options {{
  directory "{site.folder}";
  listen-on {{ {site.listen}; }};
  listen-on-v6 {{ none; }};
  forwarders {{ {UPSTREAM}; }};
  forward only;
  dnssec-validation no;
  pid-file none;
  session-keyfile none;
}};
controls {{ }};
""")
    return ["named", "-g", "-c", config]


def dnsdist(site):
    config = site.write("dnsdist.conf", f"""\
setSecurityPollSuffix("")
setLocal("{site.listen}:53")
newServer("{UPSTREAM}")
""")
    return ["dnsdist", "--supervised", "--disable-syslog", "-C", config]


def pdns_recursor(site):
    # dont-query: it would never ask an upstream on the loopback interface.
    site.write("recursor.conf", f"""\
local-address={site.listen}
forward-zones-recurse=.={UPSTREAM}
dont-query=
hint-file=/usr/share/dns/root.hints
public-suffix-list-file=/usr/share/publicsuffix/public_suffix_list.dat
quiet=yes
security-poll-suffix=
socket-dir={site.folder}
""")
    return ["pdns_recursor", f"--config-dir={site.folder}", "--daemon=no", "--write-pid=no",
            "--disable-syslog"]


def kresd(site):
    config = site.write("kresd.conf", f"""\
net.listen('{site.listen}', 53, {{ kind = 'dns' }})
modules = {{ 'hints > iterate', 'stats', 'predict' }}
cache.size = 100 * MB
trust_anchors.remove('.')
policy.add(policy.all(policy.FORWARD({{ '{UPSTREAM}' }})))
""")
    return ["kresd", "-n", "-c", config, site.folder]


def dnsmasq(site):
    return ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-",
            "--user=root", "--pid-file=", "--local-service", "--bind-interfaces",
            f"--listen-address={site.listen}", "--no-resolv", f"--server={UPSTREAM}"]


@dataclasses.dataclass(frozen=True)
class Server:
    program: str
    package: str  # of Debian
    command: object  # Site -> command line


SERVERS = {
    "sluiced": Server("sluiced", "", sluiced),
    "unbound": Server("unbound", "unbound", unbound),
    "bind9": Server("named", "bind9", named),
    "dnsdist": Server("dnsdist", "dnsdist", dnsdist),
    "pdns-recursor": Server("pdns_recursor", "pdns-recursor", pdns_recursor),
    "knot-resolver": Server("kresd", "knot-resolver", kresd),
    "dnsmasq": Server("dnsmasq", "dnsmasq-base", dnsmasq),
}
PACKAGES = [server.package for server in SERVERS.values() if server.package] + ["nftables"]


def is_installed(name, bin_folder):
    if name == "sluiced":
        return (bin_folder / "sluiced").exists()
    return shutil.which(SERVERS[name].program) is not None


def version(name, bin_folder):
    server = SERVERS[name]
    command = (["dpkg-query", "--show", "--showformat=${Version}", server.package]
               if server.package else [bin_folder / server.program, "--version"])
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return (done.stdout.split() or ["unknown"])[-1]
