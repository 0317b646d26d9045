"""The objective, against sums over all paths counted out one by one."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from scripts.train.chain import Denominator, PhoneModel, Transcript, numerator, transcript
from voice_skill.asr.kaldi.phones import PHONES, SILENCE

P = len(PHONES)
LENGTHS = torch.tensor([5, 3])


@pytest.fixture
def scores() -> torch.Tensor:
    return torch.randn(2, 5, 2 * P, generator=torch.Generator().manual_seed(1))


def alignments(phones: int, frames: int) -> list[list[int]]:
    """Every way to spread phones over frames, at least one each: for each frame, which phone of the row it is."""
    cuts = itertools.combinations(range(1, frames), phones - 1)
    return [[sum(cut <= frame for cut in row) for frame in range(frames)] for row in cuts]


def path_score(scores: torch.Tensor, phones: list[int], frames: list[int]) -> float:
    first = [True, *(now != before for before, now in itertools.pairwise(frames))]
    outputs = [2 * phones[place] + (not new) for place, new in zip(frames, first, strict=True)]
    return float(sum(scores[frame, output] for frame, output in enumerate(outputs)))


def counted(scores: torch.Tensor, rows: list[tuple[list[int], float]], frames: int) -> float:
    """The log of the sum over phone rows, each with its probability, and over their alignments."""
    return math.log(
        sum(
            share * math.exp(path_score(scores, phones, alignment))
            for phones, share in rows
            if len(phones) <= frames
            for alignment in alignments(len(phones), frames)
        )
    )


def test_the_numerator_sums_pauses_and_pronunciations(scores: torch.Tensor) -> None:
    either = transcript([[[3, 4]], [[5], [6, 7]]])
    one = transcript([[[9]]])
    log_sums, _, possible = numerator(scores, LENGTHS, [either, one])
    rows = []
    for before, between, after in itertools.product([[], [SILENCE]], repeat=3):
        for second in ([5], [6, 7]):
            rows.append(([*before, 3, 4, *between, *second, *after], 1 / 16))
    ones = [([*before, 9, *after], 1 / 4) for before, after in itertools.product([[], [SILENCE]], repeat=2)]
    assert log_sums[0].item() == pytest.approx(counted(scores[0], rows, 5), abs=1e-4)
    assert log_sums[1].item() == pytest.approx(counted(scores[1], ones, 3), abs=1e-4)
    assert possible.tolist() == [True, True]


def test_a_transcript_longer_than_its_sound_is_impossible(scores: torch.Tensor) -> None:
    fits, too_long = transcript([[[3, 4]]]), transcript([[[3, 4, 5, 6]]])
    _, _, possible = numerator(scores, LENGTHS, [fits, too_long])
    assert possible.tolist() == [True, False]


def test_the_denominator_sums_every_row_of_phones(scores: torch.Tensor) -> None:
    """With phones 2 and 3 alone, so that the rows can be counted."""
    bigram, trigram = np.zeros((P, P)), np.zeros((P, P, P))
    trigram[:, :, 2], trigram[:, :, 3] = 0.3, 0.7
    trigram[2, 2] = 0
    trigram[2, 2, 3] = 1.0
    log_sums, _ = Denominator(PhoneModel(bigram, trigram))(scores, LENGTHS)
    rows = []
    for count in range(1, 6):
        for row in itertools.product([2, 3], repeat=count):
            share = 1.0
            for before, now, after in zip([SILENCE, SILENCE, *row], [SILENCE, *row], row, strict=False):
                share *= trigram[before, now, after]
            rows.append((list(row), share))
    for index, frames in enumerate(LENGTHS.tolist()):
        assert log_sums[index].item() == pytest.approx(counted(scores[index], rows, frames), abs=1e-4)


@pytest.mark.parametrize("which", ["numerator", "denominator"])
def test_posteriors_are_the_gradient(scores: torch.Tensor, which: str) -> None:
    paths: list[Transcript] = [transcript([[[3, 4]], [[5], [6, 7]]]), transcript([[[9]]])]
    denominator = Denominator(PhoneModel.count([[[3, 4], [5]], [[9]]]))

    def both(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return numerator(values, LENGTHS, paths)[:2] if which == "numerator" else denominator(values, LENGTHS)

    _, posterior = both(scores)
    inside = torch.arange(5) < LENGTHS[:, None]
    assert torch.allclose(posterior.sum(2), inside.float(), atol=1e-4)
    for utterance, frame, output in [(0, 0, 6), (0, 3, 10), (0, 2, 9), (1, 1, 18), (1, 2, 19), (1, 0, 0)]:
        step = torch.zeros_like(scores)
        step[utterance, frame, output] = 0.02
        slope = (both(scores + step)[0] - both(scores - step)[0])[utterance] / 0.04
        assert slope.item() == pytest.approx(posterior[utterance, frame, output].item(), abs=2e-3)


def test_the_phone_model_is_a_probability() -> None:
    model = PhoneModel.count([[[3, 4], [5]], [[9, 3, 4]]])
    assert np.allclose(model.bigram.sum(1), 1)
    assert np.allclose(model.trigram.sum(2), 1)
    assert model.bigram[3, 4] == model.bigram[3].max()
