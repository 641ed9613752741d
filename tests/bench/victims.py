"""victims.py - the three daemons that the bench "flood" floods, each as people run it

Each stands in namespace A at 192.0.2.1, takes any caller of 10.0.0.0/8 for a possible peer, and
knows 10.96.0.9 by its address. Defaults are kept, a log is written to a file. What a victim
has: pid, log() octets, half_open() or None, end() -> seconds until it was gone.

Libreswan's package refuses to be installed beside strongSwan's, so it is unpacked into a cache and
laid over /usr in a mount namespace of its own.
"""
import glob
import os
import shutil
import signal
import subprocess
import time

import lab

US, THEM = "192.0.2.1", "192.0.2.2"
KNOWN = "10.96.0.9"
NEIGHBOUR, BESIDE, HOUSE = "192.0.9.2", "192.0.9.1", lab.A + "-n"  # newcomers take every port 500 of B
CACHE = os.environ.get("IKEEPER_PEERS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ikeeper-peers")
NEEDED = ["libnss3-tools", "libnss3", "libnspr4", "libunbound8", "libldns3", "libevent-2.1-7",
          "libevent-core-2.1-7", "libcurl3-nss", "libldap-2.5-0", "libcap-ng0", "libaudit1",
          "libpam0g", "libsystemd0", "libselinux1", "libsqlite3-0"]


def fetch_libreswan():
    """The tree of an unpacked Libreswan, or a Skip with the reason."""
    tree = os.path.join(CACHE, "libreswan")
    if os.path.exists(os.path.join(tree, ".complete")):
        return tree
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise lab.Skip("no apt-get and dpkg-deb to fetch it with")
    debs = os.path.join(CACHE, "debs")
    os.makedirs(debs, exist_ok=True)
    shutil.rmtree(tree, ignore_errors=True)

    def unpack(name):
        if not glob.glob(f"{debs}/{name}_*.deb"):
            lab.sh(f"cd {debs} && apt-get -q download {name}", False)
        found = glob.glob(f"{debs}/{name}_*.deb")
        if not found:
            raise lab.Skip(f"{name} cannot be downloaded here (apt-get update?)")
        lab.sh(f"dpkg-deb -x {found[0]} {tree}")

    def missing():
        libs = ":".join(glob.glob(f"{tree}/usr/lib/*-linux-gnu"))
        return "not found" in lab.sh(f"LD_LIBRARY_PATH={libs} ldd {tree}/usr/libexec/ipsec/pluto", False)

    unpack("libreswan")
    for name in NEEDED:
        if name == "libnss3-tools" and not shutil.which("certutil") or missing():
            unpack(name)
    if missing():
        raise lab.Skip("libraries of it are missing")
    open(os.path.join(tree, ".complete"), "w").close()
    return tree


