"""The acoustic network: factorised spliced layers with a third of the frame rate at the output.

The first layer sees five neighbouring frames and the second keeps every third frame; then come blocks that each look
further to both sides, so that an output hears 0.28 s to each side. A block first squeezes its input through a narrow
linear layer, widens again, and adds part of its input to its output: Kaldi's TDNN-F (Povey et al. 2018, "Semi-
orthogonal low-rank matrix factorization for deep neural networks"), without the orthogonality. Only affine maps,
batch normalisation, ReLU and weighted sums are used: normalisation folds into the affine maps on export, and Kaldi
evaluates the same sums.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from scripts.train.features import BINS
from voice_skill.asr.kaldi.phones import PHONES

__all__ = ["BLOCKS", "CARRY", "CONTEXT", "FIRST", "OUTPUTS", "SECOND", "STRIDE", "Network", "output_frames"]

OUTPUTS = 2 * len(PHONES)
STRIDE = 3
"""Input frames per output frame."""
FIRST = (-2, -1, 0, 1, 2)
SECOND = (-1, 0, 1)
"""The offsets of the first two layers' inputs, in input frames."""
BLOCKS = (3, 3, 3, 3, 3, 6, 6)
"""How far each block looks to both sides, in input frames."""
CARRY = 0.66
"""How much of a block's input is added to its output."""
CONTEXT = FIRST[-1] + SECOND[-1] + sum(BLOCKS)
"""Input frames needed on each side of an output frame."""


def output_frames(frames: int) -> int:
    """How many outputs an utterance of `frames` input frames has; Kaldi counts the same."""
    return (frames + STRIDE - 1) // STRIDE


class Network(nn.Module):
    """Cepstra [B, STRIDE * (T - 1) + 1 + 2 * CONTEXT, 40] to scores [B, T, OUTPUTS].

    The second output, used only in training, learns phone posteriors directly and steadies the first.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(BINS))
        self.register_buffer("scale", torch.ones(BINS))
        self.rank = width // 4
        self.first = nn.Linear(len(FIRST) * BINS, width // 2, bias=False)
        self.second = _Block(len(SECOND) * (width // 2), width, self.rank)
        self.blocks = nn.ModuleList(_Block(width, width, self.rank, sides=2) for _ in BLOCKS)
        self.first_norm = nn.BatchNorm1d(width // 2)
        self.output = nn.Linear(width, OUTPUTS)
        self.side = nn.Linear(width, OUTPUTS)
        nn.init.normal_(self.output.weight, std=0.01)

    def forward(self, cepstra: Tensor) -> tuple[Tensor, Tensor]:
        hidden = (cepstra - self.mean) * self.scale
        hidden = _spliced(hidden, len(FIRST), 1)
        hidden = torch.relu(_normal(self.first_norm, self.first(hidden)))
        hidden = self.second(_spliced(hidden, len(SECOND), STRIDE), 0)
        for block, reach in zip(self.blocks, BLOCKS, strict=True):
            steps = reach // STRIDE
            hidden = torch.add(block(hidden, steps), hidden[:, steps:-steps], alpha=CARRY)
        return self.output(hidden), self.side(hidden)


class _Block(nn.Module):
    """Squeeze, widen, normalise, ReLU. With two sides it sees `(t - steps, t)` and then `(t, t + steps)`."""

    def __init__(self, size: int, width: int, rank: int, sides: int = 1) -> None:
        super().__init__()
        self.sides = sides
        self.squeeze = nn.Linear(size, sides * rank, bias=False)
        """The earlier side's outputs first; on export the sides become one splice."""
        self.widen = nn.Linear(sides * rank, width, bias=False)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, hidden: Tensor, steps: int) -> Tensor:
        narrow = self.squeeze(hidden)
        if self.sides == 2:
            early, late = narrow.chunk(2, dim=2)
            narrow = early[:, :-steps] + late[:, steps:]
            narrow = torch.cat([narrow[:, :-steps], narrow[:, steps:]], dim=2)
        return torch.relu(_normal(self.norm, self.widen(narrow)))


def _spliced(frames: Tensor, count: int, stride: int) -> Tensor:
    """`count` neighbouring frames side by side, at every `stride`-th frame."""
    last = (frames.shape[1] - count) // stride * stride
    return torch.cat([frames[:, step : step + last + 1 : stride] for step in range(count)], dim=2)


def _normal(norm: nn.Module, frames: Tensor) -> Tensor:
    normal: Tensor = norm(frames.flatten(0, 1))
    return normal.view_as(frames)
