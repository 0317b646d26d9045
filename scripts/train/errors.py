"""What can go wrong in training that a person can put right."""

from __future__ import annotations

from voice_skill.errors import CharleyError

__all__ = ["TrainingError"]


class TrainingError(CharleyError):
    """Training data or a training step is not usable as it is."""
