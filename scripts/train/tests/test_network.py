"""The network: the shapes it promises, and export without a change of what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from scripts.train.export import export_network, folded
from scripts.train.network import CONTEXT, OUTPUTS, SHAPES, STRIDE, Network, output_frames
from voice_skill.asr.kaldi.nnet import read_networks

FRAMES = 10


def cepstra() -> torch.Tensor:
    return 20 * torch.randn(2, STRIDE * (FRAMES - 1) + 1 + 2 * CONTEXT, 40, generator=torch.Generator().manual_seed(2))


def trained(shape: str) -> Network:
    """A small network with statistics that are not the trivial ones."""
    torch.manual_seed(3)
    network = SHAPES[shape](16)
    network.mean.normal_(0, 5)
    network.scale.uniform_(0.05, 0.2)
    for _ in range(3):
        network(cepstra())
    return network.eval()


@pytest.mark.parametrize("shape", SHAPES)
def test_outputs_come_at_a_third_of_the_rate(shape: str) -> None:
    scores, side = trained(shape)(cepstra())
    assert scores.shape == side.shape == (2, FRAMES, OUTPUTS)
    assert [output_frames(count) for count in (1, 2, 3, 4, 7)] == [1, 1, 1, 2, 3]


@pytest.mark.parametrize("shape", SHAPES)
def test_folding_changes_nothing(shape: str) -> None:
    """The exported layers, spliced as Kaldi does it, one output frame at a time."""
    network, frames = trained(shape), cepstra()
    expected = network(frames)[0].detach().numpy()
    values = frames.numpy()
    layers = folded(network.state_dict())

    def output(depth: int, frame: int) -> np.ndarray:
        layer = layers[depth]
        below = [output(depth - 1, frame + offset) if depth else values[:, frame + offset] for offset in layer.offsets]
        result = np.concatenate(below, axis=1) @ layer.weights.T + layer.bias
        if layer.relu and depth < len(layers) - 1:
            result = np.maximum(result, 0)
        return result + layer.carry * output(depth - 2, frame) if layer.carry else result

    for place in (0, 4):
        found = output(len(layers) - 1, CONTEXT + STRIDE * place)
        np.testing.assert_allclose(found, expected[:, place], rtol=0, atol=2e-3)


def test_several_networks_are_exported_each_with_its_share(tmp_path: Path) -> None:
    plain, factorised = tmp_path / "plain.pt", tmp_path / "factorised.pt"
    for path in (plain, factorised):
        torch.save({"average": trained(path.stem).state_dict()}, path)
    for name in ("alone/conf", "alone/am", "both/conf", "both/am"):
        (tmp_path / name).mkdir(parents=True)
    export_network({plain: 1.0}, tmp_path / "alone")
    (alone,) = read_networks(tmp_path / "alone" / "am" / "final.mdl")
    export_network({plain: 3.0, factorised: 1.0}, tmp_path / "both")
    first, second = read_networks(tmp_path / "both" / "am" / "final.mdl")
    np.testing.assert_allclose(first[-1].bias, 1.5 * alone[-1].bias, atol=1e-6)  # of the mean of two, three quarters
    np.testing.assert_allclose(second[-1].bias, 0.5 * folded(trained("factorised").state_dict())[-1].bias, atol=1e-6)
    np.testing.assert_allclose(first[0].bias, alone[0].bias)
