"""Measurements, run by `make bench`. Nothing here is a test: no figure can fail a build."""
