"""Why the oracle can be trusted: it equals torch where torch has the cell, and every other cell
becomes an already trusted one for some choice of its parameters. The chain of reductions starts
at torch's RNN, LSTM and GRU and reaches every cell."""
import numpy as np

from generate import uniform
from oracle import LAYOUT, named, run

HIDDEN, INPUTS, STEPS = 4, 3, 200
ON, OFF = 40.0, -700.0  # sigma(ON) is 1 and sigma(OFF) is nothing, in float64
LOG3 = np.log(3)        # sigma(LOG3) is 3/4, sigma(-LOG3) 1/4

xs = uniform(1, (STEPS, INPUTS), 1.0).astype(np.float64)
W, V, R = uniform(2, (3, HIDDEN, INPUTS), 0.5).astype(np.float64)
U, T, S = uniform(3, (3, HIDDEN, HIDDEN), 0.5).astype(np.float64)
b, e, g, c, d, f = uniform(4, (6, HIDDEN), 0.5).astype(np.float64)
u = uniform(5, (HIDDEN,), 1.0).astype(np.float64)
NONE, FAR = np.zeros((HIDDEN, HIDDEN)), ON * np.ones(HIDDEN)


FOUR = ([W, V, R, -W], [b, e, g, c], [U, T, S, U.T], [c, d, f, e])
PEEPHOLES = {'p_i': u, 'p_f': -u[::-1], 'p_o': u * u}


def params(ih, bias_ih=None, hh=None, bias_hh=None, **vectors):
    """Stacks lists of blocks as the library does."""
    blocks = {'weightIh': ih, 'biasIh': bias_ih, 'weightHh': hh, 'biasHh': bias_hh}
    return {**{k: np.concatenate(v) for k, v in blocks.items() if v}, **vectors}


def outputs(cell, *blocks, numbers=None, **vectors):
    return run(cell, named(cell, HIDDEN, params(*blocks, **vectors), **(numbers or {})),
               xs, HIDDEN)[0]


def li_gru_step(state, x, *blocks):
    p = named('liGru', HIDDEN, params(*blocks), phi='tanh')
    return LAYOUT['liGru'][0](p, x, {'h': state})['h']


def peephole_by_lstm():
    """The peephole LSTM's step is LSTM's, whose input is x joined with c and the new c."""
    (w_i, w_f, w_c, w_o), *rest = FOUR
    peep = {k: np.diag(v) for k, v in PEEPHOLES.items()}
    joined = [np.hstack([w_i, peep['p_i'], NONE]), np.hstack([w_f, peep['p_f'], NONE]),
              np.hstack([w_c, NONE, NONE]), np.hstack([w_o, NONE, peep['p_o']])]
    p = named('lstm', HIDDEN, params(joined, *rest))
    state, ys = {'h': np.zeros(HIDDEN), 'c': np.zeros(HIDDEN)}, []
    for x in xs:
        c_new = LAYOUT['lstm'][0](p, np.concatenate([x, state['c'], 0 * u]), state)['c']
        state = LAYOUT['lstm'][0](p, np.concatenate([x, state['c'], c_new]), state)
        ys.append(state['h'])
    return np.array(ys)


def star_by_li_gru():
    """STAR's step is tanh of Li-GRU's with U_h = 0 and the gate's complement."""
    h, ys = np.zeros(HIDDEN), []
    for x in xs:
        h = np.tanh(li_gru_step(h, x, [-W, V], [-b, e], [-U, NONE], [-c, 0 * c]))
        ys.append(h)
    return np.array(ys)


def lem_by_li_gru():
    """LEM is two Li-GRU without U: z reads the input joined with y, y that joined with z."""
    y, z, ys = np.zeros(HIDDEN), np.zeros(HIDDEN), []
    for x in xs:
        z = li_gru_step(z, np.concatenate([x, y]),
                        [-np.hstack([W, U]), np.hstack([R, S])], [-b - c, g + f], [NONE, NONE])
        y = li_gru_step(y, np.concatenate([x, y, z]),
                        [-np.hstack([V, T, NONE]), np.hstack([-W, NONE, U.T])], [-e - d, c + e],
                        [NONE, NONE])
        ys.append(y)
    return np.array(ys)


def reductions():
    """Yields (claim, the cell's outputs, the trusted cell's)."""
    yield ('peepholeLstm is lstm of an input joined with c and c\'',
           outputs('peepholeLstm', *FOUR, **PEEPHOLES), peephole_by_lstm())

    diagonal = ([W, V, R], [b, e, g], [U, T, np.diag(u)], [c, d, 0 * f])
    yield ('gru before is gru after where U is diagonal',
           outputs('gru before', *diagonal), outputs('gru', *diagonal))
    yield ('mgu is gru before with z = 1 - r',
           outputs('mgu', [W, V], [b, e], [U, T], [c, d]),
           outputs('gru before', [W, -W, V], [b, -b, e], [U, -U, T], [c, -c, d]))

    two = ([W, V], [b, e], [U, T], [c, d])
    li_gru = outputs('liGru', *two, numbers={'phi': 'tanh'})
    yield ('liGru with tanh is gru with r = 1', li_gru,
           outputs('gru', [0 * W, W, V], [FAR, b, e], [NONE, U, T], [0 * c, c, d]))
    yield ('ugrnn is liGru with tanh and swapped rows',
           outputs('ugrnn', *(blocks[::-1] for blocks in two)), li_gru)
    yield ('janet with beta = 0 is liGru with tanh',
           outputs('janet', *two, numbers={'beta': 0.0}), li_gru)

    relu = {'phi': 'relu'}
    yield ('indRnn is rnn where U is diagonal',
           outputs('indRnn', [W], [b], u=u, numbers=relu),
           outputs('rnn', [W], [b], [np.diag(u)], numbers=relu))
    one = ([W], [b], [U], [c])
    yield ('fastRnn with alpha = 1, beta = 0 is rnn',
           outputs('fastRnn', *one, numbers={'alpha': ON, 'beta': OFF}), outputs('rnn', *one))
    yield ('fastRnn with alpha = 1/4, beta = 3/4 is liGru with tanh and z = 3/4',
           outputs('fastRnn', *one, numbers={'alpha': -LOG3, 'beta': LOG3}),
           outputs('liGru', [0 * W, W], [LOG3 + 0 * b, b], [NONE, U], [0 * c, c],
                   numbers={'phi': 'tanh'}))
    yield ('fastGrnn with zeta = 1, nu = 0 is liGru with tanh, one W and one U',
           outputs('fastGrnn', [W], None, [U], b_z=b, b_n=e, numbers={'zeta': ON, 'nu': OFF}),
           outputs('liGru', [W, W], [b, e], [U, U], numbers={'phi': 'tanh'}))
    yield ('fastGrnn with z = 0 is fastRnn with alpha = zeta + nu, beta = 0',
           outputs('fastGrnn', [W], None, [U], b_z=OFF + 60 + 0 * b, b_n=e,
                   numbers={'zeta': 0.0, 'nu': -LOG3}),
           outputs('fastRnn', [W], [e], [U], numbers={'alpha': LOG3, 'beta': OFF}))
    yield 'star is tanh of liGru', outputs('star', [V, W], [e, b], [U], [c]), star_by_li_gru()
    yield ('lem with dt = 1 is two liGru',
           outputs('lem', *FOUR, numbers={'dt': 1.0}), lem_by_li_gru())
    yield ('minGru is liGru with identity, U = 0, z negated',
           outputs('minGru', [-W, V], [-b, e]),
           outputs('liGru', [W, V], [b, e], [NONE, NONE], numbers={'phi': 'identity'}))
