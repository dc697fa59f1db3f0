"""Writes files of exactly the layout of Keras 3 and Keras 2, and what their models compute.

  python3 test/golden/keras/make.py [--check]     Debian: apt install python3-h5py python3-torch

Keras itself is not needed: the layouts are those of keras/src/saving/saving_lib.py and
keras/src/legacy/saving/legacy_h5_format.py, the answers those of layers.py (float64; LSTM and the
GRU with reset_after by torch.nn). A rerun gives the same numbers.
"""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent.parent))

from files import write_keras2, write_keras3, write_weights
from layers import Layer, run
from models import MODELS
from results import results

here = Path(__file__).parent


def main(folder):
    answers = []
    for seed, (name, model) in enumerate(MODELS.items(), start=1):
        layers = [Layer(spec, 1000 * seed + 10 * i) for i, spec in enumerate(model['layers'])]
        x, y = run(model, layers, seed)
        write = {'keras': write_keras3, 'h5': write_keras2, 'weights.h5': write_weights}
        kind = model['file'].split('.', 1)[1]
        config = write[kind](folder / model['file'], model, layers)
        one = {'name': name, 'file': model['file'], 'input': x.tolist(), 'output': y.tolist()}
        answers.append({**one, **({'config': config} if kind == 'weights.h5' else {})})
    text = ',\n'.join(json.dumps(answer) for answer in answers)
    (folder / 'answers.json').write_text(f'[\n{text}\n]\n')


if __name__ == '__main__':
    with results(__doc__, here) as folder:
        main(folder)
