"""Records what PyTorch computes, for tests/vectors.rs to compare with.

    pip install torch numpy
    python tests/vectors/make_vectors.py

A batch here is (examples, features), row by row. Gradbook's is (features x examples),
column by column. Both put one example after another, so the flat lists are the same.
A weight is (outputs, inputs) in both; it is written row by row.

An image here is (channels, height, width), in Gradbook height x width x channels with
the channels fastest; so is each filter. Both are turned round before they are written.
"""

import json
import pathlib

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
TYPES = {"f32": torch.float32, "f64": torch.float64}


def numbers(tensor):
    """The entries of a tensor, row by row, with all their digits."""
    return [float(x) for x in tensor.detach().double().flatten()]


def draw(seed, *shape):
    """Normal numbers, rounded to f32 so that both precisions start from the same."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float32)


def shape(tensor):
    """Rows and columns of the matrix as Gradbook sees the batch."""
    return [tensor.shape[1], tensor.shape[0]]


def one_hot(seed, examples, classes):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (examples,), generator=generator)
    return nn.functional.one_hot(labels, classes).float()


def layer_case(name, build, x, weights):
    """Forward and backward of one layer, loss = sum(output * chosen numbers)."""
    case = {"layer": name, "input_shape": shape(x), "input": numbers(x), "weights": {}}
    for key, w in weights.items():
        case["weights"][key] = {"shape": list(w.shape), "values": numbers(w)}
    for key, dtype in TYPES.items():
        given = x.to(dtype).clone().requires_grad_()
        layer = build().to(dtype)
        with torch.no_grad():
            for parameter_name, parameter in layer.named_parameters():
                parameter.copy_(weights[parameter_name].to(dtype))
        output = layer(given)
        grad_output = draw(99, *output.shape).to(dtype)
        output.backward(grad_output)
        case["grad_output"] = numbers(grad_output)
        case[key] = {
            "output": numbers(output),
            "grad_input": numbers(given.grad),
            "grads": {n: numbers(p.grad) for n, p in layer.named_parameters()},
        }
    return case


def layers():
    cases = []
    for inputs, outputs, batch in [(1, 1, 1), (5, 3, 7), (13, 11, 2), (3, 17, 5)]:
        weights = {"weight": draw(1, outputs, inputs), "bias": draw(2, outputs)}
        x = draw(3, batch, inputs)
        build = lambda i=inputs, o=outputs: nn.Linear(i, o)
        cases.append(layer_case("dense", build, x, weights))
    activations = {
        "linear": nn.Identity,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(0.01),
        "swish": nn.SiLU,
        "gelu": nn.GELU,
        "softmax": lambda: nn.Softmax(dim=1),
    }
    for name, build in activations.items():
        for batch, features, scale in [(1, 1, 1.0), (7, 5, 1.0), (3, 13, 6.0)]:
            cases.append(layer_case(name, build, draw(4, batch, features) * scale, {}))
    return cases


def hinge(s, y):
    """PyTorch has no twin of this one: the definition, with PyTorch's own slopes."""
    return torch.clamp(1 - y * s, min=0).mean()


def categorical_hinge(s, y):
    """Crammer and Singer (2001). PyTorch's multi-margin loss is another one."""
    true = (s * y).sum(dim=1)
    rival = s.masked_fill(y > 0, float("-inf")).max(dim=1).values
    return torch.clamp(1 + rival - true, min=0).mean()


