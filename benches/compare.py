"""Gradbook's training epochs beside eager PyTorch's, in turns, and their ratio.

    pip install torch numpy
    cargo build --release --bench training
    python benches/compare.py [rounds]

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
TASKS = ["mlp_mnist", "mlp_digits"]


def pin():
    """Keeps this process and its children on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def gradbook():
    """One sample of each task from the newest build of the benchmark."""
    found = (ROOT / "target/release/deps").glob("training-*")
    programs = [path for path in found if path.suffix in ("", ".exe")]
    if not programs:
        sys.exit("no benchmark: run `cargo build --release --bench training` first")
    newest = max(programs, key=lambda path: path.stat().st_mtime)
    lines = subprocess.check_output([newest, "all", "1"], text=True).splitlines()
    return {line["task"]: line["seconds_per_epoch"] for line in map(json.loads, lines)}


def pytorch_tasks():
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)
    sizes = {
        "mlp_mnist": ([784, 128, 10], 60_000, 64, 1),
        "mlp_digits": ([64, 64, 10], 1_797, 32, 5),
    }
    runs = {}
    for name in TASKS:
        (inputs, hidden, classes), examples, batch, epochs = sizes[name]
        x, y = torch.rand(examples, inputs), torch.randint(0, classes, (examples,))
        model = nn.Sequential(
            nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, classes)
        )
        if name == "mlp_digits":
            optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
        else:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

        def epoch(x=x, y=y, model=model, optimizer=optimizer, batch=batch):
            for i in range(0, len(x) - batch + 1, batch):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(x[i : i + batch]), y[i : i + batch])
                loss.backward()
                optimizer.step()

        epoch()
        runs[name] = (epoch, epochs)
    return runs


def pytorch(runs):
    seconds = {}
    for name, (epoch, epochs) in runs.items():
        begin = time.perf_counter()
        for _ in range(epochs):
            epoch()
        seconds[name] = (time.perf_counter() - begin) / epochs
    return seconds


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    pin()
    runs = pytorch_tasks()
    seen = {name: ([], []) for name in TASKS}
    for _ in range(rounds):
        theirs, ours = pytorch(runs), gradbook()
        for name in TASKS:
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
