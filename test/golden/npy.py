"""Writes npy.json: what readNpy and readNpz are held against.

  python3 npy.py [--check]        needs numpy, a second

Each array as numpy.save writes it, in base64, and its values in row-major order as float64 (they
are such that float32 holds them, or is rounded to); each archive as numpy.savez and
savez_compressed write it.
"""
import base64
import io
import json
import platform
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import numpy as np

from results import results

HERE = Path(__file__).parent


def arrays():
    grid = np.arange(-3, 9, dtype=np.float64).reshape(3, 4) / 7
    counts = np.arange(6).reshape(1, 2, 3) - 2
    found = {'fortran': np.asfortranarray(grid.astype('<f4')),
             'scalar': np.float32(0.1), 'vector': np.array([1.5], '<f4'),
             'empty': np.zeros((0, 3), '<f4'), 'bool': np.array([[True], [False]]),
             'half': np.array([65504, -5.96e-8, 1 / 3, -0.0], '<f2'),
             'fortran of three': np.asfortranarray(np.arange(24.).reshape(2, 3, 4))}
    for order in '<>':
        for kind in ('f2', 'f4', 'f8'):
            found[order + kind] = grid.astype(order + kind)
        for kind in ('i1', 'i2', 'i4', 'i8'):
            found[order + kind] = counts.astype(order + kind)
        for kind in ('u1', 'u2', 'u4', 'u8'):
            found[order + kind] = (counts + 2).astype(order + kind)
    return found


def saved(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asanyarray(array), version=version)
    return base64.b64encode(out.getvalue()).decode()


def packed(save):
    out = io.BytesIO()
    save(out, weight=np.linspace(-1, 1, 96, dtype='<f4').reshape(8, 12), bias=np.zeros(500))
    return base64.b64encode(out.getvalue()).decode()


def main(folder):
    made_with = {'python': platform.python_version(), 'numpy': np.__version__}
    files = {name: {'npy': saved(a), 'shape': list(np.shape(a)),
                    'values': np.asarray(a, np.float64).ravel().tolist()}
             for name, a in arrays().items()}
    for version in ((1, 0), (2, 0), (3, 0)):
        a = np.array([[0.5, 2]], '<f4')
        files[f'version {version[0]}'] = {
            'npy': saved(a, version), 'shape': [1, 2], 'values': a.ravel().tolist()}
    (folder / 'npy.json').write_text(json.dumps({
        'madeWith': made_with, 'files': files,
        'archives': {'stored': packed(np.savez), 'deflated': packed(np.savez_compressed)},
        'weight': np.linspace(-1, 1, 96, dtype='<f4').astype(float).tolist(),
    }, indent=1, allow_nan=False) + '\n')
    print(made_with)


if __name__ == '__main__':
    with results(__doc__, HERE) as folder:
        main(folder)
