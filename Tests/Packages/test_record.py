"""bin/record, which makes the picture of README.md."""

import os
import re
import sys
from xml.etree import ElementTree

from conftest import ROOT, clean_environment, succeed

SVG = "{http://www.w3.org/2000/svg}"


def texts(path):
    """What a picture shows, line by line, in the order of time."""
    lines = {}
    for text in ElementTree.parse(path).iter(f"{SVG}text"):
        lines.setdefault(int(text.get("y")), []).append("".join(part.text for part in text.iter(f"{SVG}tspan")))
    return ["".join(lines[y]) for y in sorted(lines)]


def test_a_recording_has_what_was_printed(tmp_path):
    picture = tmp_path / "the picture.svg"
    command = r"""printf '\033[31mred\033[0m and <plain>\nsoon gone\r\033[Kdone\n'; test -z "$(ls $HOME)" """
    succeed([sys.executable, ROOT / "bin/record", "-o", picture, command], env={**clean_environment(tmp_path), "PATH": os.environ["PATH"]})
    shown = texts(picture)
    assert shown[0].startswith("$printf") and shown[1:] == ["redand <plain>", "done"], shown
    assert 'fill="#f47067"' in picture.read_text()


def test_the_picture_of_the_readme_needs_nothing_from_elsewhere():
    path = ROOT / "Docs/first-minute.svg"
    assert f"](Docs/{path.name})" in (ROOT / "README.md").read_text()
    shown = texts(path)
    assert shown[0] == "$paddockup" and sum("leader" in line for line in shown) == 3, shown
    assert re.findall(r"(?:https?:|url\(|href|@import)[^\"]*", path.read_text()) == ["http://www.w3.org/2000/svg"]
