"""Random streams from names, by SHA-256: never from ``hash()``, never from a global generator."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(*names: str | int) -> int:
    """A seed that is a fixed function of the names. It has 32 bits, because every library accepts those."""
    text = "\x1f".join(map(str, names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def derive_generator(*names: str | int) -> np.random.Generator:
    """A generator seeded by ``derive_seed``."""
    return np.random.Generator(np.random.PCG64(derive_seed(*names)))
