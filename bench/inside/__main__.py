import importlib
import json
import os
import sys

import django


def main(module: str, *arguments: str) -> None:
    """What the module's `main` returns is the last line printed, as JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careersite.settings")
    django.setup()
    print(json.dumps(importlib.import_module(f"bench.inside.{module}").main(*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
