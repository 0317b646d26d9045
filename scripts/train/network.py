"""The acoustic network: a stack of spliced affine layers with a third of the frame rate at the output.

Layer 1 sees five neighbouring frames, layer 2 keeps every third frame, and the later layers look ever further, so
that an output hears 0.3 s to each side. Kaldi calls it a TDNN. Only affine maps, batch normalisation and ReLU are
used: normalisation folds into the affine maps on export, and Kaldi evaluates the same sums.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from scripts.train.features import BINS
from voice_skill.asr.kaldi.phones import PHONES

__all__ = ["CONTEXT", "OUTPUTS", "SPLICES", "STRIDE", "Network", "output_frames"]

OUTPUTS = 2 * len(PHONES)
STRIDE = 3
"""Input frames per output frame."""
SPLICES = ((-2, -1, 0, 1, 2), (-1, 0, 1), (-3, 0, 3), (-3, 0, 3), (-6, 0, 6), (-6, 0, 6), (-9, 0, 9))
"""Per layer, the offsets of its inputs, in input frames."""
_STRIDED_LAYER = 1
CONTEXT = sum(offsets[-1] for offsets in SPLICES)
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

    def __init__(self, width: int, dropout: float = 0.05) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(BINS))
        self.register_buffer("scale", torch.ones(BINS))
        sizes = [BINS, *[width] * len(SPLICES)]
        self.layers = nn.ModuleList(
            nn.Linear(len(offsets) * size, after, bias=False)
            for offsets, (size, after) in zip(SPLICES, pairwise(sizes), strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in SPLICES)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(width, OUTPUTS)
        self.side = nn.Linear(width, OUTPUTS)
        nn.init.normal_(self.output.weight, std=0.01)

    def forward(self, cepstra: Tensor) -> tuple[Tensor, Tensor]:
        hidden = (cepstra - self.mean) * self.scale
        rate = 1
        for index, offsets in enumerate(SPLICES):
            steps = [(offset - offsets[0]) // rate for offset in offsets]
            stride = STRIDE if index == _STRIDED_LAYER else 1
            last = (hidden.shape[1] - 1 - steps[-1]) // stride * stride
            spliced = torch.cat([hidden[:, step : step + last + 1 : stride] for step in steps], dim=2)
            affine = self.layers[index](spliced)
            normal = self.norms[index](affine.flatten(0, 1)).view_as(affine)
            hidden = self.dropout(torch.relu(normal))
            rate *= stride
        return self.output(hidden), self.side(hidden)
