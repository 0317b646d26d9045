"""From recorded and synthetic speech to the speech model in `models/`: `python -m scripts.train all`."""
