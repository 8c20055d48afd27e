"""Tiny convolutional networks with PyTorch's answers, for src/native/onnx/convolution_golden.json.

    python experiments/convolution_golden.py crates/learnware-package/src/native/onnx/convolution_golden.json

Needs torch 2.0 (made with 2.0.1, CPU). Inputs are not stored: value i of the input is (37 i mod 101) / 50 - 1.
"""
import io
import json
import sys

import numpy as np
import torch
import torch.onnx._internal.onnx_proto_utils as proto_utils
from torch import nn

proto_utils._add_onnxscript_fn = lambda model, _: model  # else it wants the onnx package


class Residual(nn.Module):
    """Depthwise convolution, ReLU6, hard swish, a shortcut, and a mean over cells."""

    def __init__(self):
        super().__init__()
        self.wide = nn.Conv2d(3, 6, 1)
        self.deep = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.norm = nn.BatchNorm2d(6)
        self.act = nn.Hardswish()
        self.slope = nn.PReLU(6)

    def forward(self, x):
        x = nn.functional.relu6(self.wide(x) * 3)
        x = x + self.slope(self.act(self.norm(self.deep(x))))
        return x.mean((2, 3))


def nets():
    yield "average-pools", (3, 8, 8), nn.Sequential(
        nn.Conv2d(3, 9, 3, padding=1), nn.BatchNorm2d(9), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(9, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(16, 5))
    yield "groups-strides-dilations", (4, 11, 9), nn.Sequential(
        nn.ZeroPad2d((1, 2, 0, 3)), nn.Conv2d(4, 6, (3, 2), stride=(2, 1), dilation=(1, 2), groups=2),
        nn.LeakyReLU(), nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), nn.Conv2d(6, 3, 2, bias=False),
        nn.Flatten())
    yield "one-axis", (2, 21), nn.Sequential(
        nn.Conv1d(2, 5, 4, stride=2, padding=3), nn.Tanh(), nn.MaxPool1d(2), nn.Conv1d(5, 3, 3, dilation=2),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Softmax(1))
    yield "shortcut", (3, 6, 5), Residual()
    yield "border-counts", (2, 7, 7), nn.Sequential(
        nn.AvgPool2d(3, stride=2, padding=1), nn.AvgPool2d(2, stride=2, ceil_mode=True), nn.Flatten())
    yield "border-does-not-count", (2, 7, 6), nn.Sequential(
        nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), nn.ReflectionPad2d(1),
        nn.ReplicationPad2d((0, 1, 2, 0)), nn.AdaptiveMaxPool2d(1), nn.Flatten())


def main(path):
    torch.manual_seed(3)
    cases = []
    for name, shape, net in nets():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.running_mean, 0, 0.3)
                nn.init.uniform_(module.running_var, 0.3, 2)
                nn.init.normal_(module.weight, 1, 0.3)
                nn.init.normal_(module.bias, 0, 0.3)
        net.eval()
        rows, size = 3, int(np.prod(shape))
        values = (37 * np.arange(rows * size) % 101) / 50 - 1
        x = torch.tensor(values.reshape(rows, *shape), dtype=torch.float32)
        file = io.BytesIO()
        folded = name != "shortcut"
        mode = torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE
        torch.onnx.export(net, x, file, opset_version=14, input_names=["input"], output_names=["answer"],
                          dynamic_axes={"input": {0: "n"}, "answer": {0: "n"}}, training=mode, verbose=False)
        with torch.no_grad():
            answer = net(x)
        cases.append({"name": name, "shape": shape, "model": file.getvalue().hex(),
                      "expected": [[round(float(v), 7) for v in row] for row in answer]})
    with open(path, "w") as out:
        json.dump(cases, out)
        out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
