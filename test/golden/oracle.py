"""One step of every cell in float64, written from the papers, one matrix per gate.

This is the second opinion on the library's texts, so it shares nothing with them: it keeps each
paper's own symbols and order of statements. LAYOUT alone knows how the library stacks the
matrices; `named` cuts the stacked tensors into what a paper calls them.

The papers give an affine map one bias. The library, as PyTorch, gives each product its own:
here `b_k` goes with the product of the input and `d_k` with the product of the state.
`p.phi` is the candidate's activation. Every function takes and gives a dict of states; 'h' is
the output.
"""
from types import SimpleNamespace

import numpy as np


def sigma(v):
    return 1 / (1 + np.exp(-v))


def relu(v):
    return np.maximum(v, 0)


ACTIVATIONS = {'tanh': np.tanh, 'relu': relu, 'identity': lambda v: v}


def rnn(p, x, s):
    """Elman 1990; Goodfellow, Bengio, Courville 2016, Deep Learning, eqs. (10.8)-(10.9)."""
    a = p.W @ x + p.b + p.U @ s['h'] + p.d
    return {'h': p.phi(a)}


def lstm(p, x, s):
    """Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000: Graves 2013,
    arXiv:1308.0850, eqs. (7)-(11) without W_ci, W_cf, W_co. Projection W_hr: Sak et al. 2014,
    arXiv:1402.1128, in the form of torch.nn.LSTM, without a bias."""
    h, c = s['h'], s['c']
    i = sigma(p.W_xi @ x + p.b_i + p.W_hi @ h + p.d_i)
    f = sigma(p.W_xf @ x + p.b_f + p.W_hf @ h + p.d_f)
    c_new = f * c + i * np.tanh(p.W_xc @ x + p.b_c + p.W_hc @ h + p.d_c)
    o = sigma(p.W_xo @ x + p.b_o + p.W_ho @ h + p.d_o)
    m = o * np.tanh(c_new)
    return {'h': p.W_hr @ m if 'W_hr' in vars(p) else m, 'c': c_new}


def peephole_lstm(p, x, s):
    """Gers, Schraudolph, Schmidhuber 2002; Graves 2013, arXiv:1308.0850, eqs. (7)-(11), where
    the matrices from the cell to the gates are diagonal: w_ci, w_cf, w_co are the diagonals."""
    h, c = s['h'], s['c']
    i = sigma(p.W_xi @ x + p.b_i + p.W_hi @ h + p.d_i + p.w_ci * c)
    f = sigma(p.W_xf @ x + p.b_f + p.W_hf @ h + p.d_f + p.w_cf * c)
    c_new = f * c + i * np.tanh(p.W_xc @ x + p.b_c + p.W_hc @ h + p.d_c)
    o = sigma(p.W_xo @ x + p.b_o + p.W_ho @ h + p.d_o + p.w_co * c_new)
    return {'h': o * np.tanh(c_new), 'c': c_new}


def gru_before(p, x, s):
    """Cho et al. 2014, arXiv:1406.1078 (v3), eqs. (5)-(8)."""
    h = s['h']
    r = sigma(p.W_r @ x + p.b_r + p.U_r @ h + p.d_r)
    z = sigma(p.W_z @ x + p.b_z + p.U_z @ h + p.d_z)
    h_tilde = np.tanh(p.W @ x + p.b + p.U @ (r * h) + p.d)
    return {'h': z * h + (1 - z) * h_tilde}


def gru_after(p, x, s):
    """Cho et al. 2014 with the reset gate behind the product: the formulas of torch.nn.GRU."""
    h = s['h']
    r = sigma(p.W_r @ x + p.b_r + p.U_r @ h + p.d_r)
    z = sigma(p.W_z @ x + p.b_z + p.U_z @ h + p.d_z)
    h_tilde = np.tanh(p.W @ x + p.b + r * (p.U @ h + p.d))
    return {'h': z * h + (1 - z) * h_tilde}


def mgu(p, x, s):
    """Zhou, Wu, Zhang, Zhou 2016, arXiv:1603.09420, section 3, the minimal gated unit."""
    h = s['h']
    f = sigma(p.W_f @ x + p.b_f + p.U_f @ h + p.d_f)
    h_tilde = np.tanh(p.W_h @ x + p.b_h + p.U_h @ (f * h) + p.d_h)
    return {'h': (1 - f) * h + f * h_tilde}