def losses():
    signs = lambda seed, n, k: torch.sign(draw(seed, n, k))
    kinds = {
        "mse": (nn.functional.mse_loss, draw),
        "mae": (nn.functional.l1_loss, draw),
        "huber": (lambda p, y: nn.functional.huber_loss(p, y, delta=0.7), draw),
        "hinge": (hinge, signs),
        "categorical_hinge": (categorical_hinge, one_hot),
        "binary_cross_entropy": (
            nn.functional.binary_cross_entropy_with_logits,
            lambda seed, n, k: torch.sigmoid(draw(seed, n, k)),
        ),
        "softmax_cross_entropy": (nn.functional.cross_entropy, one_hot),
        "softmax_cross_entropy soft": (
            nn.functional.cross_entropy,
            lambda seed, n, k: torch.softmax(draw(seed, n, k), dim=1),
        ),
    }
    cases = []
    for name, (function, targets) in kinds.items():
        for batch, outputs, scale in [(1, 2, 1.0), (7, 3, 2.0), (5, 11, 30.0)]:
            prediction = draw(5, batch, outputs) * scale
            target = targets(6, batch, outputs)
            case = {
                "loss": name,
                "shape": shape(prediction),
                "prediction": numbers(prediction),
                "target": numbers(target),
            }
            for key, dtype in TYPES.items():
                given = prediction.to(dtype).clone().requires_grad_()
                value = function(given, target.to(dtype))
                value.backward()
                case[key] = {"value": value.item(), "grad": numbers(given.grad)}
            cases.append(case)
    return cases


def network():
    """784-128-10 in small: 13-11-7-3 with two activations, softmax cross-entropy."""
    build = lambda: nn.Sequential(
        nn.Linear(13, 11), nn.Tanh(), nn.Linear(11, 7), nn.GELU(), nn.Linear(7, 3)
    )
    x, y = draw(11, 17, 13), one_hot(12, 17, 3)
    names = {n: tuple(p.shape) for n, p in build().named_parameters()}
    weights = {n: draw(20 + i, *s) * 0.4 for i, (n, s) in enumerate(names.items())}
    case = {"input_shape": shape(x), "input": numbers(x), "target": numbers(y)}
    case["weights"] = {
        n: {"shape": list(w.shape), "values": numbers(w)} for n, w in weights.items()
    }
    for key, dtype in TYPES.items():
        net = build().to(dtype)
        with torch.no_grad():
            for n, p in net.named_parameters():
                p.copy_(weights[n].to(dtype))
        output = net(x.to(dtype))
        value = nn.functional.cross_entropy(output, y.to(dtype))
        value.backward()
        case[key] = {
            "output": numbers(output),
            "value": value.item(),
            "grads": {n: numbers(p.grad) for n, p in net.named_parameters()},
        }
    return case


def coarse(seed, *shape):
    """Like draw, in steps of 1/32: short to write, and exact in both precisions."""
    return (draw(seed, *shape) * 32).round() / 32


def digits(tensor):
    """As numbers, but of f32 only the nine digits that it has."""
    short = tensor.dtype == torch.float32
    return [float(f"{x:.9g}") if short else x for x in numbers(tensor)]


def turned(tensor):
    """Channels last, for images (n, c, h, w) and filters (f, c, h, w); else as it is."""
    return tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor


