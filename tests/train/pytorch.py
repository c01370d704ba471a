"""Writes two networks of tests/train.rs as PyTorch saves them, and their outputs."""

import os

import torch
from safetensors.torch import save_file

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(5)
net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
save_file(net.state_dict(), os.path.join(here, "pytorch.safetensors"))
inputs = torch.tensor([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]])
with torch.no_grad():
    outputs = net(inputs).flatten().tolist()


def write_outputs(name, outputs):
    with open(os.path.join(here, name), "w") as file:
        file.write("[" + ", ".join(f"{x:.9g}" for x in outputs) + "]\n")


write_outputs("pytorch_outputs.json", outputs)

# the same with batch norm, whose running statistics have followed three batches
layers = [torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.ReLU()]
net = torch.nn.Sequential(*layers, torch.nn.Linear(3, 2))
with torch.no_grad():
    net[1].weight.copy_(torch.tensor([0.5, -1.25, 2.0]))
    net[1].bias.copy_(torch.tensor([0.25, 1.5, -0.5]))
    for factor in [1.0, -2.0, 0.5]:
        net(inputs * factor)
    save_file(net.state_dict(), os.path.join(here, "pytorch_batch_norm.safetensors"))
    net.eval()
    outputs = net(inputs).flatten().tolist()
write_outputs("pytorch_batch_norm_outputs.json", outputs)
