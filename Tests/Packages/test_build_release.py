"""bin/build-release with a toolchain that only says what it was asked for."""

import os
import shutil
import subprocess

import pytest
from conftest import ROOT, clean_environment

SWIFT = """#!/bin/bash
echo "$PADDOCK_TOGETHER: $*" >>"$HOME/calls"
echo "[1/3] Compiling Jute Jute.swift"
echo "[2/3] Compiling paddock Paddock.swift"
if [ -e "$HOME/broken" ]; then echo "error: it does not compile"; exit 1; fi
mkdir -p .build-release/repositories/swift-nio .build-release/release/ModuleCache .build-release/checkouts
for program in ${PADDOCK_TOGETHER//,/ }; do mkdir -p .build-release/release && touch ".build-release/release/$program" && chmod +x ".build-release/release/$program"; done
"""


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "der Klon"
    for directory in ("bin", "Sources", "templates", "tools"):
        (root / directory).mkdir(parents=True)
    (root / "Package.swift").write_text("")
    for script in ("build-release", "products.sh"):
        shutil.copy(ROOT / "bin" / script, root / "bin")
    for path, text in (("bin/install-packages", "#!/bin/sh\n"), ("tools/swift", SWIFT)):
        (root / path).write_text(text)
        (root / path).chmod(0o755)
    return root


def build(checkout, *programs):
    environment = clean_environment(checkout, PATH=f"{checkout}/tools:/usr/bin:/bin")
    return subprocess.run(
        [checkout / "bin/build-release", *programs], env=environment, cwd=checkout, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def test_one_build_makes_all_programs_and_says_how_far_it_is(checkout):
    done = build(checkout, "paddock", "zkserver")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{checkout}/.build-release/release/{name}" for name in ("paddock", "zkserver")]
    (call,) = (checkout / "calls").read_text().splitlines()
    assert call.startswith("paddock,zkserver: build ") and " --target Together" in call and " -debug-info-format none" in call
    # Not at a terminal: what it is at, not every line of it.
    assert "paddock: building paddock, zkserver (release" in done.stderr and "paddock: [1/3] Compiling Jute Jute.swift\n" in done.stderr
    assert (checkout / ".build-release/build.log").read_text().count("Compiling") == 2
    # What a later build does not need, or has again at once, is not left.
    assert sorted(os.listdir(checkout / ".build-release")) == [".paddock-build.lock", "build.log", "checkouts", "release"]
    assert sorted(os.listdir(checkout / ".build-release/release")) == ["paddock", "zkserver"]
    # Nothing has changed, and nothing is built; then one more program alone.
    assert build(checkout, "paddock", "zkserver").stderr == ""
    build(checkout, "paddock", "zkcli")
    assert (checkout / "calls").read_text().splitlines()[1].startswith("zkcli: build ")


def test_a_build_that_fails_shows_the_end_of_its_log(checkout):
    (checkout / "broken").touch()
    done = build(checkout, "paddock")
    assert done.returncode == 1 and done.stdout == ""
    assert "error: it does not compile\n" in done.stderr
    assert f"paddock: the build failed; the whole log is in {checkout}/.build-release/build.log\n" in done.stderr
