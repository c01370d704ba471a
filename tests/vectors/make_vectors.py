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
import math
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


def short(tensor):
    """The entries in few digits that lose nothing: an f32 as its shortest decimal, an
    f64 to 14 places, a hundredth of what the comparison allows."""
    single = tensor.dtype == torch.float32
    entries = tensor.detach().flatten().numpy()
    return [float(str(x)) if single else round(float(x), 14) for x in entries]


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd decay": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.3),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "momentum decay": lambda p: torch.optim.SGD(
        p, lr=0.1, momentum=0.7, weight_decay=0.3
    ),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "nesterov decay": lambda p: torch.optim.SGD(
        p, lr=0.1, momentum=0.7, nesterov=True, weight_decay=0.3
    ),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1),
    "adagrad decay": lambda p: torch.optim.Adagrad(
        p, lr=0.1, eps=0.01, weight_decay=0.3
    ),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "rmsprop decay": lambda p: torch.optim.RMSprop(
        p, lr=0.01, alpha=0.9, eps=0.01, weight_decay=0.3
    ),
    "rmsprop momentum": lambda p: torch.optim.RMSprop(
        p, lr=0.01, alpha=0.9, momentum=0.7, weight_decay=0.3
    ),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "adam decay": lambda p: torch.optim.Adam(
        p, lr=0.1, betas=(0.8, 0.95), eps=0.01, weight_decay=0.3
    ),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1),
    "adamw decay": lambda p: torch.optim.AdamW(
        p, lr=0.1, betas=(0.8, 0.95), eps=0.01, weight_decay=0.3
    ),
}


def optimizers():
    """Sixty updates of eight numbers in three parameters, weights after each. One
    number never has a slope, one has none at first, one none for a while, one a huge
    one now and then, one only tiny ones. After half of the updates the rate falls to 0.3 of itself."""
    round_off = lambda tensor: (tensor.double() * 1000).round() / 1000
    grads, start = round_off(draw(31, 60, 8)), round_off(draw(30, 8))
    grads[:, 1] = 0
    grads[:5, 3] = 0
    grads[::7, 4] *= 100
    grads[:, 6] *= 1e-6
    grads[10:20, 7] = 0
    grads = torch.from_numpy(grads.numpy().round(9) + 0.0)  # no -0.0
    result = {"sizes": [4, 1, 3], "start": short(start), "grads": short(grads)}
    result["paths"] = {}
    for name, build in OPTIMIZERS.items():
        result["paths"][name] = {}
        for key, dtype in TYPES.items():
            weights = [w.clone() for w in start.to(dtype).split(result["sizes"])]
            optimizer, path = build(weights), []
            for index, grad in enumerate(grads.to(dtype)):
                if index == 30:
                    optimizer.param_groups[0]["lr"] *= 0.3
                for weight, part in zip(weights, grad.split(result["sizes"])):
                    weight.grad = part.clone()
                optimizer.step()
                path += short(torch.cat(weights))
            result["paths"][name][key] = path
    return result


