"""Code of the measurements that runs where Django is set up: `python -m bench.inside MODULE …`."""
