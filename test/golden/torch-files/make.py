"""Writes, beside itself, files as PyTorch saves them, and what their networks answer.

  python3 make.py           needs numpy and torch, a second
  python3 make.py --check   writes nothing: fails where the files are not what this PyTorch makes

The function of docs/pytorch.md that turns a state_dict into safetensors is taken from that page and
run on tensors of torch; so are the two lines that readers print for files of torch.save.

  forecaster.pt, .pth     a state_dict of LSTM(2 → 16) and Linear(16 → 2), as torch.save writes it
                          now (a zip) and wrote it before 1.6 (a bare pickle)
  checkpoint.pt, module.pt, script.pt   it in a record, a whole module, a TorchScript
  *.safetensors           by the function of the page
  outputs.json            float64 from the float32 weights, for `uniform(seed, steps * inputs, 1)`
"""
import argparse
import io
import json
import os
import platform
import re
import struct
import sys
import tempfile
import types
from importlib import import_module
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import numpy as np
import torch
from torch import nn

from generate import uniform

STEPS, KEPT = 30, 3
# What readers say of a file that only PyTorch reads: two lines that write net.safetensors.
IMPORTS = 'import torch; from safetensors.torch import save_file'
LINES = {
    'forecaster.pt': [IMPORTS, "save_file(torch.load('net.pt', weights_only=True), 'net.safetensors')"],
    'forecaster.pth': [IMPORTS, "save_file(torch.load('net.pt', weights_only=True), 'net.safetensors')"],
    'checkpoint.pt': [IMPORTS, "save_file(torch.load('net.pt', weights_only=True)['state_dict'], "
                               "'net.safetensors')"],
    'module.pt': [IMPORTS, "save_file(torch.load('net.pt', weights_only=False).state_dict(), "
                           "'net.safetensors')"],
    'script.pt': [IMPORTS, "save_file(torch.jit.load('net.pt').state_dict(), 'net.safetensors')"],
}
PAGE = HERE.parents[2] / 'docs' / 'pytorch.md'


class Forecaster(nn.Module):
    """As many outputs as inputs."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(2, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


class Deep(nn.Module):
    """The same with two layers after the recurrent one."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 4)
        self.fc2 = nn.Linear(4, 2)
        self.gru = nn.GRU(2, 8)

    def forward(self, x):
        return self.fc2(self.fc1(self.gru(x)[0]))


class Encoder(nn.Module):
    """A layer on either side of the recurrent one."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(2, 4)
        self.gru = nn.GRU(4, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.gru(self.embed(x))[0])


class Twins(nn.Module):
    """Two of one size, which run in the order that their names do not have."""

    def __init__(self):
        super().__init__()
        self.a = nn.GRU(3, 3)
        self.b = nn.GRU(3, 3)

    def forward(self, x):
        return self.a(self.b(x)[0])[0]


def function_of_the_page():
    """safetensors(state_dict), as docs/pytorch.md prints it."""
    code = re.search(r'^```python [^\n]*\n(.*?)^```$', PAGE.read_text(), re.M | re.S)[1]
    names = {'json': json, 'torch': torch}
    exec(code, names)
    return names['safetensors']


def saved(value, **how):
    """The bytes that torch.save writes."""
    stream = io.BytesIO()
    torch.save(value, stream, **how)
    return stream.getvalue()


def read(data):
    """The arrays in safetensors, by the format's own words."""
    start = 8 + struct.unpack('<Q', data[:8])[0]
    header = json.loads(data[8:start])
    header.pop('__metadata__', None)
    arrays = {}
    for name, entry in header.items():
        begin, end = entry['data_offsets']
        numbers = np.frombuffer(data[start + begin:start + end], {'F32': '<f4'}[entry['dtype']])
        arrays[name] = numbers.reshape(entry['shape'])
    return arrays


def check_kinds(safetensors):
    """Whatever a state_dict can hold has the numbers that torch says it has."""
    counter = nn.BatchNorm1d(2).state_dict()
    kinds = {'float64': torch.tensor([0.1, -2.5], dtype=torch.float64),
             'bfloat16': torch.tensor([0.1, 3e38]).bfloat16(), 'float16': torch.tensor([0.1]).half(),
             'transposed': torch.arange(6.0).reshape(2, 3).T, 'scalar': torch.tensor(0.5),
             'empty': torch.zeros(0, 3), 'parameter': nn.Parameter(torch.ones(2)),
             'view': torch.arange(9.0)[1::2], 'array': np.arange(4.0), **counter}
    arrays = read(safetensors(kinds))
    assert list(arrays) == list(kinds)
    for name, v in kinds.items():
        wanted = torch.as_tensor(v).detach().float()
        assert arrays[name].shape == tuple(wanted.shape), name
        assert (arrays[name] == wanted.numpy()).all(), name


