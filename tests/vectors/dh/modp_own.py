#!/usr/bin/env python3
"""modp_own - makes modp_own.json: known answers for the MODP groups by plain integer arithmetic.

The primes come from the formulas of RFC 2409 section 6 and RFC 3526, pi from Machin's series; the
private values are SHA-256 of a text. No cryptographic library takes part in it.
"""
import hashlib
import json
import pathlib

# 2^bits - 2^(bits-64) - 1 + 2^64 * (floor(2^(bits-130) * pi) + k)
K = {768: 149686, 1024: 129093, 1536: 741804, 2048: 124476, 3072: 1690314, 4096: 240904}
GUARD = 64


def pi(bits):
    """floor(2^bits * pi)"""
    def atan(x):
        total = term = (1 << (bits + GUARD)) // x
        k, sign = 1, -1
        while term:
            term //= x * x
            k += 2
            total += sign * (term // k)
            sign = -sign
        return total
    return 4 * (4 * atan(5) - atan(239)) >> GUARD


def private(bits, who):
    return int.from_bytes(hashlib.sha256(f"ikeeper modp {bits} {who} 0".encode()).digest(), "big")


def cases(bits, k):
    p = 2**bits - 2**(bits - 64) - 1 + 2**64 * (pi(bits - 130) + k)

    def text(v):
        return v.to_bytes(bits // 8, "big").hex()

    def case(a, b, why):
        return {"group": f"modp{bits}", "why": why, "a": f"{a:064x}", "b": f"{b:064x}",
                "ga": text(pow(2, a, p)), "gb": text(pow(2, b, p)), "gab": text(pow(2, a * b, p))}

    def first(b, short):
        while short(b) >> (bits - 8):
            b += 1
        return b

    a, b = private(bits, "a"), private(bits, "b")
    ga = pow(2, a, p)
    yield case(a, b, "plain") | {"p": text(p)}
    yield case(a, first(b, lambda x: pow(ga, x, p)), "the secret begins with a zero octet")
    yield case(a, first(b, lambda x: pow(2, x, p)), "a public value begins with a zero octet")


rows = [c for bits, k in K.items() for c in cases(bits, k)]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n")
