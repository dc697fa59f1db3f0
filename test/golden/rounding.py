"""Writes rounding.json: what numpy rounds matrices to, for files with float16 and int8.

  python3 rounding.py [--check]        needs numpy, a second

Each matrix is drawn by generate.py: `uniform(seed, shape, 1)`, its rows times `rows`, in float32.
float16 is numpy's own rounding. int8 is written from the page docs/parameters.md: a row's scale is
its largest number / 127, cut to 17 binary digits; an integer is the nearest to number / scale. The
worst differences are in float64. Bytes are little-endian, in base64.
"""
import base64
import json
import platform
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import numpy as np

from generate import uniform
from results import results

HERE = Path(__file__).parent
CASES = [
    {'name': 'weights', 'seed': 71, 'shape': [5, 33], 'rows': [1, 0.1, 3, 1e-3, 0]},
    {'name': 'a kernel', 'seed': 72, 'shape': [3, 4, 7], 'rows': [0.5, 1e4, 2e-7]},
]


def text(array, kind):
    return base64.b64encode(np.ascontiguousarray(array).astype(kind).tobytes()).decode()


def worst(values, rounded):
    return float(np.abs(values.astype(np.float64) - rounded.astype(np.float64)).max())


def rounded(case):
    shape = case['shape']
    rows = np.array(case['rows'], np.float32).reshape(-1, *[1] * (len(shape) - 1))
    values = uniform(case['seed'], shape, 1.0) * rows
    halves = values.astype(np.float16)
    flat = values.reshape(shape[0], -1).astype(np.float64)
    fraction, exponent = np.frexp((np.abs(flat).max(axis=1) / 127).astype(np.float32))
    scales = np.ldexp(np.floor(fraction.astype(np.float64) * 2**17) / 2**17, exponent)
    divisors = np.where(scales > 0, scales, 1)[:, None]
    integers = np.rint(flat / divisors)
    return {**case,
            'float16': {'values': text(halves, '<f2'),
                        'worst': worst(values, halves.astype(np.float32))},
            'int8': {'values': text(integers, 'i1'), 'scales': text(scales, '<f4'),
                     'worst': worst(flat, integers * divisors)}}


def main(folder):
    made_with = {'python': platform.python_version(), 'numpy': np.__version__}
    content = {'madeWith': made_with, 'cases': [rounded(case) for case in CASES]}
    (folder / 'rounding.json').write_text(json.dumps(content, indent=1, allow_nan=False) + '\n')
    print(made_with)


if __name__ == '__main__':
    with results(__doc__, HERE) as folder:
        main(folder)
