"""Third and fourth step: the trained network and the lexicon as a folder that Vosk loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scripts.train.errors import TrainingError
from scripts.train.files import whole_file
from scripts.train.network import BLOCKS, CARRY, FIRST, SECOND, SPLICES
from voice_skill.asr.kaldi.graph import Filler, write_filler, write_graph
from voice_skill.asr.kaldi.lexicon import Lexicon, write_lexicon
from voice_skill.asr.kaldi.nnet import Layer, write_model

__all__ = ["export_graph", "export_network", "folded"]

_MFCC = """\
--sample-frequency=16000
--use-energy=false
--num-mel-bins=40
--num-ceps=40
--low-freq=20
--high-freq=-400
--dither=0
"""
_DECODING = """\
--min-active=200
--max-active=3000
--beam=10.0
--lattice-beam=3.0
--acoustic-scale=1.0
--frame-subsampling-factor=3
--frames-per-chunk=30
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""
"""Scores are computed for 0.3 s of sound at once: for Kaldi's 0.2 s it takes a seventh more of the processor, and for
0.6 s a fifth less, but what is heard so far would then lag."""

Array = NDArray[np.float64]


def export_network(checkpoints: Mapping[Path, float], model: Path) -> None:
    """Write `am` and `conf` of the model folder from the averaged weights of checkpoints.

    The decoder takes the mean of their networks' scores, of each the share that stands with it.
    """
    networks = [(folded(_load(path)["average"]), share) for path, share in checkpoints.items()]
    for name, text in (("mfcc.conf", _MFCC), ("model.conf", _DECODING)):
        with whole_file(model / "conf" / name) as temporary:
            temporary.write_text(text)
    # the decoder weighs all networks the same
    weight = len(networks) / sum(checkpoints.values())
    with whole_file(model / "am" / "final.mdl") as temporary:
        write_model(temporary, *(_times(network, weight * share) for network, share in networks))


def export_graph(checkpoint: Path, model: Path, lexicon: Lexicon, phone_cost: float, word_cost: float) -> None:
    """Write `lexicon.txt`, `filler.json` and the `graph` folder; the filler's phones follow one another as trained."""
    bigram = np.log(_load(checkpoint)["phone_bigram"].numpy())
    filler = Filler(tuple(tuple(map(float, row)) for row in bigram), phone_cost, word_cost)
    graph = model / "graph"
    graph.mkdir(parents=True, exist_ok=True)
    write_graph(graph, lexicon, filler)
    write_lexicon(model / "lexicon.txt", lexicon)
    write_filler(model / "filler.json", filler)


def folded(state: Mapping[str, Tensor]) -> list[Layer]:
    """A network as affine layers only: feature scaling and batch normalisation become part of the weights."""
    hidden = _folded_factorised(state) if "first.weight" in state else _folded_plain(state)
    return [*hidden, _layer((0,), _values(state, "output.weight"), _values(state, "output.bias"))]


def _folded_plain(state: Mapping[str, Tensor]) -> list[Layer]:
    layers = [_first(state, "layers.0.weight", "norms.0")]
    for number, offsets in enumerate(SPLICES[1:], start=1):
        layers.append(_layer(offsets, *_normalised(state, f"layers.{number}.weight", f"norms.{number}")))
    return layers


def _folded_factorised(state: Mapping[str, Tensor]) -> list[Layer]:
    layers = [_first(state, "first.weight", "first_norm")]
    layers.append(_linear(SECOND, _values(state, "second.squeeze.weight")))
    layers.append(_layer((0,), *_normalised(state, "second.widen.weight", "second.norm")))
    for number, reach in enumerate(BLOCKS):
        early, late = np.split(_values(state, f"blocks.{number}.squeeze.weight"), 2)
        layers.append(_linear((-reach, 0), np.concatenate([early, late], axis=1)))
        widened = _normalised(state, f"blocks.{number}.widen.weight", f"blocks.{number}.norm")
        layers.append(_layer((0, reach), *widened, carry=CARRY))
    return layers


def _first(state: Mapping[str, Tensor], weights: str, norm: str) -> Layer:
    """The first layer, with the scaling of the features in it."""
    mean, scale = (np.tile(_values(state, name), len(FIRST)) for name in ("mean", "scale"))
    normalised, bias = _normalised(state, weights, norm)
    scaled = normalised * scale
    # its columns differ in size as the cepstra do: it needs more bits
    return _layer(FIRST, scaled, bias - scaled @ mean, bits=16)


def _values(state: Mapping[str, Tensor], name: str) -> Array:
    return state[name].numpy().astype(np.float64)


def _normalised(state: Mapping[str, Tensor], weights: str, norm: str) -> tuple[Array, Array]:
    """Weights and bias of an affine map with the normalisation that follows it."""
    gain = _values(state, f"{norm}.weight") / np.sqrt(_values(state, f"{norm}.running_var") + 1e-5)
    bias = _values(state, f"{norm}.bias") - gain * _values(state, f"{norm}.running_mean")
    return _values(state, weights) * gain[:, None], bias


def _times(layers: list[Layer], factor: float) -> list[Layer]:
    """The network with `factor` times its scores: what it counts for in a mean."""
    *hidden, last = layers
    return [*hidden, replace(last, weights=last.weights * factor, bias=last.bias * factor)]


def _layer(offsets: tuple[int, ...], weights: Array, bias: Array, bits: int = 8, carry: float = 0.0) -> Layer:
    return Layer(offsets, weights.astype(np.float32), bias.astype(np.float32), bits, carry=carry)


def _linear(offsets: tuple[int, ...], weights: Array) -> Layer:
    return Layer(offsets, weights.astype(np.float32), np.zeros(len(weights), np.float32), relu=False)


def _load(checkpoint: Path) -> dict[str, Any]:
    if not checkpoint.is_file():
        raise TrainingError(f"{checkpoint}: no such checkpoint", "run the train step first")
    return dict(torch.load(checkpoint, weights_only=True))
