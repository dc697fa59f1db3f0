"""Writes state-dict.safetensors and state-dict.json: what fromStateDict is held against.

  python3 state_dict.py [--check]        needs numpy and torch, a second

The first is a state_dict as PyTorch saves it: two layers each of LSTM (no bias), LSTM with
proj_size, and GRU with a Linear on top, an RNN with relu, bidirectional ones, a causal convolution,
norms, a PReLU, an embedding, and a tensor of each kind of number. The second holds what those
modules answer to `uniform(seed, steps * inputs, 1)`, time-major, from zero states: float64 from the
float32 weights, the last steps of each; to the embedding, its indices.
"""
import json
import platform
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import numpy as np
import torch
from torch import nn

from generate import uniform
from results import results

HERE = Path(__file__).parent
STEPS, KEPT = 60, 4
DTYPES = {torch.float32: 'F32', torch.float64: 'F64', torch.float16: 'F16',
          torch.bfloat16: 'BF16', torch.int64: 'I64', torch.bool: 'BOOL'}


def modules():
    """Drawn by PyTorch's own initialisation."""
    torch.manual_seed(20260)
    return {
        'lstm': nn.LSTM(3, 4, num_layers=2, bias=False),
        'projected': nn.LSTM(3, 5, num_layers=2, proj_size=2),
        'gru': nn.GRU(2, 5, num_layers=2),
        'linear': nn.Linear(5, 3),
        'rnn': nn.RNN(2, 3, nonlinearity='relu'),
        'bilstm': nn.LSTM(3, 4, num_layers=2, proj_size=2, bidirectional=True),
        'bigru': nn.GRU(2, 3, bidirectional=True),
        'conv': nn.Conv1d(4, 6, 3, dilation=2, groups=2),
        'norm': nn.LayerNorm(5),
        'batch': nn.BatchNorm1d(4),
        'prelu': nn.PReLU(4),
        'embedding': nn.Embedding(7, 3),
    }


def trained(nets):
    """What training would have moved away from 0 and 1."""
    for seed, (name, key) in enumerate([('norm', 'weight'), ('norm', 'bias'), ('batch', 'weight'),
                                        ('batch', 'bias'), ('batch', 'running_mean'),
                                        ('batch', 'running_var'), ('prelu', 'weight')], start=90):
        tensor = nets[name].state_dict()[key]
        drawn = torch.from_numpy(uniform(seed, tuple(tensor.shape), 1.0))
        tensor.copy_(drawn.abs() + 0.1 if key == 'running_var' else drawn)
    return nets


def kinds():
    values = torch.tensor([0.1, -2.5, 1 / 3, 6.1e-5, 65504, -5.96e-8], dtype=torch.float64)
    return {'f64': values, 'f16': values.half(), 'bf16': values.bfloat16(),
            'scalar': torch.tensor(0.5), 'empty': torch.zeros(0, 3),
            'i64': torch.tensor([7]), 'bool': torch.tensor([True, False])}


def run(net, seed):
    """The last outputs [KEPT][size] in float64."""
    x = inputs(seed, net.input_size)
    with torch.no_grad():
        return net.double()(x[:, None])[0][-KEPT:, 0]


def inputs(seed, size):
    return torch.from_numpy(uniform(seed, (STEPS, size), 1.0)).double()


def run_plain(nets):
    """The last outputs of modules without state."""
    with torch.no_grad():
        left = torch.nn.functional.pad(inputs(7, 4).T[None], (4, 0))
        return {'conv': nets['conv'].double()(left)[0].T[-KEPT:],
                'norm': nets['norm'].double()(inputs(8, 5))[-KEPT:],
                'batch': nets['batch'].double().eval()(inputs(9, 4))[-KEPT:],
                'prelu': nets['prelu'].double()(inputs(10, 4))[-KEPT:],
                'embedding': nets['embedding'].double()(torch.tensor([0, 6, 3]))}


def safetensors(tensors):
    """Eight bytes with the header's length, the header in JSON, the numbers."""
    header, data = {'__metadata__': {'format': 'pt'}}, b''
    for name, v in tensors.items():
        flat = v.contiguous().view(torch.int16) if v.dtype == torch.bfloat16 else v
        numbers = flat.numpy().tobytes()
        header[name] = {'dtype': DTYPES[v.dtype], 'shape': list(v.shape),
                        'data_offsets': [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    return len(text).to_bytes(8, 'little') + text + data


def main(folder):
    nets = trained(modules())
    tensors = {f'{name}.{key}': v for name, net in nets.items()
               for key, v in net.state_dict().items()}
    tensors.update({f'kinds.{name}': v for name, v in kinds().items()})
    (folder / 'state-dict.safetensors').write_bytes(safetensors(tensors))
    recurrent = ['lstm', 'projected', 'gru', 'rnn', 'bilstm', 'bigru']
    seeds = {name: seed for seed, name in enumerate(recurrent, start=1)}
    outputs = {name: run(nets[name], seed) for name, seed in seeds.items()}
    with torch.no_grad():
        outputs['linear'] = nets['linear'].double()(outputs['gru'])
    outputs.update(run_plain(nets))
    seeds.update({'conv': 7, 'norm': 8, 'batch': 9, 'prelu': 10})
    made_with = {'python': platform.python_version(), 'numpy': np.__version__,
                 'torch': torch.__version__}
    print(made_with)
    (folder / 'state-dict.json').write_text(json.dumps({
        'madeWith': made_with, 'steps': STEPS, 'kept': KEPT,
        'seeds': seeds,
        'outputs': {name: y.tolist() for name, y in outputs.items()},
        'kinds': {name: v.double().tolist() for name, v in kinds().items()},
    }, indent=1, allow_nan=False) + '\n')


if __name__ == '__main__':
    with results(__doc__, HERE) as folder:
        main(folder)
