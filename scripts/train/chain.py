"""The training objective: lattice-free maximum mutual information, from a flat start.

The network gives every frame a score for each phone's first frame and for each of its further frames. Of all the
paths through phones that an utterance could take, the *numerator* keeps those that spell its transcript (with
pauses and other pronunciations allowed) and the *denominator* keeps every path, weighed by how likely its phones
follow one another. Training makes the first sum large against the second. The gradient for a frame's scores is
simply the posterior of the two, subtracted, so no automatic differentiation runs through this file.

Shapes: B utterances, T frames, P phones, N numerator states. Scores are [B, T, 2 P], a phone's first frame at 2 p,
its further frames at 2 p + 1. Method: Povey et al. 2016, "Purely sequence-trained neural networks for ASR based on
lattice-free MMI"; Hadian et al. 2018, "End-to-end speech recognition using lattice-free MMI".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from voice_skill.asr.kaldi.phones import PHONES, SILENCE

__all__ = ["Denominator", "PhoneModel", "Transcript", "numerator", "transcript"]

_PHONES = len(PHONES)
_PAUSE = 0.12
"""How often a pause stands between two words, for the phone model."""


@dataclass(frozen=True, slots=True)
class PhoneModel:
    """How phones follow one another in the training transcripts."""

    bigram: NDArray[np.float64]
    """p(next | phone), [P, P]; phone 0 is silence and the ends of the utterance."""
    trigram: NDArray[np.float64]
    """p(next | one before, phone), [P, P, P]."""

    @classmethod
    def count(cls, transcripts: Sequence[Sequence[Sequence[int]]]) -> PhoneModel:
        """Estimate from utterances, each a list of words, each a list of phones."""
        chance = np.random.default_rng(0)
        threes = np.zeros((_PHONES, _PHONES, _PHONES))
        for words in transcripts:
            line = [SILENCE, SILENCE]
            for word in words:
                line += word
                if chance.uniform() < _PAUSE:
                    line.append(SILENCE)
            line += [SILENCE] if line[-1] != SILENCE else []
            np.add.at(threes, (line[:-2], line[1:-1], line[2:]), 1)
        twos = threes.sum(0)
        ones = twos.sum(0) + 1
        bigram = (twos + 5 * ones / ones.sum()) / (twos.sum(1, keepdims=True) + 5)
        trigram = (threes + 10 * bigram) / (threes.sum(2, keepdims=True) + 10)
        return cls(bigram, trigram)


class Denominator:
    """Sums over all phone sequences, by the phone trigram.

    A state is (phone, the phone before it). Tables are laid out as [P phone, B, P before], so that one step to the
    next phone is one matrix product per phone.
    """

    def __init__(self, model: PhoneModel) -> None:
        follow = torch.tensor(model.trigram, dtype=torch.float32).permute(1, 0, 2)
        self._forward = follow.contiguous()  # [phone, before, next]
        self._backward = follow.transpose(1, 2).contiguous()

    @torch.no_grad()
    def __call__(self, scores: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The log of the sum over all paths, [B], and the posterior of every output, [B, T, 2 P]."""
        batch, frames, _ = scores.shape
        inside = torch.arange(frames)[:, None] < lengths
        top = scores.amax(2, keepdim=True)
        likelihood = torch.exp(scores - top).permute(1, 2, 0).contiguous()  # [T, 2P, B]
        likelihood *= inside[:, None]
        first, further = likelihood[:, 0::2, :, None], likelihood[:, 1::2, :, None]
        further = torch.where(inside[:, None, :, None], further, torch.ones(()))  # past the end nothing changes
        zero_first = further.clone()
        zero_first[0] = 0  # the first frame of all begins a phone

        state = torch.zeros(_PHONES, batch, _PHONES)
        state[SILENCE, :, SILENCE] = 1
        states, entered, scales = [], [], []
        for t in range(frames):
            entering = torch.bmm(state, self._forward).permute(2, 1, 0).contiguous()  # [next, B, phone]
            scale = 1 / (state.sum((0, 2))) if t else torch.ones(batch)
            scale = torch.where(inside[t], scale, torch.ones(()))
            states.append(state)
            entered.append(entering)
            scales.append(scale)
            state = torch.addcmul(entering * (first[t] * scale[:, None]), state, zero_first[t] * scale[:, None])
        total = state.sum((0, 2))
        scaling = torch.stack(scales)
        log_sum = total.log() - scaling.log().sum(0) + (top[..., 0].T * inside).sum(0)

        posterior = torch.zeros(frames, 2 * _PHONES, batch)
        behind = torch.ones(_PHONES, batch, _PHONES) / total[:, None]
        for t in range(frames - 1, -1, -1):
            as_first = behind * (first[t] * scaling[t][:, None])
            as_further = behind * (zero_first[t] * scaling[t][:, None])
            posterior[t, 0::2] = (entered[t] * as_first).sum(2)
            posterior[t, 1::2] = (states[t] * as_further).sum(2)
            behind = torch.bmm(as_first.permute(2, 1, 0).contiguous(), self._backward).add_(as_further)
        return log_sum, (posterior * inside[:, None]).permute(2, 0, 1)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The phone paths of one transcript. State 0 is the start; the others are phones."""

    phones: NDArray[np.int64]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    weight: NDArray[np.float64]
    """The probability of each arc."""
    final: NDArray[np.float64]
    """The probability of stopping in each state."""


def transcript(words: Sequence[Sequence[Sequence[int]]]) -> Transcript:
    """The paths of an utterance: each word is a list of pronunciations; pauses may come anywhere between words."""
    phones: list[int] = [SILENCE]
    arcs: list[tuple[int, int, float]] = []

    def pause(ends: list[tuple[int, float]]) -> list[tuple[int, float]]:
        here = len(phones)
        phones.append(SILENCE)
        arcs.extend((state, here, share / 2) for state, share in ends)
        return [*((state, share / 2) for state, share in ends), (here, 1.0)]

    ends = pause([(0, 1.0)])
    for pronunciations in words:
        spoken: list[tuple[int, float]] = []
        for sounds in pronunciations:
            before = [(state, share / len(pronunciations)) for state, share in ends]
            for sound in sounds:
                here = len(phones)
                phones.append(sound)
                arcs.extend((state, here, share) for state, share in before)
                before = [(here, 1.0)]
            spoken += before
        ends = pause(spoken)
    final = np.zeros(len(phones))
    for state, share in ends:
        final[state] = share
    source, target, weight = (np.array(column) for column in zip(*arcs, strict=True))
    return Transcript(np.array(phones), source, target, weight, final)


@torch.no_grad()
def numerator(scores: Tensor, lengths: Tensor, transcripts: Sequence[Transcript]) -> tuple[Tensor, Tensor, Tensor]:
    """The log of the sum over each transcript's paths, [B], the posteriors, [B, T, 2 P], and which B have any path.

    All transcripts of the batch are walked at once, as one graph.
    """
    batch, frames, outputs = scores.shape
    starts = np.cumsum([0, *(len(one.phones) for one in transcripts)])
    count = int(starts[-1])
    shifted = list(zip(starts, transcripts, strict=False))
    source = torch.from_numpy(np.concatenate([one.source + start for start, one in shifted]))
    target = torch.from_numpy(np.concatenate([one.target + start for start, one in shifted]))
    weight = torch.from_numpy(np.concatenate([one.weight for one in transcripts]))
    final = torch.from_numpy(np.concatenate([one.final for one in transcripts]))
    phone = torch.from_numpy(np.concatenate([one.phones for one in transcripts]))
    owner = torch.repeat_interleave(torch.arange(batch), torch.from_numpy(np.diff(starts)))
    is_start = torch.zeros(count, dtype=torch.float64)
    is_start[torch.from_numpy(starts[:-1])] = 1

    inside = torch.arange(frames)[:, None] < lengths
    top = scores.double().amax(2, keepdim=True)
    likelihood = torch.exp(scores.double() - top).clamp_min(1e-30).transpose(0, 1)
    first = likelihood[:, owner, 2 * phone] * (1 - is_start) * inside[:, owner]
    further = torch.where(inside[:, owner], likelihood[:, owner, 2 * phone + 1], 1.0)
    no_loop = further.clone()
    no_loop[0] = 0

    state = is_start.clone()
    states, entered, scales = [], [], []
    for t in range(frames):
        scale = torch.where(inside[t], 1 / _per_utterance(state, owner, batch).clamp_min(1e-250), 1.0)
        entering = torch.zeros_like(state).index_add_(0, target, state[source] * weight)
        states.append(state)
        entered.append(entering)
        scales.append(scale)
        state = (entering * first[t] + state * no_loop[t]) * scale[owner]
    total = _per_utterance(state * final, owner, batch)
    scaling = torch.stack(scales)
    log_sum = total.clamp_min(1e-250).log() - scaling.log().sum(0) + (top[..., 0].T * inside).sum(0)

    posterior = torch.zeros(frames, batch * outputs, dtype=torch.float64)
    behind = final / total.clamp_min(1e-250)[owner]
    place = owner * outputs + 2 * phone
    for t in range(frames - 1, -1, -1):
        scaled = behind * scaling[t][owner]
        as_first, as_further = scaled * first[t], scaled * no_loop[t]
        posterior[t].index_add_(0, place, entered[t] * as_first).index_add_(0, place + 1, states[t] * as_further)
        behind = torch.zeros_like(behind).index_add_(0, source, as_first[target] * weight) + as_further
    shaped = posterior.view(frames, batch, outputs) * inside[:, :, None]
    possible = (total > 1e-200) & torch.isfinite(log_sum)
    return log_sum.float(), shaped.transpose(0, 1).float(), possible


def _per_utterance(values: Tensor, owner: Tensor, batch: int) -> Tensor:
    return torch.zeros(batch, dtype=values.dtype).index_add_(0, owner, values)
