"""Writes small safetensors files into the directory that is its argument: `python -P scripts/model_files/... DIR`."""

import os
import sys
from importlib.metadata import version

import numpy as np
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file


def main(directory: str) -> None:
    """Write arrays, a network with metadata, and tensors of eight and of four bits."""
    save_arrays({"weights": np.ones((2, 3)), "labels": np.arange(4)}, os.path.join(directory, "arrays.safetensors"))
    network = torch.nn.Linear(4, 3)
    torch.nn.init.ones_(network.weight)
    torch.nn.init.zeros_(network.bias)
    save_file(network.state_dict(), os.path.join(directory, "linear.safetensors"), metadata={"format": "pt"})
    small = {
        "eight": torch.ones(4, 2).to(torch.float8_e4m3fn),
        "half": torch.ones(3, dtype=torch.bfloat16),
        "four": torch.zeros(2, 4, dtype=torch.uint8).view(torch.float4_e2m1fn_x2),
    }
    save_file(small, os.path.join(directory, "few_bits.safetensors"))


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    main(sys.argv[1])
    print({name: version(name) for name in ("safetensors", "torch", "numpy")})
