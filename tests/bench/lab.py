"""lab.py - what both benches share: namespaces, processes and their CPU, the REST socket, output

Everything runs in two network namespaces of its own, joined by a veth. CPU is the scheduler's
clock of all threads of a process: ticks of 10 ms are too coarse for a set-up.
"""
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PEER = os.path.join(HERE, "..", "interop", "bin", "swan-peer")
A, B = f"ikb-a-{os.getpid()}", f"ikb-b-{os.getpid()}"


class Skip(Exception):
    pass


def sh(line, check=True):
    r = subprocess.run(line, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and r.returncode:
        raise RuntimeError(f"{line}: {r.stdout}")
    return r.stdout


def cpu(pid):
    """Seconds of CPU of all threads."""
    ns = 0
    for t in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{t}/schedstat") as f:
                ns += int(f.read().split()[0])
        except OSError:
            pass
    return ns / 1e9


def rss(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    return 0


def say(**line):
    print(json.dumps(line), flush=True)


def need(*tools):
    if os.geteuid() != 0:
        raise Skip("only root may make network namespaces")
    for t in tools:
        if not shutil.which(t):
            raise Skip(f"there is no {t} here")


def wire(mtu=1500):
    """192.0.2.1 and .2; behind them 10.1.0.1 and 10.2.0.1."""
    for n in (A, B):
        sh(f"ip netns del {n}", False)
        sh(f"ip netns add {n}")
    sh(f"ip link add w netns {A} type veth peer name w netns {B}")
    for n, i in ((A, 1), (B, 2)):
        sh(f"ip -n {n} link set lo up; ip -n {n} addr add 192.0.2.{i}/24 dev w")
        sh(f"ip -n {n} link set w mtu {mtu} up; ip -n {n} addr add 10.{i}.0.1/32 dev lo")
        sh(f"ip netns exec {n} sysctl -qw net.core.rmem_max=33554432 net.core.wmem_max=33554432",
           False)


def unwire():
    for n in (A, B):
        sh(f"ip netns del {n}", False)


def spawn(ns, words, out=None, env=None):
    return subprocess.Popen(["ip", "netns", "exec", ns, *words], stdin=subprocess.DEVNULL,
                            stdout=out or subprocess.DEVNULL, stderr=out or subprocess.DEVNULL,
                            env=dict(os.environ, **(env or {})), start_new_session=True)


def stop(p, patience=15):
    if p is None or p.poll() is not None:
        return
    p.terminate()
    try:
        p.wait(patience)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()


def until(what, seconds, question, pause=0.2):
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not happen within {seconds} s")
        time.sleep(pause)


class Rest(http.client.HTTPConnection):
    """The daemon's local socket; one connection for all requests."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, path, body=None):
        head = {"Content-Type": "application/json", "If-Match": "*"} if body is not None else {}
        self.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, head)
        a = self.getresponse()
        text = a.read()
        if a.status >= 400:
            raise RuntimeError(f"{method} {path}: {a.status} {text.decode()}")
        return json.loads(text) if text else None


class Swan:
    """A strongSwan with kernel-libipsec, quiet."""
    QUIET = """charon {
    threads = 16
    half_open_timeout = 120
    init_limit_half_open = 0
    filelog { lab { default = 0
        ike = 0
        cfg = 0
        enc = 0
        esp = 0 } }
    %s
}
"""

    def __init__(self, ns, work, options, more="", connections=None):
        self.dir = os.path.join(work, f"swan-{ns[-5:]}-{time.monotonic_ns()}")
        os.makedirs(self.dir)
        extra = os.path.join(self.dir, "quiet.conf")
        with open(extra, "w") as f:
            f.write(self.QUIET % more)
        words = [PEER, "start", "--dir", self.dir, "--netns", ns, "--strongswan-extra", extra, *options]
        if connections:
            path = os.path.join(self.dir, "connections.conf")
            with open(path, "w") as f:
                f.write(connections)
            words += ["--swanctl-extra", path]
        r = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if r.returncode == 69:
            raise Skip(r.stdout.strip())
        if r.returncode:
            raise RuntimeError(r.stdout)
        with open(os.path.join(self.dir, "pid")) as f:
            self.pid = int(f.read())
        with open(os.path.join(self.dir, "socket")) as f:
            self.uri = "unix://" + f.read().strip()

    def control(self, *words):
        env = dict(os.environ, SWANCTL_DIR=self.dir,
                   STRONGSWAN_CONF=os.path.join(self.dir, "strongswan.conf"))
        r = subprocess.run(["swanctl", *words, "--uri", self.uri], env=env, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return r.stdout

    def stop(self):
        subprocess.run([PEER, "stop", "--dir", self.dir, "--hard"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


def has_swan():
    r = subprocess.run([PEER, "check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return r.returncode == 0


def sums(program, *words):
    return json.loads(sh(" ".join([program, *words])))


def median(values):
    values = [v for v in values if v is not None]
    return round(statistics.median(values), 3) if values else None


def run(main):
    """Skips are said and end with 77; nothing is left behind."""
    work = tempfile.mkdtemp(prefix="ikbench-")
    try:
        main(work)
    except Skip as s:
        print(f"skipped: {s}")
        sys.exit(77)
    finally:
        unwire()
        shutil.rmtree(work, ignore_errors=True)
