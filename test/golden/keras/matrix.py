"""Writes matrix.zip: the nets of matrix_models.py as each exporter writes them, and their answers.

  python3 test/golden/keras/matrix.py [--check]     Debian: apt install python3-h5py python3-torch

A net is a .keras of Keras 3; an .h5, a config with a .weights.h5 and a model.json with a shard (as
tensorflowjs_converter writes them) of Keras 2. Layouts and answers come from where make.py has
them. test/io/keras/matrix.mjs reads all, and prints how far the library's answers are from these.
"""
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent.parent))

from files import tfjs, write_keras2, write_keras2_weights, write_keras3
from layers import Layer, run
from matrix_models import KERAS2, KERAS3, NETS
from results import results

here = Path(__file__).parent


def files_of(net, layers, folder):
    """The files of a net by their endings."""
    if KERAS3 in net['forms']:
        write_keras3(folder / 'net.keras', net, layers)
        yield 'keras', (folder / 'net.keras').read_bytes()
    if KERAS2 not in net['forms']:
        return
    write_keras2(folder / 'net.h5', net, layers)
    yield 'h5', (folder / 'net.h5').read_bytes()
    config = write_keras2_weights(folder / 'net.weights.h5', net, layers)
    config = {**config, 'keras_version': '2.15.0', 'backend': 'tensorflow'}
    yield 'config.json', json.dumps(config).encode()
    yield 'weights.h5', (folder / 'net.weights.h5').read_bytes()
    model, shard = tfjs(net, layers)
    yield 'model.json', json.dumps(model).encode()
    yield 'bin', shard


def main(folder):
    files, answers = {}, []
    for seed, (name, net) in enumerate(NETS.items(), start=101):
        layers = [Layer(spec, 1000 * seed + 10 * i) for i, spec in enumerate(net['layers'])]
        x, y = run(net, layers, seed)
        x = [one.tolist() for one in x] if isinstance(x, list) else x.tolist()
        with tempfile.TemporaryDirectory() as made:
            for ending, data in files_of(net, layers, Path(made)):
                files[f'{seed}.{ending}'] = data
        answers.append({'name': name, 'number': seed, 'input': x, 'output': y.tolist()})
    files['answers.json'] = json.dumps(answers).encode()
    archived = io.BytesIO()
    with zipfile.ZipFile(archived, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    (folder / 'matrix.zip').write_bytes(archived.getvalue())


if __name__ == '__main__':
    with results(__doc__, here) as folder:
        main(folder)
