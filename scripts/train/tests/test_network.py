"""The network: the shapes it promises, and export without a change of what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from scripts.train.export import export_network, folded
from scripts.train.network import CONTEXT, OUTPUTS, STRIDE, Network, output_frames
from voice_skill.asr.kaldi.nnet import read_networks

FRAMES = 10


def cepstra() -> torch.Tensor:
    return 20 * torch.randn(2, STRIDE * (FRAMES - 1) + 1 + 2 * CONTEXT, 40, generator=torch.Generator().manual_seed(2))


def trained(width: int) -> Network:
    """A network with statistics that are not the trivial ones."""
    torch.manual_seed(3)
    network = Network(width)
    network.mean.normal_(0, 5)
    network.scale.uniform_(0.05, 0.2)
    for _ in range(3):
        network(cepstra())
    return network.eval()


def test_outputs_come_at_a_third_of_the_rate() -> None:
    scores, side = trained(16)(cepstra())
    assert scores.shape == side.shape == (2, FRAMES, OUTPUTS)
    assert [output_frames(count) for count in (1, 2, 3, 4, 7)] == [1, 1, 1, 2, 3]


def test_folding_changes_nothing() -> None:
    """The exported layers, spliced as Kaldi does it, one output frame at a time."""
    network, frames = trained(16), cepstra()
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


def test_another_models_network_is_exported_beside_with_its_share(tmp_path: Path) -> None:
    torch.save({"average": trained(16).state_dict()}, tmp_path / "checkpoint.pt")
    for name in ("other/conf", "other/am", "both/conf", "both/am"):
        (tmp_path / name).mkdir(parents=True)
    export_network(tmp_path / "checkpoint.pt", tmp_path / "other")
    (alone,) = read_networks(tmp_path / "other" / "am" / "final.mdl")
    export_network(tmp_path / "checkpoint.pt", tmp_path / "both", beside=tmp_path / "other", share=0.75)
    new, other = read_networks(tmp_path / "both" / "am" / "final.mdl")
    np.testing.assert_allclose(new[-1].bias, 0.5 * alone[-1].bias, atol=1e-6)  # of the mean of two, a quarter
    np.testing.assert_allclose(other[-1].bias, 1.5 * alone[-1].bias, atol=1e-6)
    np.testing.assert_allclose(new[0].bias, alone[0].bias)
