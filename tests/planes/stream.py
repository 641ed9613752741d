"""stream.py - move octets over TCP and say their digest, at both ends

    stream.py hear ADDRESS            one connection, to its end
    stream.py say FROM TO MEGABYTES
"""
import hashlib
import random
import socket
import sys
import time

PORT = 5001


def hear(at):
    six = ":" in at
    s = socket.create_server((at, PORT), family=socket.AF_INET6 if six else socket.AF_INET)
    s.settimeout(20)
    c, _ = s.accept()
    c.settimeout(20)
    h, n = hashlib.sha256(), 0
    while True:
        got = c.recv(1 << 20)
        if not got:
            break
        h.update(got)
        n += len(got)
    print(n, h.hexdigest()[:16])


def say(frm, to, megabytes):
    for attempt in range(300):
        try:
            c = socket.create_connection((to, PORT), timeout=20, source_address=(frm, 0))
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    else:
        sys.exit("nobody listens")
    r = random.Random(1)
    block = r.randbytes(1 << 20)
    h, n = hashlib.sha256(), 0
    for i in range(megabytes):
        part = block[i:] + block[:i]
        c.sendall(part)
        h.update(part)
        n += len(part)
    c.shutdown(socket.SHUT_WR)
    c.recv(1)
    print(n, h.hexdigest()[:16])


if sys.argv[1] == "hear":
    hear(sys.argv[2])
else:
    say(sys.argv[2], sys.argv[3], int(sys.argv[4]))
