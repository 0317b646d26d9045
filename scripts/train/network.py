"""The acoustic networks: two shapes, each with a third of the frame rate at the output.

In both, the first layer sees five neighbouring frames, the second keeps every third frame, and later ones look ever
further, so that an output hears 0.3 s to each side. Only affine maps, batch normalisation, ReLU and weighted sums are
used: normalisation folds into the affine maps on export, and Kaldi evaluates the same sums.

* `Plain`: spliced layers, one after another: Kaldi's TDNN. Quick to train.
* `Factorised`: blocks that squeeze their input through a narrow linear layer, widen again, and add part of their input
  to their output: Kaldi's TDNN-F (Povey et al. 2018, "Semi-orthogonal low-rank matrix factorization for deep neural
  networks"), without the orthogonality. Deeper for the same work.

A model holds one of each: two that differ are seldom sure of the same mistake.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from scripts.train.features import BINS
from voice_skill.asr.kaldi.phones import PHONES

__all__ = [
    "BLOCKS",
    "CARRY",
    "CONTEXT",
    "FIRST",
    "OUTPUTS",
    "SECOND",
    "SHAPES",
    "SPLICES",
    "STRIDE",
    "Network",
    "output_frames",
]

OUTPUTS = 2 * len(PHONES)
STRIDE = 3
"""Input frames per output frame."""
FIRST = (-2, -1, 0, 1, 2)
SECOND = (-1, 0, 1)
"""The offsets of the first two layers' inputs, in input frames."""
BLOCKS = (3, 3, 3, 3, 3, 6, 6)
"""How far each block of the factorised shape looks to both sides, in input frames."""
CARRY = 0.66
"""How much of a block's input is added to its output."""
SPLICES = (FIRST, SECOND, (-3, 0, 3), (-3, 0, 3), (-6, 0, 6), (-6, 0, 6), (-9, 0, 9))
"""Per layer of the plain shape, the offsets of its inputs, in input frames."""
CONTEXT = FIRST[-1] + SECOND[-1] + sum(BLOCKS)
"""Input frames needed on each side of an output frame, the same for both shapes."""


def output_frames(frames: int) -> int:
    """How many outputs an utterance of `frames` input frames has; Kaldi counts the same."""
    return (frames + STRIDE - 1) // STRIDE


class Network(nn.Module, ABC):
    """Cepstra [B, STRIDE * (T - 1) + 1 + 2 * CONTEXT, 40] to scores [B, T, OUTPUTS].

    The second output, used only in training, learns phone posteriors directly and steadies the first.
    """

    width: int
    """Units per layer as it is trained for a model."""
    mean: Tensor
    scale: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(BINS))
        self.register_buffer("scale", torch.ones(BINS))
        self.output = nn.Linear(width, OUTPUTS)
        self.side = nn.Linear(width, OUTPUTS)
        nn.init.normal_(self.output.weight, std=0.01)

    def forward(self, cepstra: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.hidden((cepstra - self.mean) * self.scale)
        return self.output(hidden), self.side(hidden)

    @abstractmethod
    def hidden(self, cepstra: Tensor) -> Tensor:
        """The last layer's values, [B, T, width]."""


class Plain(Network):
    """Splice, affine map, normalise, ReLU, seven times."""

    width = 256

    def __init__(self, width: int = width) -> None:
        super().__init__(width)
        sizes = [BINS, *[width] * len(SPLICES)]
        self.layers = nn.ModuleList(
            nn.Linear(len(offsets) * size, after, bias=False)
            for offsets, (size, after) in zip(SPLICES, pairwise(sizes), strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in SPLICES)
        self.dropout = nn.Dropout(0.05)

    def hidden(self, cepstra: Tensor) -> Tensor:
        hidden, apart = cepstra, 1
        for offsets, layer, norm in zip(SPLICES, self.layers, self.norms, strict=True):
            stride = STRIDE if offsets is SECOND else 1
            hidden = _spliced(hidden, len(offsets), stride, (offsets[1] - offsets[0]) // apart)
            hidden = self.dropout(torch.relu(_normal(norm, layer(hidden))))
            apart *= stride
        return hidden


class Factorised(Network):
    """A plain first layer, then blocks of which each sees `(t - reach, t)` and then `(t, t + reach)`."""

    width = 512

    def __init__(self, width: int = width) -> None:
        super().__init__(width)
        rank = width // 4
        self.first = nn.Linear(len(FIRST) * BINS, width // 2, bias=False)
        self.second = _Block(len(SECOND) * (width // 2), width, rank)
        self.blocks = nn.ModuleList(_Block(width, width, rank, sides=2) for _ in BLOCKS)
        self.first_norm = nn.BatchNorm1d(width // 2)

    def hidden(self, cepstra: Tensor) -> Tensor:
        hidden = _spliced(cepstra, len(FIRST), 1)
        hidden = torch.relu(_normal(self.first_norm, self.first(hidden)))
        hidden = self.second(_spliced(hidden, len(SECOND), STRIDE), 0)
        for block, reach in zip(self.blocks, BLOCKS, strict=True):
            steps = reach // STRIDE
            hidden = torch.add(block(hidden, steps), hidden[:, steps:-steps], alpha=CARRY)
        return hidden


SHAPES: Mapping[str, Callable[..., Network]] = {"plain": Plain, "factorised": Factorised}


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


def _spliced(frames: Tensor, count: int, stride: int, apart: int = 1) -> Tensor:
    """`count` frames side by side, `apart` frames from one another, at every `stride`-th frame."""
    last = (frames.shape[1] - 1 - (count - 1) * apart) // stride * stride
    steps = range(0, count * apart, apart)
    return torch.cat([frames[:, step : step + last + 1 : stride] for step in steps], dim=2)


def _normal(norm: nn.Module, frames: Tensor) -> Tensor:
    normal: Tensor = norm(frames.flatten(0, 1))
    return normal.view_as(frames)