def rates_of(build, count, losses=None, **options):
    """The rate of each tick, from a full rate of 0.8. `losses` are for the plateau."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.8)
    schedule, rates = build(optimizer, **options), []
    for tick in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step(*([] if losses is None else [losses[tick]]))
    return rates


def schedules():
    kinds = torch.optim.lr_scheduler
    climb = lambda o, ticks: kinds.LinearLR(o, 1 / (ticks + 1), 1.0, ticks)
    fall = lambda o, ticks: kinds.CosineAnnealingLR(o, ticks)

    def climb_and_fall(o, warm_up, ticks):
        both = [climb(o, warm_up), fall(o, ticks - warm_up)]
        return kinds.SequentialLR(o, both, milestones=[warm_up])

    def by_lambda(o, warm_up, ticks):
        def share(t):
            if t < warm_up:
                return (t + 1) / (warm_up + 1)
            return 0.5 * (1 + math.cos(math.pi * (t - warm_up) / (ticks - warm_up)))

        return kinds.LambdaLR(o, share)

    cycle = lambda o, ticks: kinds.OneCycleLR(o, max_lr=0.8, total_steps=ticks)
    list_of = {
        "step": (kinds.StepLR, 60, {"step_size": 7, "gamma": 0.6}),
        "exponential": (kinds.ExponentialLR, 60, {"gamma": 0.93}),
        "cosine": (fall, 60, {"ticks": 60}),
        "warm-up": (climb, 60, {"ticks": 13}),
        "warm-up cosine": (climb_and_fall, 60, {"warm_up": 13, "ticks": 60}),
        "warm-up cosine by lambda": (by_lambda, 60, {"warm_up": 13, "ticks": 60}),
        "one-cycle": (cycle, 60, {"ticks": 60}),
        "one-cycle of 7": (cycle, 7, {"ticks": 7}),
    }
    return {name: rates_of(*case[:2], **case[2]) for name, case in list_of.items()}


def plateau():
    """Losses that fall, stall, and creep by less than the threshold."""
    losses = [round(math.exp(-t / 9) + 0.3 * (t % 4 == 1), 6) for t in range(30)]
    creep = [losses[-2] - 2e-6 * t for t in range(1, 16)]
    losses += [round(loss, 9) for loss in creep] + [0.03, 0.03, 0.02] + [0.02] * 12
    accuracies = [round(1 - 0.9 * loss, 9) for loss in losses]
    cases = [
        {"watch": "loss", "factor": 0.3, "patience": 2, "floor": 0.0},
        {"watch": "loss", "factor": 0.5, "patience": 0, "floor": 0.001},
        {"watch": "accuracy", "factor": 0.7, "patience": 3, "floor": 0.0},
        {"watch": "loss", "factor": 0.01, "patience": 1, "floor": 0.0},
    ]
    for case in cases:
        seen = losses if case["watch"] == "loss" else accuracies
        build = torch.optim.lr_scheduler.ReduceLROnPlateau
        case["rates"] = rates_of(
            build,
            len(seen),
            seen,
            mode="min" if case["watch"] == "loss" else "max",
            factor=case["factor"],
            patience=case["patience"],
            min_lr=case["floor"],
        )
    return {"loss": losses, "accuracy": accuracies, "cases": cases}


def state_numbers(state):
    """A state as Gradbook keeps it: of each example h, and below it the LSTM's c."""
    parts = state if isinstance(state, tuple) else (state,)
    return numbers(torch.cat([part[0] for part in parts], dim=1))


def as_state(kind, matrix, hidden):
    """The reverse, for PyTorch: (1, batch, hidden), twice for the LSTM."""
    if kind != "lstm":
        return matrix[None]
    return (matrix[None, :, :hidden].contiguous(), matrix[None, :, hidden:].contiguous())


def parts(state):
    return list(state) if isinstance(state, tuple) else [state]


def gradbook_names(kind, hidden, named):
    """PyTorch's parameters under Gradbook's names. Two biases that are only ever added
    are one: `add` says whether to add them up (values) or take one (slopes)."""

    def convert(take, add):
        bias, through = take("bias_ih_l0"), take("bias_hh_l0")
        both = bias + through if add else bias
        result = {"weight_ih": take("weight_ih_l0"), "weight_hh": take("weight_hh_l0")}
        if kind == "gru":
            result["bias"] = torch.cat([both[: 2 * hidden], bias[2 * hidden :]])
            result["bias_hn"] = through[2 * hidden :]
        else:
            result["bias"] = both
        return result

    values = convert(lambda name: named[name].detach().double(), True)
    slopes = convert(lambda name: named[name].grad, False)
    return values, slopes


RECURRENT = {
    "rnn": lambda i, h: nn.RNN(i, h),
    "rnn relu": lambda i, h: nn.RNN(i, h, nonlinearity="relu"),
    "lstm": lambda i, h: nn.LSTM(i, h),
    "gru": lambda i, h: nn.GRU(i, h),
}


