"""The packages that bin/package has made, in $PADDOCK_PACKAGES, and clean places to install them into."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def packages():
    """The directory with the packages."""
    named = os.environ.get("PADDOCK_PACKAGES")
    assert named, "PADDOCK_PACKAGES is the directory into which bin/package has written"
    return Path(named)


def only(directory, pattern):
    found = sorted(directory.glob(pattern))
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def clean_environment(home, **more):
    """What a user has who knows nothing of this checkout."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "USER": "somebody", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", **more}


def succeed(words, **options):
    """Runs a command that must succeed, and returns what it prints."""
    done = subprocess.run(
        list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
        timeout=180, **options)
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def environment_with_wheel(packages, tmp_path_factory):
    """The Python of a virtual environment with the wheel in it. What else the tests need is taken from the environment that runs them:
    nothing is fetched."""
    place = tmp_path_factory.mktemp("wheel") / "with space und ö"
    succeed([sys.executable, "-m", "venv", "--without-pip", place])
    python = place / "bin/python"
    succeed([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", only(packages, "*.whl")])
    (Path(succeed([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()) / "others.pth").write_text(
        sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture(scope="session")
def unpacked(packages, tmp_path_factory):
    """The tarball's directory."""
    place = tmp_path_factory.mktemp("unpacked")
    shutil.unpack_archive(only(packages, "paddock-*[!g].tar.gz"), place)
    return only(place, "paddock-*")
