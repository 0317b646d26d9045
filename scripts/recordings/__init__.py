"""Makes the recordings in tests/recordings: synthetic callers, spoken by voices that the speech model never heard."""
