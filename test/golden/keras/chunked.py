"""Writes chunked.zip: files of make.py in chunks, and numbers in all forms of HDF5.

  python3 test/golden/keras/chunked.py [--check]     Debian: apt install python3-h5py

The weights are those of the files that it repacks: in chunks that do not divide the sizes, shuffled
and deflated. forms.h5 has the numbers 0 to 83 in each form that h5py writes; refused.json says why
those are not read that are not.
"""
import io
import json
import sys
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent.parent))

from results import results

here = Path(__file__).parent
PACKED = {'compression': 'gzip', 'shuffle': True}


def chunk_of(shape):
    """Blocks that reach beyond the sizes, where there is more than one."""
    return tuple(max(1, (n + 1) // 2 + (n > 4)) for n in shape)


def repacked(data):
    """An HDF5 file, every array of which is in chunks."""
    made = io.BytesIO()
    with h5py.File(io.BytesIO(data)) as old, h5py.File(made, 'w') as new:
        def copy(path, one):
            if isinstance(one, h5py.Dataset):
                more = {'chunks': chunk_of(one.shape), **PACKED} if one.shape else {}
                own = new.create_dataset(path, data=one[()], **more)
            else:
                own = new.require_group(path)
            own.attrs.update(one.attrs)

        new.attrs.update(old.attrs)
        old.visititems(copy)
    return made.getvalue()


def archive(files, kind=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, 'w') as target:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = kind
            target.writestr(info, data)
    return made.getvalue()


def repacked_archive(data):
    """A .keras that somebody compressed, too."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    return archive({name: repacked(own) if name.endswith('.h5') else own for name, own in files.items()})


def forms():
    """Numbers in each form, and the form of those that are not read."""
    x = np.arange(84, dtype='<f4').reshape(3, 4, 7)
    brain = h5py.h5t.IEEE_F32LE.copy()
    brain.set_fields(15, 7, 8, 0, 7)
    brain.set_size(2)
    brain.set_ebias(127)
    compact, usual = [h5py.h5p.create(h5py.h5p.DATASET_CREATE) for _ in range(2)]
    compact.set_layout(h5py.h5d.COMPACT)
    for one in [compact, usual]:
        one.set_obj_track_times(False)
    made, refused = io.BytesIO(), {}
    with h5py.File(made, 'w') as file:
        def write(name, data=x, why=None, **more):
            file.create_dataset(name, data=data, **more)
            if why:
                refused[name] = why

        write('plain')
        write('chunks', chunks=(2, 3, 4))
        write('one chunk, larger than all', maxshape=(None, None, None), chunks=(4, 8, 16))
        write('deflated', chunks=(1, 4, 7), compression='gzip')
        write('shuffled', chunks=(2, 2, 2), shuffle=True)
        write('shuffled, deflated', chunks=(2, 3, 4), compression='gzip', compression_opts=9, shuffle=True)
        write('many chunks', chunks=(1, 1, 1), compression='gzip')
        write('halves', x.astype('<f2'), chunks=(2, 3, 4), **PACKED)
        write('doubles, highest byte first', x.astype('>f8'), chunks=(2, 3, 4), **PACKED)
        write('one axis', x.ravel(), chunks=(11,), **PACKED)
        space = h5py.h5s.create_simple(x.shape)
        for name, kind, dcpl in [(b'compact', h5py.h5t.IEEE_F32LE, compact), (b'brain floats', brain, usual)]:
            h5py.h5d.create(file.id, name, kind, space, dcpl).write(h5py.h5s.ALL, h5py.h5s.ALL, x)
        refused['brain floats'] = 'floats of another form than IEEE 754'
        write('checked', why='data behind filter 3', chunks=(2, 3, 4), fletcher32=True)
        write('lzf', why='data behind filter 32000', chunks=(2, 3, 4), compression='lzf')
        write('integers', x.astype('<i4'), 'data that are no floats', chunks=(2, 3, 4))
        file.create_dataset('filled', x.shape, '<f4', chunks=(2, 3, 4), fillvalue=1)[:2] = x[:2]
        refused['filled'] = '8 chunks, got 4'
        lie = file.create_dataset('a chunk of a million zeros', (4,), '<f4', chunks=(4,), compression='gzip')
        lie.id.write_direct_chunk((0,), zlib.compress(bytes(2**20)))
        refused['a chunk of a million zeros'] = 'more; its size is a lie'
    return made.getvalue(), refused


def bomb():
    """64 MB of zeros in some 60 kB."""
    made = io.BytesIO()
    with h5py.File(made, 'w') as file:
        file.create_dataset('zeros', (2**24,), '<f4', chunks=(2**22,), compression='gzip')[:] = 0
    return made.getvalue()


def main(folder):
    files = {name: repacked((here / name).read_bytes()) for name in ['graph.h5', 'gru.weights.h5']}
    files['bidirectional.keras'] = repacked_archive((here / 'bidirectional.keras').read_bytes())
    files['forms.h5'], refused = forms()
    files['bomb.h5'] = bomb()
    files['refused.json'] = json.dumps(refused).encode()
    (folder / 'chunked.zip').write_bytes(archive(files))


if __name__ == '__main__':
    with results(__doc__, here) as folder:
        main(folder)
