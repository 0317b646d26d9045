"""Second step: train the network. Stops by the clock, resumes from its checkpoint, one core is enough."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from scripts.train.chain import Denominator, PhoneModel, Transcript, numerator, transcript
from scripts.train.errors import TrainingError
from scripts.train.features import BINS
from scripts.train.files import whole_file
from scripts.train.network import CONTEXT, SHAPES, STRIDE, output_frames
from scripts.train.perturb import Perturber, cepstra
from scripts.train.store import Store, Utterance, exists, open_store
from scripts.train.teacher import Teacher
from voice_skill.asr.kaldi.phones import PHONE_ID

__all__ = ["SHARES", "Settings", "Trainer", "train"]

STORES = (
    *("people-1", "people-2", "people-3", "people-4", "robots"),
    *("wild", "pieces", "moods-people", "moods-robots", "dialogs", "bedroom"),
)
SHARES = {
    "minilibri": 0.4,
    "speech_commands": 1.0,
    "an4": 0.5,
    "kathleen_arctic": 0.2,
    "ljspeech_part": 0.15,
    "mycroft_community": 0.15,
    "hymel_keywords": 0.6,
    "synthetic": 0.5,
    "dialogs": 0.8,
    "bedroom": 0.7,
    "pieces": 0.4,
    "moods": 0.4,
    "recorded": 0.7,
    "made": 0.4,
}
"""Of each corpus, how much of what is stored is seen in one round. People's recordings are stored four times."""
_FEW = 250
"""A one-word command with fewer stored recordings than this is seen in every stored form, every round."""
_PEOPLE = frozenset({"speech_commands", "an4", "hymel_keywords", "mycroft_community"})
_SYNTHETIC = frozenset({"synthetic", "dialogs"})
_MUFFLED = 0.04
"""How often an utterance is heard through a wall, as if nothing had been said: else speech next door, our own prompts
too, is heard as words."""
_COMMANDS = frozenset((word,) for word in "yes no stop go help up down left right on off start repeat".split())