def size_of(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


class Victim:
    pid = None

    def log(self):
        return size_of(self.log_file)

    def half_open(self):
        return None

    def end(self, patience=60):
        """SIGTERM; seconds until it was gone, None when it had to be killed."""
        begun = time.monotonic()
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            self.reap(0)
            return None
        if self.reap(patience):
            return round(time.monotonic() - begun, 2)
        os.kill(self.pid, signal.SIGKILL)
        self.reap(10)
        return None

    def reap(self, patience):
        try:
            self.p.wait(patience)
            return True
        except subprocess.TimeoutExpired:
            return False


class Ikeeper(Victim):
    """With a neighbour of its own kind, whose tunnels are up before the flood and watched by DPD."""
    name = "ikeeperd"
    TUNNELS = 20

    def __init__(self, a, work):
        self.neighbour = None
        self.start(a, work, lab.A)
        put = lambda path, body: self.rest.ask("PUT", path, body)
        for name, where in (("wide", "10.0.0.0/8"), ("known", KNOWN)):
            put(f"/peers/{name}", {"local_address": US, "remote_address": where, "psk": "k",
                                   "ike_proposals": ["p"]})
        self.site(US, NEIGHBOUR, "none")

    def settle(self, a, work):
        """The neighbour comes up, in a namespace of its own beside A."""
        lab.sh(f"ip netns add {HOUSE}")
        lab.sh(f"ip link add beside netns {lab.A} type veth peer name beside netns {HOUSE}")
        for ns, address in ((lab.A, BESIDE), (HOUSE, NEIGHBOUR)):
            lab.sh(f"ip -n {ns} link set lo up; ip -n {ns} addr add {address}/24 dev beside; "
                   f"ip -n {ns} link set beside up")
        lab.sh(f"ip -n {HOUSE} route add default via {BESIDE}")
        self.neighbour = Ikeeper.__new__(Ikeeper)
        self.neighbour.neighbour = None
        self.neighbour.start(a, work, HOUSE)
        self.neighbour.site(NEIGHBOUR, US, "start")
        lab.until("the neighbour's tunnels", 30, lambda: len(self.established()) == self.TUNNELS + 1)

    def turns(self):
        """All turns of the loop, those over 20 ms, the longest in ms; sums the crew did."""
        c = lab.Rest(self.socket).ask("GET", "/counters")
        return c["loop_turns"], c["loop_slow_turns"], c["loop_worst_turn_ms"], c["crew_done"]

    def established(self):
        return {(kind, sa["id"]) for kind in ("ike-sas", "child-sas")
                for sa in self.rest.ask("GET", f"/{kind}?limit=200")["items"]
                if sa["peer"] == "site"}

    def end(self, patience=60):
        if self.neighbour:
            self.neighbour.end(10)
            lab.sh(f"ip netns del {HOUSE}", False)
        return super().end(patience)

    def site(self, us, them, action):
        put = lambda path, body: self.rest.ask("PUT", path, body)
        put("/dpd-profiles/d", {"interval_seconds": 3, "retry_seconds": 1, "mode": "periodic"})
        put("/ipsec-proposals/e", {"encryption_algorithm": "aes-cbc", "key_length": 128,
                                   "integrity_algorithm": "sha256"})
        put("/peers/site", {"local_address": us, "remote_address": them, "psk": "k", "dpd": "d",
                            "ike_proposals": ["p"]})
        ours, theirs = (1, 2) if us == US else (2, 1)
        for i in range(self.TUNNELS):
            put(f"/tunnels/s{i}", {"peer": "site", "ipsec_proposals": ["e"], "start_action": action,
                                   "local_ts": [f"172.16.{ours}.{i}/32"],
                                   "remote_ts": [f"172.16.{theirs}.{i}/32"]})

    def start(self, a, work, ns):
        self.dir = os.path.join(work, f"ours-{time.monotonic_ns()}")
        os.makedirs(self.dir)
        self.log_file = os.path.join(self.dir, "log")
        self.socket = os.path.join(self.dir, "s")
        with open(self.log_file, "w") as log:
            self.p = lab.spawn(ns, [
                a.ikeeperd, "--state-dir", f"{self.dir}/db", "--run-dir", f"{self.dir}/run",
                "--key-file", f"{self.dir}/etc/key", "--socket", self.socket, "--api-port", "0",
                "--plane", "recording"], log)
        self.pid = self.p.pid
        lab.until("the start of ikeeperd", 20,
                  lambda: os.path.exists(self.socket) or self.p.poll() is not None)
        if self.p.poll() is not None:
            raise RuntimeError("ikeeperd: " + open(self.log_file).read()[-500:])
        self.rest = lab.Rest(self.socket)
        put = lambda path, body: self.rest.ask("PUT", path, body)
        put("/secrets/k", {"type": "psk", "value": "lab-secret"})
        put("/ike-proposals/p", {"number": 10, "encryption_algorithm": "aes-cbc", "key_length": 128,
                                 "integrity_algorithm": "sha256", "dh_group": "modp2048"})

    def log(self):
        return size_of(self.log_file)

    def stored(self):
        return sum(size_of(f) for f in glob.glob(f"{self.dir}/db/*"))

    def half_open(self):
        return self.rest.ask("GET", "/counters")["half_open"]


class Strongswan(Victim):
    name = "strongSwan"
    CONFIG = """charon {
    filelog { lab { default = 1
        ike = 1
        cfg = 1
        enc = 1
        esp = 1
        flush_line = no } }
}
"""
    KNOWN = """connections { known {
    version = 1
    local_addrs = %s
    remote_addrs = %s
    proposals = aes128-sha256-modp2048
    local { auth = psk }
    remote { auth = psk }
    children { known { esp_proposals = aes128-sha256 } }
} }
""" % (US, KNOWN)

    def __init__(self, a, work):
        self.dir = os.path.join(work, f"swan-{time.monotonic_ns()}")
        os.makedirs(self.dir)
        for name, text in (("extra.conf", self.CONFIG), ("known.conf", self.KNOWN)):
            with open(os.path.join(self.dir, name), "w") as f:
                f.write(text)
        r = subprocess.run([lab.PEER, "start", "--dir", self.dir, "--netns", lab.A, "--local", US,
                            "--remote", "%any", "--dos", "yes", "--strongswan-extra",
                            f"{self.dir}/extra.conf", "--swanctl-extra", f"{self.dir}/known.conf"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if r.returncode:
            raise lab.Skip(r.stdout.strip()[-200:])
        with open(os.path.join(self.dir, "pid")) as f:
            self.pid = int(f.read())
        self.log_file = os.path.join(self.dir, "charon.log")

    def reap(self, patience):
        """Not our child: a process of the same name and pid is what we look for."""
        end = time.monotonic() + patience
        while os.path.exists(f"/proc/{self.pid}"):
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True


class Libreswan(Victim):
    name = "Libreswan"
    CONNECTION = """conn %s
    left=192.0.2.1
    leftid=192.0.2.1
    right=%s
    authby=secret
    ikev2=no
    aggressive=no
    ike=aes128-sha2_256-modp2048
    phase2=esp
    phase2alg=aes128-sha2_256
    auto=add
"""
    # over /usr, and of /etc what it expects to be there
    LAY = """mount -t overlay -o "ro,lowerdir=$1/usr:/usr" overlay /usr || exit 69
shift
exec "$@"
"""

    def __init__(self, a, work):
        self.tree = fetch_libreswan()
        self.dir = os.path.join(work, f"libre-{time.monotonic_ns()}")
        for d in ("run", "nss", "dump"):
            os.makedirs(os.path.join(self.dir, d))
        self.log_file = os.path.join(self.dir, "pluto.log")
        with open(os.path.join(self.dir, "secrets"), "w") as f:
            f.write(': PSK "lab-secret"\n')
        with open(os.path.join(self.dir, "ipsec.conf"), "w") as f:
            f.write("config setup\n    ikev1-policy=accept\n")
            f.write(self.CONNECTION % ("wide", "%any") + self.CONNECTION % ("known", KNOWN))
        self.inside(["certutil", "-N", "-d", f"sql:{self.dir}/nss", "--empty-password"]).wait(30)
        self.p = self.inside(["/usr/libexec/ipsec/pluto", "--nofork", "--config",
                              f"{self.dir}/ipsec.conf", "--secretsfile", f"{self.dir}/secrets",
                              "--rundir", f"{self.dir}/run", "--ipsecdir", self.dir, "--nssdir",
                              f"{self.dir}/nss", "--dumpdir", f"{self.dir}/dump", "--no-dnssec",
                              "--logfile", self.log_file, "--log-no-audit"])
        self.pid = self.p.pid
        try:
            lab.until("the start of Libreswan", 30, self.is_ready)
        except RuntimeError:
            self.end(1)
            raise

    def inside(self, words):
        out = open(os.path.join(self.dir, "out"), "a")
        return lab.spawn(lab.A, ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                                 self.LAY, "sh", self.tree, *words], out)

    def is_ready(self):
        if self.p.poll() is not None:
            raise RuntimeError("Libreswan: " + open(f"{self.dir}/out").read()[-400:])
        try:
            text = open(self.log_file).read()
        except OSError:
            return False
        return text.count("added IKE") == 2 and "loading secrets" in text


ALL = [Ikeeper, Strongswan, Libreswan]
