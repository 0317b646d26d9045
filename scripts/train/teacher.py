"""An earlier model as a teacher: where in time each phone of a transcript is.

A network that starts from nothing first has to find out which frames belong to which phone; with strong noise and
short words that takes long. An earlier model, evaluated here from its `final.mdl`, already knows.
"""

from __future__ import annotations

from math import gcd
from pathlib import Path

import torch
from torch import Tensor

from scripts.train.errors import TrainingError
from scripts.train.network import CONTEXT, STRIDE
from voice_skill.asr.kaldi.nnet import Layer, read_networks
from voice_skill.errors import ModelError

__all__ = ["Teacher"]

_MORE = 4 * STRIDE
"""Input frames more than `CONTEXT` that a teacher may look to each side."""


class Teacher:
    """The networks of a model folder. Raises `TrainingError` for a folder without any."""

    def __init__(self, model: Path) -> None:
        try:
            networks = read_networks(model / "am" / "final.mdl")
        except ModelError as error:
            raise TrainingError(error.message, "leave out --aligner to train without a teacher") from error
        self._networks = [_Evaluated(layers) for layers in networks]

    @torch.no_grad()
    def __call__(self, cepstra: Tensor) -> Tensor:
        """Cepstra [B, STRIDE * (T - 1) + 1 + 2 * CONTEXT, 40] to the mean of all scores, [B, T, OUTPUTS]."""
        return torch.stack([network(cepstra) for network in self._networks]).mean(0)


class _Evaluated:
    """One network, evaluated at every `STRIDE`-th frame."""

    def __init__(self, layers: list[Layer]) -> None:
        self._layers = [
            (layer.offsets, torch.from_numpy(layer.weights).T.contiguous(), torch.from_numpy(layer.bias), layer)
            for layer in layers
        ]
        strides = [STRIDE]
        for layer in reversed(layers[1:]):
            strides.append(gcd(strides[-1], *layer.offsets))
        self._strides = strides[::-1]
        """For each layer, how many input frames lie between two of its outputs that are needed."""

    def __call__(self, cepstra: Tensor) -> Tensor:
        frames = (cepstra.shape[1] - 1 - 2 * CONTEXT) // STRIDE + 1
        before, after = cepstra[:, :1].expand(-1, _MORE, -1), cepstra[:, -1:].expand(-1, _MORE, -1)
        outputs = [(torch.cat([before, cepstra, after], dim=1), -_MORE, 1)]  # values, time of the first, step
        for (offsets, weights, bias, layer), stride in zip(self._layers, self._strides, strict=True):
            values, begin, apart = outputs[-1]
            first = self._first(begin - min(offsets), stride)
            count = (begin + apart * (values.shape[1] - 1) - max(offsets) - first) // stride + 1
            skip = stride // apart
            starts = [(first + offset - begin) // apart for offset in offsets]
            spliced = torch.cat([values[:, start : start + skip * (count - 1) + 1 : skip] for start in starts], dim=2)
            result = spliced @ weights + bias
            if layer is not self._layers[-1][3] and layer.relu:
                result = torch.relu(result)
            if layer.carry:
                earlier, earlier_begin, earlier_apart = outputs[-2]
                start, step = (first - earlier_begin) // earlier_apart, stride // earlier_apart
                result = result + layer.carry * earlier[:, start : start + step * (count - 1) + 1 : step]
            outputs.append((result, first, stride))
        values, begin, _ = outputs[-1]
        start = (CONTEXT - begin) // STRIDE
        return values[:, start : start + frames]

    @staticmethod
    def _first(earliest: int, stride: int) -> int:
        """The first time from `earliest` on that lies on the output frames' grid."""
        return earliest + (CONTEXT - earliest) % stride