def li_gru(p, x, s):
    """Ravanelli, Brakel, Omologo, Bengio 2018, arXiv:1803.10225, section III, the Li-GRU; its
    batch normalisation of W x is, at inference, part of W and b."""
    h = s['h']
    z = sigma(p.W_z @ x + p.b_z + p.U_z @ h + p.d_z)
    h_tilde = p.phi(p.W_h @ x + p.b_h + p.U_h @ h + p.d_h)
    return {'h': z * h + (1 - z) * h_tilde}


def ugrnn(p, x, s):
    """Collins, Sohl-Dickstein, Sussillo 2017, arXiv:1611.09913, the update gate RNN; its s is
    tanh."""
    h = s['h']
    c = np.tanh(p.W_ch @ h + p.d_c + p.W_cx @ x + p.b_c)
    g = sigma(p.W_gh @ h + p.d_g + p.W_gx @ x + p.b_g)
    return {'h': g * h + (1 - g) * c}


def janet(p, x, s):
    """van der Westhuizen and Lasenby 2018, arXiv:1804.04849, the JANET with beta; c = h."""
    c = s['h']
    s_t = p.U_f @ c + p.d_f + p.W_f @ x + p.b_f
    c_tilde = np.tanh(p.U_c @ c + p.d_c + p.W_c @ x + p.b_c)
    return {'h': sigma(s_t) * c + (1 - sigma(s_t - p.beta)) * c_tilde}


def ind_rnn(p, x, s):
    """Li et al. 2018, arXiv:1803.04831, section 3: sigma is relu, u a vector, one bias."""
    return {'h': p.phi(p.W @ x + p.u * s['h'] + p.b)}


def fast_rnn(p, x, s):
    """Kusupati et al. 2018, arXiv:1901.02358, section 3.1; its alpha and beta, in (0, 1), are
    the sigmoids of the parameters, as in the authors' EdgeML."""
    h = s['h']
    h_tilde = np.tanh(p.W @ x + p.b + p.U @ h + p.d)
    return {'h': sigma(p.alpha) * h_tilde + sigma(p.beta) * h}


def fast_grnn(p, x, s):
    """Kusupati et al. 2018, arXiv:1901.02358, section 3.2: one W and one U for gate and
    candidate; its zeta and nu, in [0, 1], are the sigmoids of the parameters."""
    h = s['h']
    z = sigma(p.W @ x + p.U @ h + p.b_z)
    h_tilde = np.tanh(p.W @ x + p.U @ h + p.b_h)
    return {'h': (sigma(p.zeta) * (1 - z) + sigma(p.nu)) * h_tilde + z * h}


def star(p, x, s):
    """Turkoglu, D'Aronco, Wegner, Schindler 2021, arXiv:1911.11033, the STAR cell. (The authors'
    code has a JANET-like beta that the paper has not.)"""
    h = s['h']
    k = sigma(p.W_x @ x + p.b_k + p.W_h @ h + p.d_k)
    z = np.tanh(p.W_z @ x + p.b_z)
    return {'h': np.tanh((1 - k) * h + k * z)}


def lem(p, x, s):
    """Rusch, Mishra, Erichson, Mahoney 2022, arXiv:2110.04744, eq. (3): u is our x, y our h and
    z our c; Delta t-bar belongs to y, Delta t to z."""
    u, y, z = x, s['h'], s['c']
    dt_n = p.dt * sigma(p.W_1 @ y + p.d_1 + p.V_1 @ u + p.b_1)
    dt_bar = p.dt * sigma(p.W_2 @ y + p.d_2 + p.V_2 @ u + p.b_2)
    z_new = (1 - dt_n) * z + dt_n * np.tanh(p.W_z @ y + p.d_z + p.V_z @ u + p.b_z)
    y_new = (1 - dt_bar) * y + dt_bar * np.tanh(p.W_y @ z_new + p.d_y + p.V_y @ u + p.b_y)
    return {'h': y_new, 'c': z_new}


def min_gru(p, x, s):
    """Feng et al. 2024, arXiv:2410.01201, section 3.1: Linear is an affine map of the input."""
    z = sigma(p.W_z @ x + p.b_z)
    h_tilde = p.W_h @ x + p.b_h
    return {'h': (1 - z) * s['h'] + z * h_tilde}


