"""Weights and inputs from integers alone, so that no file has to hold them.

  value(seed, i) = float32(((hash32(seed, i) >>> 8) / 2^24 * 2 - 1) * scale)
  hash32(seed, i) = mix(mix(seed) + i * 0x9e3779b9)                 all modulo 2^32
  mix(n): n = (n ^ n >>> 16) * 0x7feb352d
          n = (n ^ n >>> 15) * 0x846ca68b
          n =  n ^ n >>> 16                                         Wellons' lowbias32

Everything up to `* scale` is exact in float64, and the product is rounded once to float64 and
once to float32, in any language alike. The twin is `uniform` in generate.ts.
"""
import numpy as np


def mix(n):
    n = (n ^ n >> np.uint32(16)) * np.uint32(0x7FEB352D)
    n = (n ^ n >> np.uint32(15)) * np.uint32(0x846CA68B)
    return n ^ n >> np.uint32(16)


def uniform(seed, shape, scale):
    """float32 array of `shape`, row-major, in [-scale, scale)."""
    count = int(np.prod(shape))
    start = mix(np.array([seed], np.uint32))
    bits = mix(start + np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9)) >> np.uint32(8)
    return ((bits / 2.0**24 * 2 - 1) * scale).astype(np.float32).reshape(shape)
