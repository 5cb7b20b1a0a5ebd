"""How dates are written, for each language: found by `FORMAT_MODULE_PATH`."""
