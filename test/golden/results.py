"""Where a script's files go: into its folder, or with --check beside them, to be compared."""
import argparse
import base64
import io
import json
import math
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

# The last digits of exp and tanh depend on the processor and on the version of NumPy or PyTorch.
EXACT, ROUNDED = 1e-9, 1e-5  # of float64 and of float32, relative above 1


@contextmanager
def results(about, folder, tolerance=EXACT):
    """Parses --help and --check; yields the folder to write to, then compares where asked to."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true',
                        help='write nothing: compare with the files that are there')
    if not parser.parse_args().check:
        yield folder
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)
        files = sorted(path.relative_to(made) for path in Path(made).rglob('*') if path.is_file())
        faults = [fault for file in files
                  for fault in differences(Path(made) / file, folder / file, tolerance)]
        print(f'{len(files)} files compared, {len(faults)} differ')
        sys.exit('\n'.join(faults) if faults or not files else 0)


def differences(made, committed, tolerance):
    """What is not the same, at most one line; JSON's numbers may differ a little."""
    if not committed.exists():
        yield f'{committed} is missing'
    elif made.suffix == '.json':
        place = unlike(*(json.loads(path.read_text()) for path in (made, committed)), tolerance)
        if place is not None:
            yield f'{committed} differs at {place}'
    elif made.suffix == '.zip':
        archives = [zipfile.ZipFile(path) for path in (made, committed)]
        names = [sorted(archive.namelist()) for archive in archives]
        if names[0] != names[1]:
            yield f'{committed} has other members'
            return
        for name in names[0]:
            pair = [archive.read(name) for archive in archives]
            is_json = name.endswith('.json')
            if unlike(*map(json.loads, pair), tolerance) if is_json else pair[0] != pair[1]:
                yield f'{committed}, {name} differs'
    elif made.read_bytes() != committed.read_bytes():
        yield f'{committed} differs'


def unzipped(value):
    """The members of an archive in base64: Python's versions write other headers around them."""
    if not isinstance(value, str) or not value.startswith('UEsD'):
        return value
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(value))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unlike(a, b, tolerance, place=''):
    """Where two JSON values differ, or None. Versions under madeWith may be others."""
    if isinstance(a, dict) and isinstance(b, dict):
        if a.keys() != b.keys():
            return f'{place}: other keys'
        pairs = [(key, a[key], b[key]) for key in a if key != 'madeWith']
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return f'{place}: other lengths'
        pairs = [(i, *pair) for i, pair in enumerate(zip(a, b))]
    elif isinstance(a, (int, float)) and isinstance(b, (int, float)):
        near = a == b or math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
        return None if near else f'{place}: {a} is not {b}'
    else:
        a, b = unzipped(a), unzipped(b)
        return None if a == b else f'{place}: {str(a)[:40]} is not {str(b)[:40]}'
    # A deviation of float32 is itself a matter of the last digits.
    found = (unlike(one, other, ROUNDED if key == 'float32Deviation' else tolerance,
                    f'{place}/{key}') for key, one, other in pairs)
    return next((where for where in found if where is not None), None)
