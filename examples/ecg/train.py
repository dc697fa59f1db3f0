"""Trains the two nets of the ECG demonstration, and the simple methods they are compared with.

Everything is fitted and chosen on the first 60 % of the recording and measured on the rest, with
the state carried on from the first row. The labels are self-made (prepare.py). Two runs on one
machine write the same bytes; another processor or PyTorch may change the last digits, and with
them the course of the training. Needs PyTorch and NumPy, one core, about two minutes.

reads   ecg-208.csv  beats.csv
writes  weights.safetensors     float32, PyTorch's names
        baselines.json          persistence, ridge autoregression, logistic regression
        reference.json          some outputs in float64: the oracle of a test
        training.log            what it prints
"""
import argparse
import json
import platform
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from oracle import features, oracle, sigmoid
from scoring import REACH_MS, RULE, choose_threshold, rmse, score
from simple import apply, logistic, ridge

HERE = Path(__file__).parent
HZ = 120
SPLIT = 21600               # rows that may be learnt from: 3 of 5 minutes
HORIZONS = [3, 6, 12]       # rows: 25, 50, 100 ms
TARGET_MS = 80, REACH_MS    # the flag's target is 1 from R + 80 to R + 280 ms of a V beat
WINDOW, WARM_UP = 240, 30   # rows of a training window, and how many of them add no loss:
                            # its state begins at zero, in the running stream it does not
REFERENCE = [0, 1, 2, 10, 100, 500, 1000, 1999]


def read():
    """Time in ms [rows], signal in mV [rows] float32, beats as (ms of R, kind)."""
    t_ms, mv = np.loadtxt(HERE / "ecg-208.csv", delimiter=",", skiprows=1).T
    lines = (HERE / "beats.csv").read_text().split()[1:]
    beats = [(float(r), kind) for r, kind in (line.split(",") for line in lines)]
    return t_ms, mv.astype(np.float32), beats


def front_end(mv):
    """a, m, b (each [2]) of: h' = W x, y = a * (h' - m * h) + b, with W = [[1], [1]], h = 0 first.

    y[0] is the standardised sample, y[1] the standardised difference to the sample before it.
    """
    known = mv[:SPLIT].astype(np.float64)
    scale = np.array([1 / known.std(), 1 / np.diff(known).std()])
    shift = np.array([-known.mean() * scale[0], 0])
    return [v.astype(np.float32) for v in (scale, np.array([0, 1]), shift)]


class Net(nn.Module):
    """[batch, rows, 2] -> [batch, rows, outputs]: mV, or the flag's logit."""

    def __init__(self, hidden, outputs):
        super().__init__()
        self.gru = nn.GRU(2, hidden, batch_first=True)
        self.dense = nn.Linear(hidden, outputs)

    def forward(self, u):
        return self.dense(self.gru(u)[0])


def fit(net, u, target, counts, loss, iterations):
    """Adam on random windows of the first 60 %. u [rows, 2]; target, counts [rows, outputs].

    Where counts is 0 the target is unknown and adds no loss.
    """
    u, target, counts = (torch.tensor(v) for v in (u, target, counts))
    optimiser = torch.optim.Adam(net.parameters(), 0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, iterations)
    for _ in range(iterations):
        first = torch.randint(0, SPLIT - WINDOW + 1, (64, 1))
        rows = first + torch.arange(WINDOW)
        use = counts[rows]
        use[:, :WARM_UP] = 0
        error = (loss(net(u[rows]), target[rows], reduction="none") * use).sum() / use.sum()
        optimiser.zero_grad()
        error.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1)
        optimiser.step()
        schedule.step()


def future(mv):
    """The forecasts' targets in mV [rows, 3], and 1 where they lie in the first 60 %."""
    ahead = np.stack([np.roll(mv, -h) for h in HORIZONS], 1)
    known = np.stack([np.arange(len(mv)) + h < SPLIT for h in HORIZONS], 1)
    return ahead, known.astype(np.float32)


def ventricular(t_ms, beats):
    """The flag's target [rows, 1], and 0 where it is unknown: after an unclear beat."""
    target = np.zeros((len(t_ms), 1), np.float32)
    counts = np.ones((len(t_ms), 1), np.float32)
    for r, kind in beats:
        after = (t_ms >= r + TARGET_MS[0]) & (t_ms <= r + TARGET_MS[1])
        target[after] = target[after] if kind != "V" else 1
        counts[after] = counts[after] if kind != "U" else 0
    return target, counts


def stream(net, u):
    """The whole recording in one go from a zero state, float32: [rows, outputs]."""
    with torch.no_grad():
        return net(torch.tensor(u)[None])[0]


