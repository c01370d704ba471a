"""Writes the network 2-3-2 of tests/train.rs as PyTorch saves it, and its outputs."""

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
with open(os.path.join(here, "pytorch_outputs.json"), "w") as file:
    file.write("[" + ", ".join(f"{x:.9g}" for x in outputs) + "]\n")