def package(safetensors):
    """The package of that name, or what stands for it: the function of the page."""
    try:
        import_module('safetensors.torch')
    except ImportError:
        for name in ('safetensors', 'safetensors.torch'):
            sys.modules[name] = types.ModuleType(name)
        sys.modules['safetensors.torch'].save_file = (
            lambda tensors, path: Path(path).write_bytes(safetensors(tensors)))


def check_lines(files, nets):
    """The two lines, typed beside a net.pt, make a file of the tensors that went into it."""
    before = os.getcwd()
    for name, lines in LINES.items():
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            Path('net.pt').write_bytes(files[name])
            exec('\n'.join(lines), {})
            arrays = read(Path('net.safetensors').read_bytes())
            os.chdir(before)
        wanted = nets[name].state_dict()
        assert sorted(arrays) == sorted(wanted), name
        for key, v in wanted.items():
            assert np.array_equal(arrays[key], v.numpy()), f'{name} {key}'


def make():
    torch.manual_seed(90)
    nets = {'forecaster': Forecaster(), 'deep': Deep(), 'encoder': Encoder(), 'twins': Twins()}
    safetensors = function_of_the_page()
    check_kinds(safetensors)
    files = {f'{name}.safetensors': safetensors(net.state_dict()) for name, net in nets.items()}
    net = nets['forecaster']
    small = nn.Linear(2, 1)
    script = io.BytesIO()
    torch.jit.save(torch.jit.script(small), script)
    files.update({
        'forecaster.pt': saved(net.state_dict()),
        'forecaster.pth': saved(net.state_dict(), _use_new_zipfile_serialization=False),
        'checkpoint.pt': saved({'epoch': 3, 'state_dict': small.state_dict()}),
        'module.pt': saved(small),
        'script.pt': script.getvalue(),
    })
    package(safetensors)
    check_lines(files, {name: net if name.startswith('forecaster') else small for name in LINES})
    outputs = {}
    for seed, (name, net) in enumerate(nets.items(), start=1):
        size = 3 if name == 'twins' else 2
        x = torch.from_numpy(uniform(seed, (STEPS, size), 1.0)).double()
        with torch.no_grad():
            outputs[name] = {'seed': seed, 'y': net.double()(x[:, None])[-KEPT:, 0].tolist()}
    versions = {'python': platform.python_version(), 'numpy': np.__version__,
                'torch': torch.__version__}
    return files, {'madeWith': versions, 'steps': STEPS, 'outputs': outputs, 'lines': LINES}


def tensors_of(name, data):
    """The tensors in a file, whatever PyTorch wrote it; None for a program."""
    if name.endswith('.safetensors'):
        return read(data)
    if name in ('module.pt', 'script.pt'):
        return None
    found = torch.load(io.BytesIO(data), map_location='cpu')
    return {key: v.numpy() for key, v in found.get('state_dict', found).items()}


def check(files, golden):
    """Files hold the same numbers; other versions may pack them otherwise."""
    for name, data in files.items():
        there, here = (tensors_of(name, d) for d in ((HERE / name).read_bytes(), data))
        if here is None:
            continue
        assert list(there) == list(here), name
        for key, v in here.items():
            assert np.array_equal(there[key], v), f'{name} {key}'
    there = json.loads((HERE / 'outputs.json').read_text())['outputs']
    for name, y in golden['outputs'].items():
        off = np.abs(np.array(there[name]['y']) - np.array(y['y'])).max()
        assert off < 1e-12, f'{name}: {off}'
    print(f"{len(files)} files hold what {golden['madeWith']['torch']} makes")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true',
                        help='write nothing: compare with the files that are there')
    checked = parser.parse_args().check
    files, golden = make()
    if checked:
        check(files, golden)
        return
    print(golden['madeWith'])
    for name, data in files.items():
        (HERE / name).write_bytes(data)
    (HERE / 'outputs.json').write_text(json.dumps(golden, indent=1) + '\n')


if __name__ == '__main__':
    main()
