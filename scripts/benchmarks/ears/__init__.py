"""How well Charley hears: `scripts/bench ears`."""
