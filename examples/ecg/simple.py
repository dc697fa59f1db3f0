"""The simple methods: ridge autoregression for the forecast, logistic regression for the flag."""
import numpy as np
import torch
from torch import nn

from scoring import rmse


def lagged(mv, taps):
    """[rows, taps]: column j holds the sample j rows ago (0 before the beginning)."""
    padded = np.concatenate([np.zeros(taps - 1), mv.astype(np.float64)])
    return np.lib.stride_tricks.sliding_window_view(padded, taps)[:, ::-1]


def apply(model, mv):
    """[rows]: intercept + Σ coefficients[j] · sample j rows ago, in mV."""
    return lagged(mv, model["taps"]) @ np.array(model["coefficients"]) + model["intercept"]


def solve_ridge(mv, horizon, taps, penalty, end):
    """Fits on the targets before row `end`; penalty in mV², none on the intercept."""
    past = lagged(mv, taps)[taps:end - horizon]
    ahead = mv[taps + horizon:end].astype(np.float64)
    middle, level = past.mean(0), ahead.mean()
    past = past - middle
    weights = np.linalg.solve(past.T @ past + penalty * np.eye(taps), past.T @ (ahead - level))
    return {"horizon": horizon, "taps": taps, "penalty": penalty,
            "coefficients": weights.tolist(), "intercept": float(level - middle @ weights)}


def ridge(mv, horizon, split):
    """Taps and penalty by the last fifth of the rows before `split`, then fitted on all those."""
    inner = split * 4 // 5

    def held_out(choice):
        return rmse(apply(solve_ridge(mv, horizon, *choice, inner), mv), mv, horizon, inner, split)

    choices = [(taps, penalty) for taps in (32, 64, 128) for penalty in (0.01, 1, 100)]
    return solve_ridge(mv, horizon, *min(choices, key=held_out), split)


def logistic(mv, target, counts, split):
    """The logit from the last 64 samples; rows with counts 0 are left out. float64, L-BFGS."""
    taps = 64
    past = lagged(mv, taps)[taps:split]
    middle, spread = past.mean(), past.std()
    x = torch.tensor((past - middle) / spread)
    y, use = (torch.tensor(v[taps:split]).double() for v in (target, counts))
    weight = torch.zeros(1, taps, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=1000, line_search_fn="strong_wolfe")

    def closure():
        solver.zero_grad()
        logit = nn.functional.linear(x, weight, bias)
        error = nn.functional.binary_cross_entropy_with_logits(logit, y, use)
        (error + 1e-4 * weight.pow(2).sum()).backward()
        return error.detach() + 1e-4 * weight.detach().pow(2).sum()

    solver.step(closure)
    weights = weight.detach().numpy()[0] / spread       # for millivolts, not standardised ones
    return {"taps": taps, "coefficients": weights.tolist(),
            "intercept": float(bias.item() - middle * weights.sum())}
