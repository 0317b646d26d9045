"""`final.mdl`: a Kaldi transition model and nnet3 networks of spliced affine layers.

There may be several networks, each from the sound to the same scores; the decoder takes the mean of their scores.

The file is a row of tokens and numbers. A number is its size in bytes (one byte) and its value; a token ends in a
space. Weights may be stored in 8 or 16 bits (Kaldi's CompressedMatrix): 8 bits cost one byte per weight and change
no result that matters, 16 bits are for a layer whose columns differ wildly in size.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_skill.asr.kaldi.phones import PAUSE, TRANSITION_IDS, transition_tuples
from voice_skill.errors import ModelError

__all__ = ["Layer", "read_networks", "renew_transitions", "write_model"]

Matrix = NDArray[np.float32]

_HALF = 0.5
"""Every transition has this probability; in a chain model the network decides alone."""


@dataclass(frozen=True, slots=True)
class Layer:
    """`relu(weights @ [input at each offset] + bias) + carry * (output of the layer before the one before)`."""

    offsets: tuple[int, ...]
    """In input frames."""
    weights: Matrix
    """[outputs, offsets * inputs], the first offset's inputs first."""
    bias: Matrix
    bits: int = 8
    """How a weight is stored: 8, 16 or 32."""
    relu: bool = True
    """False for a linear layer; the last, which is the output, is always linear."""
    carry: float = 0.0
    """How much is added of what the layer before the one before gave, at the same moment."""


def write_model(path: Path, *networks: Sequence[Layer]) -> None:
    """Write the model. Raises ValueError for a layer that carries from before the first."""
    out = _Writer()
    out.raw(b"\0B")
    _write_transitions(out)
    _write_networks(out, networks)
    out.token("<LeftContext>").int32(0).token("<RightContext>").int32(0)  # the reader works these out for itself
    out.token("<Priors>").vector(np.zeros(0, np.float32))
    path.write_bytes(bytes(out.data))


def read_networks(path: Path) -> list[list[Layer]]:
    """Read the networks of a file that `write_model` wrote, weights as the decoder will see them.

    Raises `ModelError` for any other file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", "restore the model folder") from error
    try:
        reader = _Reader(data, data.index(b"<Nnet3> ") + len(b"<Nnet3> "))
        return _read_networks(reader)
    except (ValueError, struct.error, KeyError) as error:
        raise ModelError(f"{path}: damaged or not written by this program: {error}", "restore it") from error


def renew_transitions(path: Path) -> None:
    """Write the file's transition model anew, for a graph of today, and leave the network as it is to the bit.

    Raises `ModelError` for a file that `write_model` did not write.
    """
    data = path.read_bytes()
    place = data.find(b"<Nnet3> ")
    if place < 0:
        raise ModelError(f"{path}: damaged or not written by this program: no network", "restore it")
    out = _Writer()
    out.raw(b"\0B")
    _write_transitions(out)
    path.write_bytes(bytes(out.data) + data[place:])


def _write_transitions(out: _Writer) -> None:
    phones = np.arange(1, PAUSE + 1)
    out.token("<TransitionModel>").token("<Topology>")
    out.int32s(phones).int32s(np.array([-1, *[0] * len(phones)]))
    out.int32(-1).int32(1)  # extended form, which tells a first frame from further ones; one entry for all phones
    out.int32(2)  # states: the phone, then the end
    out.int32(0).int32(1).int32(2).int32(0).float32(_HALF).int32(1).float32(_HALF)
    out.int32(-1).int32(-1).int32(0)
    out.token("</Topology>")
    tuples = transition_tuples()
    out.token("<Tuples>").int32(len(tuples))
    for phone, first, further in tuples:
        out.int32(phone).int32(0).int32(first).int32(further)
    out.token("</Tuples>")
    logs = np.full(TRANSITION_IDS + 1, np.log(_HALF), np.float32)
    logs[0] = 0
    out.token("<LogProbs>").vector(logs).token("</LogProbs>").token("</TransitionModel>")


def _write_networks(out: _Writer, networks: Sequence[Sequence[Layer]]) -> None:
    first = networks[0][0]
    lines = [f"input-node name=input dim={first.weights.shape[1] // len(first.offsets)}"]
    components: list[tuple[str, Layer]] = []
    scores = []
    for name, layers in zip(_names(len(networks)), networks, strict=True):
        outputs = ["input"]
        for number, layer in enumerate(layers, start=1):
            parts = [f"Offset({outputs[-1]}, {offset})" if offset else outputs[-1] for offset in layer.offsets]
            source = f"Append({', '.join(parts)})" if len(parts) > 1 else parts[0]
            for kind in _parts(layer, last=number == len(layers)):
                if kind == "sum":
                    if number < 3:
                        raise ValueError(f"layer {number} has nothing to carry")
                    source = f"Sum({source}, Scale({layer.carry:g}, {outputs[-2]}))"
                component = f"{kind}{number}{name}"
                lines.append(f"component-node name={component} component={component} input={source}")
                components.append((component, layer))
                source = component
            outputs.append(source)
        scores.append(outputs[-1])
    shares = [f"Scale({1 / len(scores):.6f}, {score})" for score in scores]
    lines.append(f"output-node name=output input={_sum(shares) if len(scores) > 1 else scores[0]} objective=linear")
    out.token("<Nnet3>").raw("\n".join(["", *lines, "", ""]).encode())
    out.token("<NumComponents>").int32(len(components))
    for name, layer in components:
        out.token("<ComponentName>").token(name)
        match re.split(r"\d", name)[0]:
            case "affine":
                out.token("<FixedAffineComponent>").token("<LinearParams>").matrix(layer.weights, layer.bits)
                out.token("<BiasParams>").vector(layer.bias).token("</FixedAffineComponent>")
            case "relu":
                _write_relu(out, len(layer.bias))
            case "sum":
                out.token("<NoOpComponent>").token("<Dim>").int32(len(layer.bias))
                out.token("<BackpropScale>").float32(1.0).token("</NoOpComponent>")
    out.token("</Nnet3>")


def _parts(layer: Layer, *, last: bool) -> list[str]:
    """The components that a layer needs."""
    return ["affine", *(["relu"] if layer.relu and not last else []), *(["sum"] if layer.carry else [])]


def _write_relu(out: _Writer, size: int) -> None:
    """A ReLU and its training statistics, of which there are none."""
    nothing = np.zeros(0, np.float32)
    out.token("<RectifiedLinearComponent>").token("<Dim>").int32(size)
    out.token("<ValueAvg>").vector(nothing).token("<DerivAvg>").vector(nothing).token("<Count>").float64(0)
    out.token("<OderivRms>").vector(nothing).token("<OderivCount>").float64(0)
    out.token("<NumDimsSelfRepaired>").float64(0).token("<NumDimsProcessed>").float64(0)
    out.token("</RectifiedLinearComponent>")


def _names(count: int) -> list[str]:
    """What is added to the names of each network's components: nothing for the first."""
    return ["", *(f"n{number}" for number in range(2, count + 1))]


