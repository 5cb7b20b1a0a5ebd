"""What the web server loads."""

import subprocess
import sys

from careersite.supervisor import ROOT


def test_the_collector_leaves_alone_what_was_loaded() -> None:
    asked = "import gc, careersite.wsgi; print(gc.get_freeze_count())"

    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True)

    assert int(said.stdout) > 10_000, said.stderr