def recurrent_case(kind, inputs, hidden, lengths, chunks):
    """Forward and backward of one layer, loss = sum(output * chosen numbers), and on
    the final state as well. With several chunks the state goes on, detached, and the
    slopes of all chunks add up."""
    steps, batch = max(lengths), len(lengths)
    rows = 2 * hidden if kind == "lstm" else hidden
    x, first = draw(40, steps, batch, inputs), draw(41, batch, rows) * 0.5
    grad_output, grad_state = draw(42, steps, batch, hidden), draw(43, batch, rows)
    case = {
        "layer": kind,
        "inputs": inputs,
        "hidden": hidden,
        "lengths": lengths,
        "chunks": chunks,
        "input": numbers(x),
        "first": numbers(first),
        "grad_output": numbers(grad_output),
        "grad_state": numbers(grad_state),
    }
    equal = len(set(lengths)) == 1
    for key, dtype in TYPES.items():
        layer = RECURRENT[kind](inputs, hidden)
        with torch.no_grad():
            for n, (_, p) in enumerate(layer.named_parameters()):
                p.copy_(draw(50 + n, *p.shape) * 0.5)
        layer = layer.to(dtype)
        given = x.to(dtype).clone().requires_grad_()
        matrix = first.to(dtype).clone().requires_grad_()
        state, outputs, begin = as_state(kind, matrix, hidden), [], 0
        for index, count in enumerate(chunks):
            if index > 0:
                state = tuple(s.detach() for s in parts(state))
                state = state if kind == "lstm" else state[0]
            part = given[begin : begin + count]
            if equal:
                output, state = layer(part, state)
            else:
                packed = nn.utils.rnn.pack_padded_sequence(
                    part, torch.tensor(lengths), enforce_sorted=False
                )
                output, state = layer(packed, state)
                output, _ = nn.utils.rnn.pad_packed_sequence(output)
            loss = (output * grad_output[begin : begin + count].to(dtype)).sum()
            if index + 1 == len(chunks):
                slopes = parts(as_state(kind, grad_state.to(dtype), hidden))
                loss = loss + sum((s * g).sum() for s, g in zip(parts(state), slopes))
            loss.backward()
            outputs.append(output)
            begin += count
        values, slopes = gradbook_names(kind, hidden, dict(layer.named_parameters()))
        case["weights"] = {
            n: {"shape": list(w.shape), "values": numbers(w)} for n, w in values.items()
        }
        case[key] = {
            "output": numbers(torch.cat(outputs)),
            "state": state_numbers(state),
            "grad_input": numbers(given.grad),
            "grad_first": numbers(matrix.grad),
            "grads": {n: numbers(g) for n, g in slopes.items()},
        }
    return case


def recurrent():
    cases = []
    for kind in RECURRENT:
        cases.append(recurrent_case(kind, 1, 1, [1], [1]))
        cases.append(recurrent_case(kind, 3, 5, [4, 4], [4]))
        cases.append(recurrent_case(kind, 2, 3, [3, 7, 1, 5], [7]))
        cases.append(recurrent_case(kind, 5, 2, [7, 7, 7], [3, 4]))
    return cases


def normalization_case(x, other):
    """A training pass over x, one over another batch, then inference on x. The slopes
    are those of sum(output * chosen numbers), in both phases."""
    build = nn.BatchNorm2d if x.dim() == 4 else nn.BatchNorm1d
    features = x.shape[1]
    parts = {"weight": coarse(71, features), "bias": coarse(72, features)}
    case = {
        "features": features,
        "batch": len(x),
        "input": numbers(turned(x)),
        "other": numbers(turned(other)),
        "grad_output": numbers(turned(coarse(97, *x.shape))),
    }
    if x.dim() == 4:
        case["image"] = [x.shape[2], x.shape[3], features]
    case.update({n: numbers(p) for n, p in parts.items()})
    for key, dtype in TYPES.items():
        layer = build(features).to(dtype)
        with torch.no_grad():
            for n, p in layer.named_parameters():
                p.copy_(parts[n].to(dtype))
        case[key] = {}
        for phase in ["train", "infer"]:
            layer.train(phase == "train")
            layer.zero_grad()
            given = x.to(dtype).clone().requires_grad_()
            output = layer(given)
            output.backward(coarse(97, *x.shape).to(dtype))
            case[key][phase] = {
                "output": digits(turned(output)),
                "grad_input": digits(turned(given.grad)),
                "grads": {n: digits(p.grad) for n, p in layer.named_parameters()},
            }
            if phase == "train":
                layer(other.to(dtype))
        case[key]["buffers"] = {n: digits(b) for n, b in layer.named_buffers()}
    return case


def normalization():
    cases = []
    for size in [(2, 1), (7, 5), (13, 17), (1, 1, 2, 1), (3, 4, 5, 2), (2, 6, 3, 3)]:
        spread = torch.arange(1, size[1] + 1).reshape([-1] + [1] * (len(size) - 2))
        x = coarse(73, *size) * spread + spread - 3
        cases.append(normalization_case(x, coarse(74, *size) * 2 + 1))
    return cases


def smoothing():
    """Cross-entropy with a part of the target spread over all classes."""
    cases = []
    for share in [0.0, 0.1, 0.25, 1.0]:
        for batch, classes in [(1, 2), (7, 3), (5, 11)]:
            prediction, target = coarse(75, batch, classes), one_hot(76, batch, classes)
            case = {
                "share": share,
                "shape": shape(prediction),
                "prediction": numbers(prediction),
                "target": numbers(target),
            }
            for key, dtype in TYPES.items():
                given = prediction.to(dtype).clone().requires_grad_()
                value = nn.functional.cross_entropy(
                    given, target.argmax(dim=1), label_smoothing=share
                )
                value.backward()
                case[key] = {"value": value.item(), "grad": digits(given.grad)}
            cases.append(case)
    return cases


