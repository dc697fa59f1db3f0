"""PyTorch's cells and layers on one thread: the lines of test/bench/meter.mjs on standard input.

Its own initial weights: the numbers are not compared.
"""

import argparse
import math
import sys
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(1)
CELLS = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell, "rnn": torch.nn.RNNCell}
LAYERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
CHUNK = 1000


def rows(size, count):
    return torch.tensor([[math.sin(7 * (t % 16) + i) for i in range(size)] for t in range(count)])


class Work:
    def __init__(self, work, cell, size, columns):
        kind, *dense = cell.split("+")
        self.per = CHUNK if work == "chunk" else columns
        net = (LAYERS if work == "chunk" else CELLS)[kind](size, size)
        head = torch.nn.Linear(size, 1) if dense else None
        xs = [rows(size, self.per)] if work != "step" else rows(size, 16).split(1)
        state = None

        def run(units):
            nonlocal state
            for i in range(units):
                made = net(xs[i % len(xs)], state)
                if work == "chunk":
                    y, state = made
                else:
                    state = made
                    y = made[0] if kind == "lstm" else made
                if head is not None:
                    y = head(y)
                y.numpy()

        self.run = run
        self.each = 1.0

    def timed(self, units):
        start = time.process_time()
        self.run(units)
        milliseconds = (time.process_time() - start) * 1000
        self.each = max(milliseconds / units, 1e-6)
        return milliseconds


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    work = None
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "prepare":
            name, cell, size, columns = rest
            work = Work(name, cell, int(size), int(columns))
            print("ready", flush=True)
        elif word == "warm":
            left, units = float(rest[0]), 1
            while left > 0:
                left -= max(work.timed(units), 0.01)
                units = min(2 * units, math.ceil(max(left, 0.01) / work.each))
            print("ok", flush=True)
        else:
            units = max(1, round(float(rest[0]) / work.each))
            print(work.timed(units) / units / work.per * 1000, flush=True)


with torch.no_grad():
    main()
