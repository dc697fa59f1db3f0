"""The front end, and the trained nets in float64, row by row as their equations say."""
import numpy as np


def features(mv, a, m, b):
    """[rows, 2], in the precision of mv. The first difference is taken to 0."""
    a, m, b = (v.astype(mv.dtype) for v in (a, m, b))
    before = np.concatenate([np.zeros(1, mv.dtype), mv[:-1]])
    return a * (mv[:, None] - m * before[:, None]) + b


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def oracle(tensors, net, mv):
    """[rows, outputs] of the net so named; float32 tensors, zero states before the first row."""
    w = {k: v.astype(np.float64) for k, v in tensors.items()}
    u = features(mv.astype(np.float64), w["frontend.a"], w["frontend.m"], w["frontend.b"])
    w_ih, w_hh, b_ih, b_hh = (
        w[f"{net}.gru.{k}_l0"] for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    h = np.zeros(w_hh.shape[1])
    out = []
    for x in u:
        (ri, zi, ni), (rh, zh, nh) = np.split(w_ih @ x + b_ih, 3), np.split(w_hh @ h + b_hh, 3)
        r, z = sigmoid(ri + rh), sigmoid(zi + zh)
        h = (1 - z) * np.tanh(ni + r * nh) + z * h
        out.append(w[f"{net}.dense.weight"] @ h + w[f"{net}.dense.bias"])
    return np.array(out)