def _sum(terms: Sequence[str]) -> str:
    """Kaldi's Sum takes two."""
    return terms[0] if len(terms) == 1 else f"Sum({terms[0]}, {_sum(terms[1:])})"


def _read_networks(reader: _Reader) -> list[list[Layer]]:
    config = reader.text_until(b"\n\n")
    nodes = dict(re.findall(r"component=(\w+) input=(.*)", config))
    reader.token("<NumComponents>")
    reader.int32()
    networks: dict[str, list[Layer]] = {}
    for name, source in nodes.items():
        reader.token("<ComponentName>")
        reader.token(name)
        found = re.fullmatch(r"([a-z]+)(\d+)((?:n\d+)?)", name)
        if found is None:
            raise ValueError(f"unknown component {name}")
        kind, number, network = found.groups()
        if kind != "affine":
            reader.skip_past(b"</RectifiedLinearComponent> " if kind == "relu" else b"</NoOpComponent> ")
            continue
        reader.token("<FixedAffineComponent>")
        reader.token("<LinearParams>")
        weights, bits = reader.matrix()
        reader.token("<BiasParams>")
        bias = reader.vector()
        reader.token("</FixedAffineComponent>")
        carried = re.search(r"Scale\(([\d.]+),", nodes.get(f"sum{number}{network}", ""))
        carry = float(carried[1]) if carried else 0.0
        layer = Layer(_offsets(source), weights, bias, bits, f"relu{number}{network}" in nodes, carry)
        networks.setdefault(network, []).append(layer)
    reader.token("</Nnet3>")
    return list(networks.values())


def _offsets(source: str) -> tuple[int, ...]:
    """The offsets in `Append(Offset(x, -3), x)`: one for each input, 0 where none is written."""
    inputs = re.findall(r"Offset\(\w+, (-?\d+)\)|\b(?!Append|Offset)[a-z]\w*", source)
    return tuple(int(offset or 0) for offset in inputs)


