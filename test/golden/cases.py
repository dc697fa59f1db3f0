"""Which models the golden files hold, and how their tensors are seeded.

Case number k of a file has seed = base + 100 k (base: 1,000 in torch.json, 500,000 in
cells.json), or the first of seed + 20,000, seed + 40,000, ... whose model is not dead. Its inputs
are drawn from `seed`, its tensors from seed + 1, seed + 2, ... in this order: layer by layer, and
in a layer weightIh, weightHh, biasIh, biasHh, weightHr, then the cell's vectors as its text names
them. Scale is 1/sqrt(hiddenSize) as PyTorch initialises, 1 for IndRNN's u and for inputs.
"""
from math import sqrt

from oracle import LAYOUT

STEPS = 1000
AT = [0, 1, 2, 9, 99, 499, 999]
MAX_UNITS = 8

SIZES = [1, 3, 5, 8, 33, 64, 257]
OTHER_INPUT = {1: 2, 3: 2, 5: 3, 8: 10, 33: 12, 64: 40, 257: 64}
KINDS = [('rnn', {}), ('rnn', {'activation': 'relu'}), ('lstm', {}), ('gru', {})]
# (layers, bias, sizes); lists of large sizes are short because a test runs 1,000 steps of each.
GRID = [(1, True, SIZES), (1, False, [1, 5, 33]), (2, True, [3, 8, 33]), (2, False, [5]),
        (3, True, [1, 5, 33]), (3, False, [3, 8])]
LARGE = [('lstm', {}, 3, True, 64), ('gru', {}, 2, False, 64), ('rnn', {}, 2, True, 64),
         ('gru', {}, 2, True, 257)]
PROJECTED = [(1, True, 8, 3), (2, True, 8, 3), (1, False, 33, 5), (2, True, 33, 5)]

# (cell, options, scalars)
CELLS = [('rnn', {}, {}), ('lstm', {}, {}), ('gru', {}, {}), ('peepholeLstm', {}, {}),
         ('gru', {'resetGate': 'before'}, {}), ('mgu', {}, {}), ('liGru', {}, {}),
         ('ugrnn', {}, {}), ('janet', {}, {}), ('indRnn', {}, {}),
         ('fastRnn', {}, {'alpha': -3, 'beta': 3}),
         ('fastGrnn', {}, {'zeta': 1, 'nu': -4}),
         ('star', {}, {}), ('lem', {}, {}), ('minGru', {}, {}),
         ('liGru', {'activation': 'tanh'}, {}), ('indRnn', {'activation': 'tanh'}, {}),
         ('janet', {'beta': 0.25}, {}), ('lem', {'dt': 0.5}, {}),
         ('fastRnn', {}, {'alpha': -1.5, 'beta': 1.25}),
         ('fastGrnn', {}, {'zeta': 2.5, 'nu': -1.75})]


def torch_cases():
    cases = []

    def add(cell, options, layers, bias, size, inputs, projection=None):
        seed = 1000 + 100 * len(cases)
        cases.append(case(cell, options, {}, layers, bias, inputs, size, seed, projection))

    for layers, bias, sizes in GRID:
        for cell, options in KINDS:
            for size in sizes:
                other = layers > 1 or not bias or cell == 'gru'
                add(cell, options, layers, bias, size, OTHER_INPUT[size] if other else size)
    for cell, options, layers, bias, size in LARGE:
        add(cell, options, layers, bias, size, OTHER_INPUT[size])
    for layers, bias, size, projection in PROJECTED:
        add('lstm', {}, layers, bias, size, OTHER_INPUT[size], projection)
    return cases


def cell_cases():
    cases = []
    for cell, options, scalars in CELLS:
        for size, inputs in (3, 2), (33, 5):
            seed = 500000 + 100 * len(cases)
            cases.append(case(cell, options, scalars, 1, True, inputs, size, seed))
    return cases


def case(cell, options, scalars, layers, bias, inputs, hidden, seed, projection=None):
    output = projection or hidden
    chosen = {**options, **scalars}
    what = ' '.join([cell, *(f'{k}={v}' for k, v in chosen.items())])
    sizes = '→'.join(map(str, [inputs, *[hidden] * layers]))
    given = {
        'name': f'{what} {sizes}' + (f' projected to {projection}' if projection else '')
                + ('' if bias else ' without bias'),
        'cell': cell, 'layers': layers, 'bias': bias, 'inputSize': inputs, 'hiddenSize': hidden,
        **({'projectionSize': projection} if projection else {}),
        'options': options, **({'scalars': scalars} if scalars else {}), 'seed': seed,
    }
    tensors = []
    for layer in range(layers):
        shapes = shapes_of(layout_name(given), inputs if layer == 0 else output, hidden, output)
        for name, shape in shapes.items():
            if bias or name not in ('biasIh', 'biasHh'):
                scale = 1.0 if name == 'u' else 1 / sqrt(hidden)
                tensors.append({'layer': layer, 'name': name, 'shape': shape,
                                'seed': seed + 1 + len(tensors), 'scale': scale})
    units = sorted({round(k * (output - 1) / (MAX_UNITS - 1)) for k in range(MAX_UNITS)})
    return {**given, 'tensors': tensors, 'inputSeed': seed, 'steps': STEPS, 'at': AT,
            'units': units}


def reseeded(case):
    """The same model with other numbers: every seed 20,000 further on."""
    tensors = [{**t, 'seed': t['seed'] + 20000} for t in case['tensors']]
    return {**case, 'seed': case['seed'] + 20000, 'tensors': tensors,
            'inputSeed': case['inputSeed'] + 20000}


def layout_name(given):
    return 'gru before' if given['options'].get('resetGate') == 'before' else given['cell']


def shapes_of(layout, inputs, hidden, output):
    _, _, ih, bias_ih, hh, bias_hh, vectors, _ = LAYOUT[layout]
    rows = [hidden * len(blocks.split()) for blocks in (ih, hh, bias_ih, bias_hh)]
    shapes = {'weightIh': [rows[0], inputs], 'weightHh': [rows[1], output],
              'biasIh': [rows[2]], 'biasHh': [rows[3]]}
    shapes = {name: shape for name, shape in shapes.items() if shape[0]}
    if output != hidden:
        shapes['weightHr'] = [output, hidden]
    return {**shapes, **{name: [hidden] for name in vectors}}
