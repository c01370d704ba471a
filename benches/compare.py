"""Gradbook's training epochs beside eager PyTorch's, in turns, and their ratio.

    pip install torch numpy
    cargo build --release --bench training
    python benches/compare.py [rounds] [task,task]

Machines are noisy and their speed drifts, so a time alone says little. Both programs run
on one and the same core, one after the other, round after round; what is reported is the
median of each and the median of the ratios, round by round.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TASKS = ["mlp_mnist", "mlp_digits", "cnn", "lstm"]


def pin():
    """Keeps this process and its children on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def gradbook(tasks):
    """One sample of each task from the newest build of the benchmark."""
    found = (ROOT / "target/release/deps").glob("training-*")
    programs = [path for path in found if path.suffix in ("", ".exe")]
    if not programs:
        sys.exit("no benchmark: run `cargo build --release --bench training` first")
    newest = max(programs, key=lambda path: path.stat().st_mtime)
    lines = subprocess.check_output([newest, ",".join(tasks), "1"], text=True).splitlines()
    seconds = lambda line: line.get("seconds_per_epoch") or line["seconds_per_step"]
    return {line["task"]: seconds(line) for line in map(json.loads, lines)}


def networks():
    """Name: network, optimizer; examples and their shape; batch; steps of an epoch and
    of a sample."""
    import torch
    from torch import nn

    sgd = lambda model: torch.optim.SGD(model.parameters(), lr=0.1)
    adam = lambda model: torch.optim.Adam(model.parameters(), lr=0.001)
    mlp = lambda a, b, c: nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c))
    lenet = lambda: nn.Sequential(
        *[nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()],
        *[nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()],
        nn.Linear(84, 10),
    )

    class CharacterModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(65, 64)
            self.lstm = nn.LSTM(64, 128, batch_first=True)
            self.head = nn.Linear(128, 65)

        def forward(self, x):
            return self.head(self.lstm(self.embedding(x))[0]).flatten(0, 1)

    return {
        "mlp_mnist": (lambda: mlp(784, 128, 10), sgd, (60_000, 784), 64, 937, 937),
        "mlp_digits": (lambda: mlp(64, 64, 10), adam, (1_797, 64), 32, 56, 280),
        "cnn": (lenet, sgd, (6_400, 1, 28, 28), 64, 937, 100),
        "lstm": (CharacterModel, adam, (640, 64), 32, 1, 16),
    }


def pytorch_tasks(tasks):
    """For each task a function that runs one sample and returns seconds an epoch."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    runs = {}
    for name in tasks:
        build, optimize, shape, batch, epoch_steps, sample_steps = networks()[name]
        x, y = torch.rand(shape), torch.randint(0, 10, shape[:1])
        if name == "lstm":  # characters, and what follows each
            x, y = torch.randint(0, 65, shape), torch.randint(0, 65, shape)
        model = build()
        optimizer = optimize(model)

        def run(steps, x=x, y=y, model=model, optimizer=optimizer, batch=batch):
            for step in range(steps):
                i = step % (len(x) // batch) * batch
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(
                    model(x[i : i + batch]), y[i : i + batch].flatten()
                )
                loss.backward()
                optimizer.step()

        def sample(run=run, epoch_steps=epoch_steps, sample_steps=sample_steps):
            begin = time.perf_counter()
            run(sample_steps)
            return (time.perf_counter() - begin) * epoch_steps / sample_steps

        run(10)
        runs[name] = sample
    return runs


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    tasks = sys.argv[2].split(",") if len(sys.argv) > 2 else TASKS
    pin()
    runs = pytorch_tasks(tasks)
    seen = {name: ([], []) for name in tasks}
    for _ in range(rounds):
        theirs = {name: sample() for name, sample in runs.items()}
        ours = gradbook(tasks)
        for name in tasks:
            seen[name][0].append(ours[name])
            seen[name][1].append(theirs[name])
    for name, (ours, theirs) in seen.items():
        ratios = [a / b for a, b in zip(ours, theirs)]
        print(
            json.dumps(
                {
                    "task": name,
                    "rounds": rounds,
                    "gradbook_seconds": round(statistics.median(ours), 6),
                    "pytorch_seconds": round(statistics.median(theirs), 6),
                    "ratio": round(statistics.median(ratios), 3),
                    "ratio_min": round(min(ratios), 3),
                    "ratio_max": round(max(ratios), 3),
                }
            )
        )


main()