# cell: (step, states, row blocks of weightIh, of biasIh, of weightHh, of biasHh, vectors as
# {the library's name: the paper's}, phi). Blocks are in the library's order: as its text first
# names them.
LSTM_ROWS = ('W_xi W_xf W_xc W_xo', 'b_i b_f b_c b_o', 'W_hi W_hf W_hc W_ho', 'd_i d_f d_c d_o')
GRU_ROWS = ('W_r W_z W', 'b_r b_z b', 'U_r U_z U', 'd_r d_z d')
LAYOUT = {
    'rnn': (rnn, 'h', 'W', 'b', 'U', 'd', {}, 'tanh'),
    'lstm': (lstm, 'hc', *LSTM_ROWS, {}, 'tanh'),
    'peepholeLstm': (peephole_lstm, 'hc', *LSTM_ROWS,
                     {'p_i': 'w_ci', 'p_f': 'w_cf', 'p_o': 'w_co'}, 'tanh'),
    'gru': (gru_after, 'h', *GRU_ROWS, {}, 'tanh'),
    'gru before': (gru_before, 'h', *GRU_ROWS, {}, 'tanh'),
    'mgu': (mgu, 'h', 'W_f W_h', 'b_f b_h', 'U_f U_h', 'd_f d_h', {}, 'tanh'),
    'liGru': (li_gru, 'h', 'W_z W_h', 'b_z b_h', 'U_z U_h', 'd_z d_h', {}, 'relu'),
    'ugrnn': (ugrnn, 'h', 'W_cx W_gx', 'b_c b_g', 'W_ch W_gh', 'd_c d_g', {}, 'tanh'),
    'janet': (janet, 'h', 'W_f W_c', 'b_f b_c', 'U_f U_c', 'd_f d_c', {}, 'tanh'),
    'indRnn': (ind_rnn, 'h', 'W', 'b', '', '', {'u': 'u'}, 'relu'),
    'fastRnn': (fast_rnn, 'h', 'W', 'b', 'U', 'd', {}, 'tanh'),
    'fastGrnn': (fast_grnn, 'h', 'W', '', 'U', '', {'b_z': 'b_z', 'b_n': 'b_h'}, 'tanh'),
    'star': (star, 'h', 'W_z W_x', 'b_z b_k', 'W_h', 'd_k', {}, 'tanh'),
    'lem': (lem, 'hc', 'V_1 V_2 V_z V_y', 'b_1 b_2 b_z b_y', 'W_1 W_2 W_z W_y',
            'd_1 d_2 d_z d_y', {}, 'tanh'),
    'minGru': (min_gru, 'h', 'W_z W_h', 'b_z b_h', '', '', {}, 'identity'),
}


CONSTANTS = {'janet': {'beta': 1.0}, 'lem': {'dt': 1.0}}


def named(cell, hidden, params, phi=None, **numbers):
    """Cuts the library's stacked `params` into float64 matrices under the paper's names."""
    _, _, ih, bias_ih, hh, bias_hh, vectors, default = LAYOUT[cell]
    p = SimpleNamespace(phi=ACTIVATIONS[phi or default],
                        **{**CONSTANTS.get(cell, {}), **numbers})
    for stacked, blocks in (('weightIh', ih), ('biasIh', bias_ih),
                            ('weightHh', hh), ('biasHh', bias_hh)):
        for k, name in enumerate(blocks.split()):
            tensor = params.get(stacked)
            block = 0.0 if tensor is None else tensor[k * hidden:(k + 1) * hidden]
            setattr(p, name, np.asarray(block, np.float64))
    for ours, theirs in {**vectors, 'weightHr': 'W_hr'}.items():
        if ours in params:
            setattr(p, theirs, np.asarray(params[ours], np.float64))
    return p


def run(cell, p, xs, hidden, output=None, round_state=False):
    """Steps the cell over `xs` [steps, input] from zeros; gives [steps, output] and the final
    state. With `round_state` the state is rounded to float32 after every step."""
    step, states = LAYOUT[cell][:2]
    state = {name: np.zeros(hidden) for name in states}
    state['h'] = np.zeros(output or hidden)
    ys = []
    for x in xs:
        state = step(p, x, state)
        if round_state:
            state = {k: v.astype(np.float32).astype(np.float64) for k, v in state.items()}
        ys.append(state['h'])
    return np.array(ys), state
