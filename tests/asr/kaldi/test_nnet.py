"""`final.mdl`: what is written is what is read, to the precision asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from voice_skill.asr.kaldi.nnet import Layer, read_networks, write_model
from voice_skill.errors import ModelError


def layers(bits: int) -> list[Layer]:
    chance = np.random.default_rng(1)

    def layer(offsets: tuple[int, ...], inputs: int, outputs: int, relu: bool = True, carry: float = 0.0) -> Layer:
        weights = chance.standard_normal((outputs, inputs * len(offsets))).astype(np.float32)
        bias = chance.standard_normal(outputs).astype(np.float32)
        return Layer(offsets, weights, bias, bits, relu, carry)

    squeezed = layer((-3, 0), 30, 10, relu=False)
    return [layer((-2, 0, 2), 5, 30), squeezed, layer((0, 3), 10, 30, carry=0.66), layer((0,), 30, 8, relu=False)]


@pytest.mark.parametrize(("bits", "precision"), [(32, 0.0), (16, 1e-4), (8, 0.05)])
def test_a_network_reads_back_equal(tmp_path: Path, bits: int, precision: float) -> None:
    write_model(tmp_path / "final.mdl", layers(bits))
    (found,) = read_networks(tmp_path / "final.mdl")
    for wanted, layer in zip(layers(bits), found, strict=True):
        assert (layer.offsets, layer.bits) == (wanted.offsets, bits)
        assert (layer.relu, layer.carry) == (wanted.relu, wanted.carry)
    for wanted, layer in zip(layers(bits), found, strict=True):
        np.testing.assert_array_equal(layer.bias, wanted.bias)
        np.testing.assert_allclose(layer.weights, wanted.weights, rtol=0, atol=precision)


def test_eight_bits_take_a_byte_per_weight(tmp_path: Path) -> None:
    sizes = []
    for bits in (32, 8):
        write_model(tmp_path / "final.mdl", layers(bits))
        sizes.append((tmp_path / "final.mdl").stat().st_size)
    weights = sum(layer.weights.size for layer in layers(8))
    columns = sum(layer.weights.shape[1] for layer in layers(8))
    assert sizes[0] - sizes[1] == pytest.approx(3 * weights - 8 * columns, abs=40)


def test_rewriting_changes_no_weight(tmp_path: Path) -> None:
    """Weights that were rounded once stay where they are, so a model may be rewritten."""
    write_model(tmp_path / "final.mdl", layers(8))
    (once,) = read_networks(tmp_path / "final.mdl")
    write_model(tmp_path / "again.mdl", once)
    (again,) = read_networks(tmp_path / "again.mdl")
    for first, second in zip(once, again, strict=True):
        np.testing.assert_allclose(second.weights, first.weights, rtol=0, atol=0.02)


def test_several_networks_read_back_each_by_itself(tmp_path: Path) -> None:
    other = [replace(layer, weights=-layer.weights, relu=False) for layer in layers(32)]
    write_model(tmp_path / "final.mdl", layers(32), other, layers(32)[:2])
    found = read_networks(tmp_path / "final.mdl")
    assert [len(one) for one in found] == [4, 4, 2]
    for wanted, layer in zip([*layers(32), *other], [*found[0], *found[1]], strict=True):
        assert (layer.offsets, layer.relu, layer.carry) == (wanted.offsets, wanted.relu, wanted.carry)
        np.testing.assert_array_equal(layer.weights, wanted.weights)


def test_nothing_is_carried_from_before_the_first_layer(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="layer 1 has nothing to carry"):
        write_model(tmp_path / "final.mdl", [replace(layers(8)[0], carry=0.5), *layers(8)[1:]])
    assert not (tmp_path / "final.mdl").exists()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "final.mdl"
    write_model(path, layers(8))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ModelError, match=r"final\.mdl: damaged"):
        read_networks(path)
