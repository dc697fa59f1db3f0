"""PyTorch's ONNX file of a network with an if, and the numbers that are in it.

    python3 test/golden/onnx_branches.py [--check]     # Debian 12: apt install python3-torch

Writes onnx-branches.json: the file in base64, and its tensors as `[dims, values]`, of the weights
by their names, of the rest by what they are: constants of the branches have names that only
PyTorch knows.
"""

import base64
import io
import json
import pathlib
import sys

sys.dont_write_bytecode = True

import torch

from results import ROUNDED, results

torch.manual_seed(3)


class Branching(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 3)

    def forward(self, x, loud: bool):
        if loud:
            y = self.inner(x) * torch.tensor([2.5, -1.0, 0.125])
        else:
            y = self.inner(x) + torch.tensor([7.0, 8.0, 9.5])
        return y


network = torch.jit.script(Branching())
out = io.BytesIO()
torch.onnx.export(network, (torch.zeros(1, 2), torch.tensor(True)), out, opset_version=17,
                  input_names=['x', 'loud'], output_names=['y'])
tensors = {name: [list(t.shape), t.flatten().tolist()] for name, t in network.named_parameters()}
made = {
    'file': base64.b64encode(out.getvalue()).decode(),
    'weights': tensors,
    'constants': [[[3], [2.5, -1.0, 0.125]], [[3], [7.0, 8.0, 9.5]]],
}
with results(__doc__, pathlib.Path(__file__).parent, ROUNDED) as folder:
    print(torch.__version__, len(out.getvalue()), 'bytes')
    (folder / 'onnx-branches.json').write_text(json.dumps(made) + '\n')
