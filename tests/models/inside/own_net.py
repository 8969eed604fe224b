"""A module that can be made without arguments."""

import torch


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)

    def forward(self, data: torch.Tensor) -> torch.Tensor:
        return self.layer(data)