def safetensors(state_dict):
    """Eight bytes with the header's length, the header in JSON, the numbers as float32."""
    header, parts, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, v in state_dict.items():
        v = torch.as_tensor(v).detach().cpu().float()
        parts.append(v.numpy().astype("<f4").tobytes())
        end = at + len(parts[-1])
        header[name] = {"dtype": "F32", "shape": list(v.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def row(name, *cells):
    return f"{name:<34}" + "".join(f"{cell:>12}" for cell in cells)


def forecast_lines(mv, methods):
    yield row("forecast, RMSE in mV", *(f"+{h * 1000 // HZ} ms" for h in HORIZONS))
    for part, begin, end in (("last 40 %", SPLIT, len(mv)), ("first 60 %", 0, SPLIT)):
        for name, forecasts in methods.items():
            yield row(f"{part}  {name}", *(
                f"{rmse(f, mv, h, begin, end):.3f}" for f, h in zip(forecasts, HORIZONS)))


def flag_lines(t_ms, beats, methods):
    yield row("flag", "threshold", "hits", "false", "stray", "unclear", "median")
    split_ms, end_ms = SPLIT * 1000 / HZ, len(t_ms) * 1000 / HZ
    for part, begin, end in (("last 40 %", split_ms, end_ms), ("first 60 %", 0, split_ms)):
        for name, (p, threshold) in methods.items():
            s = score(p, threshold, t_ms, beats, begin, end)
            yield row(f"{part}  {name}", threshold, f"{s['hits']} of {s['ventricular']}",
                      f"{s['falseAlarms']} of {s['normal']}", s["strays"],
                      f"{s['unclearFlagged']} of {s['unclear']}", f"{s['medianDelayMs']} ms")


def train(hidden, outputs, *task):
    torch.manual_seed(0)
    net = Net(hidden, outputs)
    fit(net, *task)
    return net


def main(folder, steps):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    t_ms, mv, beats = read()
    coefficients = front_end(mv)
    u = features(mv, *coefficients)
    target, counts = ventricular(t_ms, beats)
    split_ms = SPLIT * 1000 / HZ

    forecast = train(32, 3, u, *future(mv), nn.functional.mse_loss, steps[0])
    flag = train(16, 1, u, target, counts,
                 nn.functional.binary_cross_entropy_with_logits, steps[1])
    tensors = {f"frontend.{k}": v for k, v in zip("amb", coefficients)}
    for name, net in (("forecast", forecast), ("flag", flag)):
        tensors.update({f"{name}.{k}": v.numpy() for k, v in net.state_dict().items()})

    ridges = [ridge(mv, h, SPLIT) for h in HORIZONS]
    regression = logistic(mv, target, counts, SPLIT)
    p_net = torch.sigmoid(stream(flag, u)[:, 0]).numpy()
    p_simple = sigmoid(apply(regression, mv))
    threshold, regression["threshold"] = (
        choose_threshold(p, t_ms, beats, split_ms) for p in (p_net, p_simple))

    exact = {name: oracle(tensors, name, mv[:2000]) for name in ("forecast", "flag")}
    for name, net in (("forecast", forecast), ("flag", flag)):
        off = np.abs(exact[name] - stream(net, u)[:2000].numpy()).max()
        assert off < 1e-4, f"{name}: float32 and float64 differ by {off}"

    write_files(folder, tensors, ridges, regression, threshold, exact)
    report(folder, [
        *forecast_lines(mv, {"GRU 32 + dense 3": stream(forecast, u).numpy().T,
                             "ridge autoregression": [apply(r, mv) for r in ridges],
                             "persistence": [mv] * 3}), "",
        *flag_lines(t_ms, beats, {"GRU 16 + dense 1": (p_net, threshold),
                                  "logistic, 64 samples": (p_simple, regression["threshold"])}),
        "", RULE, "",
        "ridge: " + "; ".join(f"{r['taps']} taps, penalty {r['penalty']}" for r in ridges),
        "parameters: " + ", ".join(f"{name} {sum(v.numel() for v in net.parameters())}"
                                   for name, net in (("forecast", forecast), ("flag", flag))),
        f"Python {platform.python_version()}, NumPy {np.__version__}, PyTorch {torch.__version__}",
    ])


def write_files(folder, tensors, ridges, regression, threshold, exact):
    def write(name, value):
        (folder / name).write_text(json.dumps(value, indent=1) + "\n")

    (folder / "weights.safetensors").write_bytes(safetensors(tensors))
    write("baselines.json", {
        "about": "coefficients[j] belongs to the sample j rows ago, in mV; add the intercept",
        "hz": HZ, "split": SPLIT, "horizons": HORIZONS,
        "flag": {"threshold": threshold, "targetMs": TARGET_MS[0], "reachMs": REACH_MS,
                 "rule": " ".join(RULE.split())},
        "persistence": {"rule": "every forecast is the present sample"},
        "ridge": ridges, "logistic": regression,
    })
    write("reference.json", {
        "about": "ecg-208.csv from its first row and zero states; float64 from float32 weights",
        "steps": REFERENCE,
        "forecast": exact["forecast"][REFERENCE].tolist(),
        "flag": sigmoid(exact["flag"][REFERENCE, 0]).tolist(),
    })


def report(folder, lines):
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (folder / "training.log").write_text(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="ten steps of training for each net; the files are thrown away")
    if parser.parse_args().quick:
        with tempfile.TemporaryDirectory() as thrown_away:
            main(Path(thrown_away), (10, 10))
    else:
        main(HERE, (1000, 600))