class _Writer:
    """Kaldi's binary basics."""

    def __init__(self) -> None:
        self.data = bytearray()

    def raw(self, data: bytes) -> _Writer:
        self.data += data
        return self

    def token(self, text: str) -> _Writer:
        return self.raw(text.encode() + b" ")

    def int32(self, value: int) -> _Writer:
        return self.raw(b"\4" + struct.pack("<i", value))

    def float32(self, value: float) -> _Writer:
        return self.raw(b"\4" + struct.pack("<f", value))

    def float64(self, value: float) -> _Writer:
        return self.raw(b"\10" + struct.pack("<d", value))

    def int32s(self, values: NDArray[Any]) -> _Writer:
        return self.raw(b"\4" + struct.pack("<i", len(values)) + values.astype("<i4").tobytes())

    def vector(self, values: Matrix) -> _Writer:
        return self.token("FV").int32(len(values)).raw(values.astype("<f4").tobytes())

    def matrix(self, values: Matrix, bits: int) -> _Writer:
        if bits == 32:
            return self.token("FM").int32(len(values)).int32(values.shape[1]).raw(values.astype("<f4").tobytes())
        lowest = float(values.min())
        span = max(float(values.max()) - lowest, 1e-5)
        header = struct.pack("<ffii", lowest, span, *values.shape)
        if bits == 16:
            steps = np.round((values - lowest) / span * 65535)
            return self.token("CM2").raw(header + np.clip(steps, 0, 65535).astype("<u2").tobytes())
        quarters, codes = _to_bytes(values, lowest, span)
        return self.token("CM").raw(header + quarters.T.astype("<u2").tobytes() + codes.T.tobytes())


class _Reader:
    """The same basics, read back."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place

    def token(self, expected: str) -> None:
        wanted = expected.encode() + b" "
        if not self._data.startswith(wanted, self._place):
            raise ValueError(f"no {expected} at byte {self._place}")
        self._place += len(wanted)

    def text_until(self, end: bytes) -> str:
        start = self._place
        self.skip_past(end)
        return self._data[start : self._place].decode()

    def skip_past(self, end: bytes) -> None:
        self._place = self._data.index(end, self._place) + len(end)

    def int32(self) -> int:
        size, value = self._take("<bi")
        if size != 4:
            raise ValueError(f"no int32 at byte {self._place}")
        return int(value)

    def vector(self) -> Matrix:
        self.token("FV")
        return self._array("<f4", self.int32()).astype(np.float32)

    def matrix(self) -> tuple[Matrix, int]:
        """The weights, and in how many bits each was stored."""
        kind = self._data[self._place : self._data.index(b" ", self._place)].decode()
        self.token(kind)
        if kind == "FM":
            rows, columns = self.int32(), self.int32()
            return self._array("<f4", rows * columns).reshape(rows, columns).astype(np.float32), 32
        lowest, span, rows, columns = self._take("<ffii")
        if kind == "CM2":
            steps = self._array("<u2", rows * columns).reshape(rows, columns)
            return (lowest + span / 65535 * steps).astype(np.float32), 16
        if kind != "CM":
            raise ValueError(f"unknown matrix {kind}")
        quarters = self._array("<u2", 4 * columns).reshape(columns, 4).T
        codes = self._array("u1", rows * columns).reshape(columns, rows).T
        return _from_bytes(quarters, codes, lowest, span), 8

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._data, self._place)
        self._place += struct.calcsize(layout)
        return values

    def _array(self, kind: str, count: Any) -> NDArray[Any]:
        values = np.frombuffer(self._data, kind, count, self._place)
        self._place += values.nbytes
        return values


_CODES = (0, 64, 192, 255)
"""The codes of a column's minimum, lower and upper quartile and maximum; between them codes are evenly spaced."""


def _to_bytes(values: Matrix, lowest: float, span: float) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Each column's quartiles in 65536ths of the span, rising, and each weight as one byte between them."""
    quartiles = np.percentile(values, [0, 25, 75, 100], axis=0)
    quarters = np.clip(np.round((quartiles - lowest) / span * 65535), 0, 65535).astype(np.int64)
    for row, room in ((1, 2), (2, 1), (3, 0)):
        quarters[row] = np.minimum(np.maximum(quarters[row], quarters[row - 1] + 1), 65535 - room)
    quarters[0] = np.minimum(quarters[0], quarters[1] - 1)
    marks = lowest + span * quarters / 65535
    codes = np.empty(values.shape)
    for column in range(values.shape[1]):
        codes[:, column] = np.interp(values[:, column], marks[:, column], _CODES)
    return quarters, np.round(codes).astype(np.uint8)


def _from_bytes(quarters: NDArray[Any], codes: NDArray[Any], lowest: float, span: float) -> Matrix:
    marks = lowest + span * quarters / 65535
    values = [np.interp(codes[:, column], _CODES, marks[:, column]) for column in range(codes.shape[1])]
    return np.stack(values, axis=1).astype(np.float32)
