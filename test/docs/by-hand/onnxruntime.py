"""The model.onnx of onnxruntime.mjs: an LSTM and a dense layer, the states inputs and outputs."""
import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(10, 15)
        self.dense = torch.nn.Linear(15, 5)

    def forward(self, x, h, c):
        y, (hn, cn) = self.lstm(x, (h, c))
        return self.dense(y), hn, cn


inputs = (torch.zeros(1, 1, 10), torch.zeros(1, 1, 15), torch.zeros(1, 1, 15))
torch.onnx.export(Model(), inputs, 'model.onnx',
                  input_names=['x', 'h', 'c'], output_names=['y', 'hn', 'cn'])