def embedding():
    """Tokens looked up, some twice; the weight is written as Gradbook's, transposed."""
    table, tokens = draw(60, 7, 3), [2, 6, 0, 2, 2, 5]
    case = {"tokens": tokens, "weight": {"shape": [3, 7], "values": numbers(table.T)}}
    grad_output = draw(61, len(tokens), 3)
    case["grad_output"] = numbers(grad_output)
    for key, dtype in TYPES.items():
        layer = nn.Embedding(7, 3, _weight=table.to(dtype).clone())
        output = layer(torch.tensor(tokens))
        output.backward(grad_output.to(dtype))
        case[key] = {"output": numbers(output), "grad": numbers(layer.weight.grad.T)}
    return case


def character_model():
    """Embedding, LSTM, GRU, dense: two chunks, the state carried and detached, the mean
    cross-entropy of each, then the slopes clipped by their common length."""
    vocabulary, width, batch, chunks = 7, 3, 2, [4, 3]
    generator = torch.Generator().manual_seed(70)
    tokens = torch.randint(0, vocabulary, (8, batch), generator=generator)
    case = {"tokens": tokens.flatten().tolist(), "chunks": chunks, "weights": {}}
    for key, dtype in TYPES.items():
        layers = {
            "embedding": nn.Embedding(vocabulary, width),
            "recurrent.0": nn.LSTM(width, 5),
            "recurrent.1": nn.GRU(5, 4),
            "head.0": nn.Linear(4, vocabulary),
        }
        seed = 71
        for layer in layers.values():
            with torch.no_grad():
                for _, p in layer.named_parameters():
                    p.copy_(draw(seed, *p.shape) * 0.5)
                    seed += 1
            layer.to(dtype)
        lstm_state, gru_state, begin = None, None, 0
        logits, losses = [], []
        for count in chunks:
            x = layers["embedding"](tokens[begin : begin + count])
            x, lstm_state = layers["recurrent.0"](x, lstm_state)
            x, gru_state = layers["recurrent.1"](x, gru_state)
            lstm_state = tuple(s.detach() for s in lstm_state)
            gru_state = gru_state.detach()
            z = layers["head.0"](x).flatten(0, 1)
            target = tokens[begin + 1 : begin + 1 + count].flatten()
            loss = nn.functional.cross_entropy(z, target)
            loss.backward()
            logits.append(z)
            losses.append(loss.item())
            begin += count
        values, slopes = {}, {}

        def collect(into, which):
            for name, layer in layers.items():
                named = dict(layer.named_parameters())
                if name == "embedding":
                    weight = named["weight"]
                    part = {"weight": (weight.T, weight.grad.T)}
                elif name == "head.0":
                    part = {n: (p, p.grad) for n, p in named.items()}
                else:
                    kind, hidden = ("lstm", 5) if name == "recurrent.0" else ("gru", 4)
                    value, slope = gradbook_names(kind, hidden, named)
                    part = {n: (value[n], slope[n]) for n in value}
                for n, pair in part.items():
                    into[f"{name}.{n}"] = pair[which]

        collect(values, 0)
        collect(slopes, 1)
        case["weights"] = {
            n: {"shape": list(w.shape), "values": numbers(w)} for n, w in values.items()
        }
        case[key] = {
            "logits": numbers(torch.cat(logits)),
            "losses": losses,
            "lstm_state": state_numbers(lstm_state),
            "gru_state": state_numbers(gru_state),
            "grads": {n: numbers(g) for n, g in slopes.items()},
        }
    return case


def clipping():
    """Two tensors clipped at several limits, by their common length and by value."""
    two, four = draw(80, 2) * 3, draw(81, 4) * 3
    case = {"grads": numbers(two) + numbers(four), "limits": [0.5, 3.0, 100.0]}
    for key, dtype in TYPES.items():
        case[key] = {"length": [], "norm": [], "value": []}
        for limit in case["limits"]:
            for kind in ("norm", "value"):
                tensors = [torch.zeros(2, dtype=dtype), torch.zeros(4, dtype=dtype)]
                for tensor, grad in zip(tensors, (two, four)):
                    tensor.grad = grad.to(dtype).clone()
                if kind == "norm":
                    length = nn.utils.clip_grad_norm_(tensors, limit)
                    case[key]["length"].append(length.item())
                else:
                    nn.utils.clip_grad_value_(tensors, limit)
                case[key][kind] += numbers(torch.cat([t.grad for t in tensors]))
    return case


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
write("schedules", {"rates": schedules(), "plateau": plateau()})
write("recurrent", recurrent())
write("embedding", embedding())
write("normalization", normalization())
write("smoothing", smoothing())
write("character_model", character_model())
write("clipping", clipping())
