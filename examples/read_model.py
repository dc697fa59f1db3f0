"""Prints the equations and the tensors of a model file: python3 read_model.py model.safetensors"""
import argparse
import json
from struct import iter_unpack


def tensor(shape, data_offsets, dtype):
    begin, end = (start + offset for offset in data_offsets)
    kind = {'F32': '<f', 'F16': '<e', 'I8': 'b'}[dtype]
    return shape, [value for value, in iter_unpack(kind, data[begin:end])]


def cells(member):
    return [member] if 'name' in member else [c for m in member['chain'] for c in cells(m)]


parser = argparse.ArgumentParser(description='Prints the equations and tensors of a model file.')
parser.add_argument('file', help='model.safetensors, as save() of rxrecur/io writes it')
data = open(parser.parse_args().file, 'rb').read()
start = 8 + int.from_bytes(data[:8], 'little')
header = json.loads(data[8:start])
model = json.loads(header.pop('__metadata__')['model'])
tensors = {name: tensor(**entry) for name, entry in header.items()}

for cell in cells(model):
    print(f"{cell['name']} {cell['inputSize']} -> {cell['size']}\n{cell['equations']}")
for name, (shape, values) in tensors.items():
    scale = tensors[f'{name}.scale'][1][0] if header[name]['dtype'] == 'I8' else 1
    print(f'{name} {shape} begins with {values[0] * scale:.6f}')