Pronounce = Callable[[str], Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train."""

    minutes: float
    """Training time in all, earlier runs included."""
    shape: str = "factorised"
    """Which of `SHAPES` to train."""
    peak: float = 1e-3
    """The learning rate at its highest."""
    batch_frames: int = 12_000
    teacher: Path | None = None
    """The folder of an earlier model that shows where the phones are, at first."""
    taught: float = 10
    """Minutes for which the teacher is followed."""


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance with the store it is in and its phone paths."""

    store: Store
    utterance: Utterance
    paths: Transcript
    muffled: bool = False
    """Whether it comes through a wall. Its paths are then those of silence."""


class Trainer:
    """The training loop and everything it needs to stop and go on."""

    def __init__(self, features: Path, settings: Settings, pronounce: Pronounce) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(1)
        self.settings = settings
        self.chance = np.random.default_rng()
        self._pronounce = pronounce
        self._paths: dict[tuple[str, ...], Transcript | None] = {}
        self._silence = transcript([])
        self.stores = [open_store(features, name) for name in STORES if exists(features, name)]
        noise = open_store(features, "noise")
        self.perturber = Perturber(noise, self.chance)
        self.examples = [one for store in [*self.stores, noise] for one in self._examples(store)]
        self._said = Counter(one.utterance.words for one in self.examples if one.utterance.corpus in _PEOPLE)
        self.dev = self._examples(open_store(features, "dev")) if exists(features, "dev") else []
        if not self.examples:
            raise TrainingError(f"{features}: no speech to train on", "run the prepare step first")
        self.phone_model = PhoneModel.count([self._first(one.utterance.words) for one in self.examples])
        self.denominator = Denominator(self.phone_model)
        self.network = SHAPES[settings.shape]()
        self.teacher = Teacher(settings.teacher) if settings.teacher else None
        self.optimiser = torch.optim.AdamW(self.network.parameters(), weight_decay=1e-3, betas=(0.9, 0.98))
        self.average: dict[str, Tensor] = {}
        self.seconds = 0.0
        self.steps = 0

    def begin(self, checkpoint: Path) -> None:
        """Go on from `checkpoint`, or start afresh."""
        if checkpoint.is_file():
            saved = torch.load(checkpoint, weights_only=True)
            self.network.load_state_dict(saved["network"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.average, self.seconds, self.steps = saved["average"], saved["seconds"], saved["steps"]
        else:
            sample = self.chance.choice(len(self.examples), min(400, len(self.examples)), replace=False)
            frames = np.concatenate([self._input(self.examples[index]) for index in sample])
            self.network.mean.copy_(torch.from_numpy(frames.mean(0)))
            self.network.scale.copy_(torch.from_numpy(1 / frames.std(0)))
        self.average = self.average or {name: value.clone() for name, value in self.network.state_dict().items()}

    def save(self, checkpoint: Path) -> None:
        everything = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average,
            "seconds": self.seconds,
            "steps": self.steps,
            "phone_bigram": torch.from_numpy(self.phone_model.bigram),
        }
        with whole_file(checkpoint) as temporary:
            torch.save(everything, temporary)

    def rate(self) -> float:
        """Warm-up, a plateau, then down to a fiftieth: the learning rate for this moment."""
        part = self.seconds / (60 * self.settings.minutes)
        decay = 1.0 if part < 0.35 else 0.02 ** ((part - 0.35) / 0.65)
        return self.settings.peak * min(1.0, (self.steps + 1) / 200) * decay

    def step(self, batch: Sequence[Example]) -> float:
        """One update. Returns the objective per frame: 0 would mean that only the transcript is possible."""
        self.network.train()
        inputs, lengths = _stack([self._input(one) for one in batch])
        if self.teacher and self.seconds < 60 * self.settings.taught:
            loss, objective = self._taught(inputs, lengths, batch, self.teacher)
        else:
            loss, objective = self._discriminative(inputs, lengths, batch)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.steps += 1
        self._follow()
        return objective

    def _discriminative(self, inputs: Tensor, lengths: Tensor, batch: Sequence[Example]) -> tuple[Tensor, float]:
        """The loss of the chain objective, and the objective."""
        scores, side = self.network(inputs)
        plain = scores.detach()
        of_all, all_paths = self.denominator(plain, lengths)
        of_right, right_paths, possible = numerator(plain, lengths, [one.paths for one in batch])
        weight = _weight(lengths, possible, scores.shape[1])
        loss = (scores * (all_paths - right_paths) * weight).sum() + 5e-4 * (scores**2 * weight).sum()
        loss = loss - 0.1 * (functional.log_softmax(side, dim=2) * right_paths * weight).sum()
        return loss, float(((of_right - of_all) * possible).nan_to_num().sum() * weight.amax())

    def _taught(
        self, inputs: Tensor, lengths: Tensor, batch: Sequence[Example], teacher: Teacher
    ) -> tuple[Tensor, float]:
        """The cross-entropy with the phones where the teacher finds them, and its negative as the objective."""
        _, right_paths, possible = numerator(teacher(inputs), lengths, [one.paths for one in batch])
        scores, side = self.network(inputs)
        weight = _weight(lengths, possible, scores.shape[1])
        loss = -(functional.log_softmax(scores, dim=2) * right_paths * weight).sum()
        return loss - 0.5 * (functional.log_softmax(side, dim=2) * right_paths * weight).sum(), -float(loss.detach())

    @torch.no_grad()
    def dev_objective(self) -> dict[str, float]:
        """The averaged network's objective per frame on unseen speakers, by corpus."""
        network = SHAPES[self.settings.shape]()
        network.load_state_dict(self.average)
        network.eval()
        found = {}
        for corpus in sorted({one.utterance.corpus for one in self.dev}):
            chosen = [one for one in self.dev if one.utterance.corpus == corpus][:400:5]
            objective = frames = 0.0
            for start in range(0, len(chosen), 16):
                batch = chosen[start : start + 16]
                inputs, lengths = _stack([cepstra(one.store.log_mel(one.utterance)) for one in batch])
                scores, _ = network(inputs)
                of_all, _ = self.denominator(scores, lengths)
                of_right, _, possible = numerator(scores, lengths, [one.paths for one in batch])
                objective += float(((of_right - of_all) * possible).sum())
                frames += float(lengths.sum())
            found[corpus] = objective / frames
        return found

    def batches(self) -> Iterator[list[Example]]:
        """One round over a random part of everything, utterances of like length together."""
        chosen = [one for one in self.examples if self.chance.random() < self._share(one)]
        chosen.sort(key=lambda one: one.utterance.frames + self.chance.uniform(-15, 15))
        batches: list[list[Example]] = [[]]
        for one in chosen:
            if (len(batches[-1]) + 1) * (one.utterance.frames + 30) > self.settings.batch_frames or len(
                batches[-1]
            ) >= 96:
                batches.append([])
            batches[-1].append(one)
        for index in self.chance.permutation(len(batches)):
            yield [self._behind_a_wall(one) if self.chance.random() < _MUFFLED else one for one in batches[index]]

    def _behind_a_wall(self, one: Example) -> Example:
        return replace(one, paths=self._silence, muffled=True)

    def _share(self, one: Example) -> float:
        return 1.0 if self._is_rare(one) else SHARES[one.utterance.corpus]

    def _is_rare(self, one: Example) -> bool:
        utterance = one.utterance
        return utterance.corpus in _PEOPLE and utterance.words in _COMMANDS and self._said[utterance.words] < _FEW

    def _follow(self) -> None:
        """Let the averaged weights follow; over about the last thousand steps."""
        decay = min(0.999, self.steps / (self.steps + 10))
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)

    def _input(self, one: Example) -> Any:
        log_mel = one.store.log_mel(one.utterance)
        if one.muffled:
            changed = self.perturber.muffled(log_mel)
        elif one.utterance.words:
            changed = self.perturber.speech(log_mel, one.utterance.corpus in _SYNTHETIC)
        else:
            changed = self.perturber.noise(log_mel)
        return cepstra(changed).astype(np.float32)

    def _first(self, words: tuple[str, ...]) -> list[list[int]]:
        return [[PHONE_ID[sound] for sound in self._pronounce(word)[0]] for word in words]

    def _examples(self, store: Store) -> list[Example]:
        found = []
        for utterance in store.utterances:
            if utterance.corpus == "babble":
                continue
            if utterance.words not in self._paths:
                self._paths[utterance.words] = self._spell(utterance.words)
            paths = self._paths[utterance.words]
            if (
                paths is not None
                and output_frames(utterance.frames) > 1.05 * sum(map(len, self._first(utterance.words))) + 2
            ):
                found.append(Example(store, utterance, paths))
        return found

    def _spell(self, words: tuple[str, ...]) -> Transcript | None:
        pronunciations = [self._pronounce(word)[:3] for word in words]
        if not all(pronunciations):
            return None
        return transcript([[[PHONE_ID[sound] for sound in one] for one in several] for several in pronunciations])


def _weight(lengths: Tensor, possible: Tensor, frames: int) -> Tensor:
    """[B, T, 1]: each frame's part of the loss, none past an utterance's end or where no path is possible."""
    inside = (torch.arange(frames) < lengths[:, None]) & possible[:, None]
    return (inside / inside.sum().clamp_min(1))[..., None]


def _stack(inputs: Sequence[Any]) -> tuple[Tensor, Tensor]:
    """Utterances of one batch side by side, first and last frames repeated at the edges as the decoder does."""
    lengths = [output_frames(len(one)) for one in inputs]
    width = STRIDE * (max(lengths) - 1) + 1 + 2 * CONTEXT
    stacked = np.empty((len(inputs), width, BINS), np.float32)
    for row, one in zip(stacked, inputs, strict=True):
        row[:] = one[np.clip(np.arange(width) - CONTEXT, 0, len(one) - 1)]
    return torch.from_numpy(stacked), torch.tensor(lengths)


def train(
    features: Path, checkpoint: Path, settings: Settings, pronounce: Pronounce, report: Callable[[str], None]
) -> None:
    """Train until `settings.minutes` are used up; saves to `checkpoint` about every three minutes."""
    trainer = Trainer(features, settings, pronounce)
    trainer.begin(checkpoint)
    hours = sum(store.hours for store in trainer.stores)
    report(f"{len(trainer.examples)} utterances, {hours:.1f} h; {trainer.seconds / 60:.0f} min done before")
    seen = objective = 0.0
    saved = last = time.monotonic()
    while True:
        for batch in trainer.batches():
            value = trainer.step(batch)
            now = time.monotonic()
            trainer.seconds += now - last
            last = now
            seen += sum(one.utterance.frames for one in batch) / 100
            objective = 0.98 * objective + 0.02 * value
            if trainer.steps % 50 == 0:
                speed = seen / max(1e-9, now - saved)
                report(
                    f"step {trainer.steps}  {trainer.seconds / 60:.1f} min  rate {trainer.rate():.1e}  "
                    f"objective {objective:.3f}  {speed:.0f}x real time"
                )
            if trainer.seconds > 60 * settings.minutes or now - saved > 180:
                trainer.save(checkpoint)
                dev = "  ".join(f"{corpus} {value:.3f}" for corpus, value in trainer.dev_objective().items())
                report(f"saved at {trainer.seconds / 60:.1f} min; unseen speakers: {dev}")
                saved, seen = now, 0.0
            if trainer.seconds > 60 * settings.minutes:
                return