class ResidualBlock(nn.Module):
    """relu(F(x) + x) as in Gradbook: no batch normalization, biases everywhere."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1)
        if channels != filters or stride != 1:
            self.shortcut = nn.Conv2d(channels, filters, 1, stride)

    def forward(self, x):
        around = self.shortcut(x) if hasattr(self, "shortcut") else x
        return torch.relu(self.conv2(torch.relu(self.conv1(x))) + around)


def image_case(name, build, x, details):
    """Forward and backward of one layer on images, loss = sum(output * numbers)."""
    batch, channels, height, width = x.shape
    sample = build()
    parts = {n: coarse(7 + i, *p.shape) for i, (n, p) in enumerate(sample.named_parameters())}
    case = {"layer": name, "image": [height, width, channels], "batch": batch, **details}
    case["input"] = numbers(turned(x))
    case["weights"] = {
        n: {"shape": [len(w), w[0].numel()], "values": numbers(turned(w))}
        for n, w in parts.items()
    }
    for key, dtype in TYPES.items():
        given = x.to(dtype).clone().requires_grad_()
        layer = build().to(dtype)
        with torch.no_grad():
            for n, p in layer.named_parameters():
                p.copy_(parts[n].to(dtype))
        output = layer(given)
        grad_output = coarse(98, *output.shape).to(dtype)
        output.backward(grad_output)
        case["grad_output"] = numbers(turned(grad_output))
        case[key] = {
            "output": digits(turned(output)),
            "grad_input": digits(turned(given.grad)),
            "grads": {n: digits(turned(p.grad)) for n, p in layer.named_parameters()},
        }
    return case


def images():
    cases = []
    # batch, channels, height, width; filters; kernel, stride, padding
    for size, filters, kernel, stride, padding in [
        ((1, 1, 1, 1), 1, (1, 1), (1, 1), (0, 0)),
        ((5, 1, 5, 6), 3, (5, 5), (1, 1), (2, 2)),
        ((3, 3, 5, 7), 4, (3, 2), (2, 1), (1, 0)),
        ((2, 2, 7, 5), 5, (5, 3), (1, 2), (2, 1)),
        ((2, 4, 4, 9), 2, (4, 1), (3, 4), (3, 0)),
        ((2, 6, 5, 6), 4, (5, 5), (1, 1), (0, 0)),
        ((2, 2, 3, 2), 3, (2, 5), (1, 1), (3, 4)),
    ]:
        x = coarse(41, *size)
        window = {"kernel": kernel, "stride": stride, "padding": padding}
        build = lambda: nn.Conv2d(size[1], filters, kernel, stride, padding)
        cases.append(image_case("conv2d", build, x, {"window": window, "filters": filters}))
    for size, kernel, stride, padding in [
        ((3, 2, 6, 4), (2, 2), (2, 2), (0, 0)),
        ((2, 3, 5, 7), (2, 2), (2, 2), (0, 0)),
        ((2, 1, 7, 7), (3, 3), (2, 2), (1, 1)),
        ((1, 5, 4, 6), (2, 3), (1, 2), (1, 1)),
        ((2, 2, 5, 3), (1, 3), (3, 1), (0, 1)),
    ]:
        window = {"kernel": kernel, "stride": stride, "padding": padding}
        x = coarse(42, *size)
        # halves, so that there are ties: the first of them is chosen
        ties = (x * 2).round() / 2
        build = lambda: nn.MaxPool2d(kernel, stride, padding)
        for given in [ties, ties.clamp(max=-1)]:
            cases.append(image_case("max_pool2d", build, given, {"window": window}))
        build = lambda: nn.AvgPool2d(kernel, stride, padding)
        cases.append(image_case("avg_pool2d", build, x, {"window": window}))
    for size in [(1, 1, 1, 1), (3, 5, 4, 7)]:
        build = lambda: nn.AdaptiveAvgPool2d(1)
        cases.append(image_case("global_avg_pool", build, coarse(43, *size), {}))
    for size, filters, stride in [
        ((2, 3, 4, 3), 3, 1),
        ((2, 2, 5, 4), 3, 2),
        ((1, 2, 5, 3), 2, 2),
    ]:
        build = lambda: ResidualBlock(size[1], filters, stride)
        details = {"filters": filters, "stride": stride}
        x = coarse(44, *size) * 0.5
        cases.append(image_case("residual_block", build, x, details))
    return cases


def optimizers():
    """Sixty updates of six numbers on recorded gradients, weights after each."""
    kinds = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    }
    grads = draw(31, 60, 6)
    start = draw(30, 6)
    result = {"start": numbers(start), "grads": numbers(grads), "paths": {}}
    for name, build in kinds.items():
        result["paths"][name] = {}
        for key, dtype in TYPES.items():
            weight = start.to(dtype).clone().requires_grad_()
            optimizer, path = build([weight]), []
            for grad in grads:
                weight.grad = grad.to(dtype).clone()
                optimizer.step()
                path += numbers(weight)
            result["paths"][name][key] = path
    return result


def write(name, content):
    content = {"made_with": f"torch {torch.__version__.split('+')[0]}", "cases": content}
    path = HERE / f"{name}.json"
    path.write_text(json.dumps(content, indent=None, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size, "bytes")


write("layers", layers())
write("images", images())
write("losses", losses())
write("network", network())
write("optimizers", optimizers())
