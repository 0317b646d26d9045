"""Measurements, as tables of ratios and counts. None of them is a test: a busy machine must not fail a build."""
