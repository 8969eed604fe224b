"""Write small PyTorch models into a directory: state dict, module, TorchScript, exported program, legacy."""

import os
import sys
import warnings
import zipfile

import torch
from torch import nn


class Net(nn.Module):
    """A layer of each kind that a state dict tells apart: weights, buffers, another datatype."""

    def __init__(self) -> None:
        """Make the layers."""
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU())
        self.head = nn.Linear(4, 2, dtype=torch.bfloat16)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return two numbers for each row of three."""
        return self.head(self.encode(rows).to(torch.bfloat16))


def _hide_paths(path: str) -> None:
    """Replace where Python and this script are by as many other letters: stack traces in the files tell it."""
    hidden = {sys.prefix.encode(): b"/usr/venv", os.path.dirname(os.path.abspath(__file__)).encode(): b"/project"}
    with zipfile.ZipFile(path) as archive:
        members = [(one, archive.read(one)) for one in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for info, data in members:
            plain = zipfile.ZipInfo(info.filename)
            plain.compress_type = info.compress_type
            archive.writestr(plain, _without(hidden, data))


def _without(hidden: dict[bytes, bytes], data: bytes) -> bytes:
    for old, new in hidden.items():
        data = data.replace(old, new.ljust(len(old), b"_")[: len(old)])
    return data


def main(directory: str) -> None:
    """Write all files, and print the version of what wrote them."""
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    net = Net().eval()
    rows = torch.zeros(2, 3)
    layers = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(layers.parameters())
    layers(rows).sum().backward()
    optimizer.step()
    checkpoint = {"epoch": 3, "model": layers.state_dict(), "optimizer": optimizer.state_dict()}
    for name, one in {
        "state.pt": net.state_dict(),
        "module.pt": layers,
        "own.pt": net,
        "checkpoint.pt": checkpoint,
    }.items():
        torch.save(one, os.path.join(directory, name))
    tied = nn.Linear(3, 3)
    torch.save({"a": tied.weight, "b": tied.weight}, os.path.join(directory, "tied.pt"))
    torch.save(net.state_dict(), os.path.join(directory, "legacy.pt"), _use_new_zipfile_serialization=False)
    torch.jit.script(layers).save(os.path.join(directory, "script.pt"))
    torch.jit.trace(net, rows).save(os.path.join(directory, "traced.pt"))
    shapes = {"input": {0: torch.export.Dim("batch")}}
    exported = torch.export.export(layers.eval(), (rows,), dynamic_shapes=shapes)
    torch.export.save(exported, os.path.join(directory, "exported.pt2"))
    for name in ("script.pt", "traced.pt", "exported.pt2"):
        _hide_paths(os.path.join(directory, name))
    print("torch", torch.__version__)


if __name__ == "__main__":
    main(sys.argv[1])
