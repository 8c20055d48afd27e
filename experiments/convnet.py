"""The reference's ConvModel, trained by torch and written as ONNX; used by prepare_image.py.

Three times: 3x3 convolution to 64 channels, batch normalisation, ReLU, 2x2 average pool; then one linear layer. SGD
with rate .01 and momentum .9, batches of 128. Pixels go in as x / 255, class probabilities come out.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS, DEPTH, BATCH = 64, 3, 128


def train(images, labels, class_count, epochs, seed, report):
    """Trains on uint8 images with channels last; returns the bytes of an ONNX file."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    layers, width = [], 3
    for _ in range(DEPTH):
        layers += [nn.Conv2d(width, CHANNELS, 3, padding=1), nn.BatchNorm2d(CHANNELS), nn.ReLU(), nn.AvgPool2d(2)]
        width = CHANNELS
    side = images.shape[1] // 2**DEPTH
    net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(CHANNELS * side * side, class_count))
    x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    y = torch.from_numpy(labels.astype("int64"))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x)).split(BATCH):
            loss = nn.functional.cross_entropy(net(x[rows].float() / 255), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        report(f"epoch {epoch + 1}/{epochs}, loss {total / len(x):.3f}")
    weights = {name: value.detach().numpy() for name, value in net.state_dict().items() if value.ndim > 0}
    return to_onnx(weights, class_count, images.shape[1])


def to_onnx(weights, class_count, side):
    """The trained network as a graph, names of weights as torch gives them."""
    nodes, last = [], "input"
    for depth in range(DEPTH):
        first = 4 * depth
        steps = [
            ("Conv", [f"{first}.weight", f"{first}.bias"], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
            ("BatchNormalization", [f"{first + 1}.{part}" for part in ("weight", "bias", "running_mean", "running_var")], {}),
            ("Relu", [], {}),
            ("AveragePool", [], {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ]
        for kind, inputs, attributes in steps:
            nodes.append(helper.make_node(kind, [last, *inputs], [f"{kind}_{depth}"], **attributes))
            last = f"{kind}_{depth}"
    linear = 4 * DEPTH + 1
    nodes.append(helper.make_node("Flatten", [last], ["flat"]))
    nodes.append(helper.make_node("Gemm", ["flat", f"{linear}.weight", f"{linear}.bias"], ["logits"], transB=1))
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1))
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, side, side])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", class_count])
    stored = [numpy_helper.from_array(value.astype("float32"), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "convnet", [image], [answer], stored)
    return whole(graph)


def whole(graph):
    """A file that older runtimes read too."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model.SerializeToString()


def with_probabilities(data):
    """The same model, answering probabilities where it answered scores before a softmax."""
    model = onnx.load_from_string(data)
    graph = model.graph
    if graph.node[-1].op_type == "Softmax":
        return data
    (output,) = graph.output
    graph.node.append(helper.make_node("Softmax", [output.name], ["probabilities"], axis=1))
    output.name = "probabilities"
    onnx.checker.check_model(model)
    return model.SerializeToString()
