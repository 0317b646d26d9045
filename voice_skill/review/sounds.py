"""How alike two phrases sound: a weighted edit distance over their phones.

What ears and recognisers mix up costs little: voiced and unvoiced partners, neighbouring vowels, nasals, a final *t*
that is hardly said ("can't"), a vowel that is hardly there. Everything else costs about 1, a whole phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, pairwise, product

import numpy as np
from numpy.typing import NDArray

from voice_skill.asr.kaldi.lexicon import Lexicon, Pronunciation
from voice_skill.asr.kaldi.phones import PHONE_ID, PHONES

__all__ = ["Sounds", "pronunciations"]

MAX_PRONUNCIATIONS = 8
"""Ways to say a phrase that are looked at: most words have one."""
_BAND = 4
"""Phones by which two phrases may be out of step."""
_LEAST = 0.1
"""What any difference costs at least, for each of the two phones that differ."""
_KINDS = (
    (0.5, "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW Y W R L"),
    (0.2, "P B T D K G M N NG"),
    (0.5, "F V TH DH S Z SH ZH CH JH"),
)
"""Phones of one kind are exchanged cheaply, those of different kinds never; what one too many costs at least."""

_VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
_NEAR = {
    0.2: "P-B T-D K-G F-V S-Z SH-ZH CH-JH TH-DH",
    0.3: "IY-IH IH-EH EH-AE AE-AH AH-AA AA-AO AO-OW UH-UW UH-AH AH-IH AH-EH EY-EH EY-IH AY-AA AW-AA AW-AO OY-AO ER-AH"
    " ER-UH F-TH V-DH Y-IY W-UW ER-R M-N N-NG M-NG",
    0.5: "P-T P-K T-K B-D B-G D-G S-TH Z-DH S-SH Z-ZH CH-SH JH-ZH L-R L-W R-W D-N B-M OW-AH OW-UH AY-AE OY-OW",
}
_VOWEL_FOR_VOWEL = 0.7
_PHONE_FOR_PHONE = 1.0
_DROPPED = {"HH": 0.4, "AH": 0.5, "IH": 0.6}
_STOPS = frozenset("P B T D K G".split())


@cache
def _exchanges() -> NDArray[np.float32]:
    """What it costs to hear one phone for another, by their numbers."""
    vowel = np.array([name in _VOWELS for name in PHONES])
    costs = np.where(vowel[:, None] & vowel[None, :], _VOWEL_FOR_VOWEL, _PHONE_FOR_PHONE).astype(np.float32)
    np.fill_diagonal(costs, 0.0)
    for cost, pairs in _NEAR.items():
        for pair in pairs.split():
            one, other = (PHONE_ID[name] for name in pair.split("-"))
            costs[one, other] = costs[other, one] = cost
    return costs


def _dropped(phone: str, before: str) -> float:
    """What it costs to miss a phone, or to hear one that is not there, behind `before`."""
    if phone in ("T", "D") and before == "N":
        return 0.2  # can't, don't, and
    return 0.6 if phone in _STOPS else _DROPPED.get(phone, 1.0)


def pronunciations(words: Sequence[str], lexicon: Lexicon) -> tuple[Pronunciation, ...]:
    """The ways to say a phrase, each as its phones; none if a word is not in the lexicon."""
    if any(word not in lexicon for word in words):
        return ()
    ways = product(*(lexicon[word].pronunciations for word in words))
    return tuple(tuple(phone for word in way for phone in word) for way in islice(ways, MAX_PRONUNCIATIONS))


class Sounds:
    """Pronunciations that can be searched for those that sound alike."""

    def __init__(self, pronounced: Sequence[Pronunciation]) -> None:
        longest = max(map(len, pronounced), default=0)
        shape = (longest, len(pronounced))
        self._lengths = np.array([len(phones) for phones in pronounced], np.int64)
        self._counts = np.zeros((len(pronounced), len(PHONES)), np.int8)
        self._phones = np.zeros(shape, np.int64)
        self._drops = np.zeros(shape, np.float32)
        for column, phones in enumerate(pronounced):
            for row, (before, phone) in enumerate(pairwise(("", *phones))):
                self._phones[row, column] = PHONE_ID[phone]
                self._counts[column, PHONE_ID[phone]] += 1
                self._drops[row, column] = _dropped(phone, before)

    def alike(self, most: float) -> Iterator[tuple[int, int, float]]:
        """Every two that are `most` or less apart, the first one's number being the smaller, and how far they are."""
        kinds = np.array([[phone in phones.split() for phone in PHONES] for _, phones in _KINDS])
        of_kind = self._counts @ kinds.T.astype(np.int8)
        weights = np.array([weight for weight, _ in _KINDS])
        for one in range(len(self._lengths)):
            later = slice(one + 1, None)
            # Two bounds that are cheap to take rule out most, and never one that is near.
            by_kind = np.abs(of_kind[later] - of_kind[one]) @ weights
            by_phone = np.abs(self._counts[later] - self._counts[one]).sum(axis=1) * _LEAST
            near = (np.maximum(by_kind, by_phone) <= most) & (
                np.abs(self._lengths[later] - self._lengths[one]) <= _BAND
            )
            for other, distance in self._near(one, np.flatnonzero(near) + one + 1, most):
                yield one, other, distance

    def _near(self, one: int, others: NDArray[np.int64], most: float) -> Iterator[tuple[int, float]]:
        """Those of `others` that are near: edit distance to all of them at once, row by row, giving up on the far."""
        phones, drops = self._phones[:, others], self._drops[:, others]
        longest = len(phones)
        row = np.zeros((longest + 1, len(others)), np.float32)
        np.cumsum(drops, axis=0, out=row[1:])
        for step in range(int(self._lengths[one])):
            extra = self._drops[step, one]
            exchange = _exchanges()[self._phones[step, one]]
            below = np.full_like(row, np.inf)
            below[0] = row[0] + extra
            for at in range(max(1, step - _BAND), min(longest, step + 1 + _BAND) + 1):
                below[at] = np.minimum(row[at - 1] + exchange[phones[at - 1]], row[at] + extra)
                np.minimum(below[at], below[at - 1] + drops[at - 1], out=below[at])
            kept = below.min(axis=0) <= most
            if not kept.any():
                return
            row, phones, drops, others = below[:, kept], phones[:, kept], drops[:, kept], others[kept]
        ends = row[self._lengths[others], np.arange(len(others))]
        for other, distance in zip(others, ends, strict=True):
            if distance <= most:
                yield int(other), float(distance)
