"""A night typed instead of spoken, in simulated time: the real loop, the real understanding, and no sound."""
