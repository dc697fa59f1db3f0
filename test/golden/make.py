"""Writes torch.json and cells.json: what other programs get for models drawn from integers.

  python3 make.py [--check]        needs numpy and torch; README.md beside it describes the files

torch.json holds torch.nn.RNN, LSTM and GRU in float64; cells.json the other cells by oracle.py,
which is first held against torch and then, by checks.py, against itself.
"""
import json
import os
import platform
import sys
from pathlib import Path

sys.dont_write_bytecode = True
# More threads split the sums elsewhere: the last digit would depend on the number of cores.
os.environ.update(OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1', MKL_NUM_THREADS='1')

import numpy as np
import torch

from cases import cell_cases, layout_name, reseeded, torch_cases
from checks import reductions
from generate import uniform
from oracle import named, run
from results import results

HERE = Path(__file__).parent
TORCH_NAMES = {'weightIh': 'weight_ih', 'weightHh': 'weight_hh', 'biasIh': 'bias_ih',
               'biasHh': 'bias_hh', 'weightHr': 'weight_hr'}
TOLERANCE = 1e-12


def inputs_of(case):
    return uniform(case['inputSeed'], (case['steps'], case['inputSize']), 1.0)


def params_of(case, layer):
    return {t['name']: uniform(t['seed'], t['shape'], t['scale'])
            for t in case['tensors'] if t['layer'] == layer}


def by_torch(case, dtype):
    """Outputs [steps, output] and the final {h, c?} of each layer."""
    module = {'rnn': torch.nn.RNN, 'lstm': torch.nn.LSTM, 'gru': torch.nn.GRU}[case['cell']]
    options = {'num_layers': case['layers'], 'bias': case['bias']}
    if 'activation' in case['options']:
        options['nonlinearity'] = case['options']['activation']
    if 'projectionSize' in case:
        options['proj_size'] = case['projectionSize']
    net = module(case['inputSize'], case['hiddenSize'], **options).to(dtype)
    net.load_state_dict({f'{TORCH_NAMES[name]}_l{layer}': torch.from_numpy(tensor).to(dtype)
                         for layer in range(case['layers'])
                         for name, tensor in params_of(case, layer).items()})
    with torch.no_grad():
        y, state = net(torch.from_numpy(inputs_of(case)).to(dtype)[:, None, :])
    states = {'h': state[0], 'c': state[1]} if case['cell'] == 'lstm' else {'h': state}
    final = [{k: v[layer, 0].numpy().astype(np.float64) for k, v in states.items()}
             for layer in range(case['layers'])]
    return y[:, 0].numpy().astype(np.float64), final


def by_float64_torch(case):
    return by_torch(case, torch.float64)


def by_oracle(case, round_state=False):
    options = {k: v for k, v in case['options'].items() if k not in ('activation', 'resetGate')}
    ys, final = inputs_of(case).astype(np.float64), []
    for layer in range(case['layers']):
        p = named(layout_name(case), case['hiddenSize'], params_of(case, layer),
                  case['options'].get('activation'), **options, **case.get('scalars', {}))
        ys, state = run(layout_name(case), p, ys, case['hiddenSize'],
                        case.get('projectionSize'), round_state)
        final.append(state)
    return ys, final


def alive(case, compute):
    """The case, or its first reseeding, whose stored units mostly move, and what it computes:
    a small relu network can be zero from the first step to the last."""
    while True:
        exact = compute(case)
        if np.median(exact[0][:, case['units']].std(axis=0)) > 1e-3:
            return case, exact
        print(f'dead: {case["name"]}, seed {case["seed"]}')
        case = reseeded(case)


def difference(one, other):
    (y, final), (y2, final2) = one, other
    pairs = [(y, y2), *((a[k], b[k]) for a, b in zip(final, final2) for k in a)]
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def deviation(exact, rounded):
    """Law 6's measure, to two digits: the rest depends on the machine's BLAS."""
    error = np.abs(rounded[0] - exact[0]) / np.maximum(1, np.abs(exact[0]))
    return float(f'{error.max():.1e}')


def told(case, exact, rounded):
    y, final = exact
    units = case['units']
    return {**case, 'float32Deviation': deviation(exact, rounded),
            'y': y[np.ix_(case['at'], units)].tolist(),
            'final': [{k: v[units].tolist() for k, v in state.items()} for state in final]}


def write(path, made_with, cases):
    scale = 1 / 33**0.5
    check = {'seed': 20260, 'scale': scale, 'values': uniform(20260, 4, scale).tolist()}
    body = ',\n'.join('  {\n' + ',\n'.join(fields(case)) + '\n  }' for case in cases)
    path.write_text(
        f'{{\n"madeWith": {compact(made_with)},\n"check": {compact(check)},\n'
        f'"cases": [\n{body}\n]\n}}\n', encoding='utf-8')
    print(f'{path.name}: {len(cases)} cases, {path.stat().st_size:,} bytes')


def fields(case):
    """A field a line, and in the long ones an entry a line, so that a diff can be read."""
    for key, value in case.items():
        if key in ('tensors', 'y', 'final'):
            rows = ',\n'.join(f'      {compact(row)}' for row in value)
            yield f'    "{key}": [\n{rows}\n    ]'
        else:
            yield f'    "{key}": {compact(value)}'


def compact(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def main(folder):
    torch.set_num_threads(1)
    versions = {'python': platform.python_version(), 'numpy': np.__version__,
                'torch': torch.__version__}
    print(versions)

    cases = [alive(case, by_float64_torch) for case in torch_cases()]
    worst = max(difference(exact, by_oracle(case)) for case, exact in cases)
    print(f'oracle against torch, {len(cases)} cases, every step and unit: {worst:.1e}')
    assert worst < TOLERANCE
    for claim, one, other in reductions():
        worst = float(np.abs(one - other).max())
        print(f'{claim}: {worst:.1e}')
        assert worst < TOLERANCE and np.ptp(one) > 0.1
    cells = [alive(case, by_oracle) for case in cell_cases()]
    write(folder / 'torch.json', versions,
          [told(case, exact, by_torch(case, torch.float32)) for case, exact in cases])
    write(folder / 'cells.json', {k: versions[k] for k in ('python', 'numpy')},
          [told(case, exact, by_oracle(case, round_state=True)) for case, exact in cells])


if __name__ == '__main__':
    with results(__doc__, HERE) as folder:
        main(folder)
