"""Where the programs are, and how they are called."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import subprocess
import sys
from typing import Any, Dict, List, Mapping, Optional

_VARIABLES = {"paddock": "PADDOCK_BINARY", "zkserver": "PADDOCK_ZKSERVER", "zkcli": "PADDOCK_ZKCLI"}


class PaddockError(Exception):
    """What ``paddock`` refused or could not do.

    :ivar exit_code: the program's exit code, e.g. 69 where something is missing and 75 where a port is taken.
    :ivar mend: what to do about it, where the program knows.
    """

    def __init__(self, message: str, exit_code: Optional[int] = None, mend: Optional[str] = None) -> None:
        super().__init__(message if not mend else f"{message}\n  mend: {mend}")
        self.exit_code = exit_code
        self.mend = mend


def program(name: str) -> str:
    """The path of ``paddock``, ``zkserver`` or ``zkcli``: what ``$PADDOCK_BINARY`` (``$PADDOCK_ZKSERVER``,
    ``$PADDOCK_ZKCLI``) names, else the one of this package.
    """
    path = os.environ.get(_VARIABLES.get(name, "")) or os.path.join(os.path.dirname(__file__), "_programs", name)
    if not os.access(path, os.X_OK):
        raise PaddockError(f"there is no program {path}", 69, "install the wheel for this system again")
    return path


def cannot_run(path: str, error: OSError) -> PaddockError:
    """Why the system does not run a program, in a sentence."""
    if error.errno == errno.ENOEXEC:
        reason = f"it was not made for this system ({platform.system()} on {platform.machine()})"
    else:
        reason = error.strerror or str(error)
    return PaddockError(f"cannot run {path}: {reason}", 69)


def call(words: List[str], environment: Mapping[str, str], timeout: Optional[float] = None) -> Dict[str, Any]:
    """Runs a command of ``paddock`` and returns the JSON document that it prints.

    :raises PaddockError: when the command fails.
    """
    path = program("paddock")
    try:
        done = subprocess.run(
            [path, *words, "--json"], env=dict(environment), timeout=timeout,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise cannot_run(path, error) from None
    except subprocess.TimeoutExpired:
        raise PaddockError(f"paddock {words[0]} is not done after {timeout:g} s") from None
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = {}
    # status says with its exit code how the ensemble is, and that is an answer.
    if done.returncode and ("error" in document or not document):
        told = document.get("error", {})
        message = told.get("message") or done.stderr.decode(errors="replace").strip() or f"paddock {words[0]} failed"
        raise PaddockError("\n".join([message, *told.get("details", [])]), done.returncode, told.get("mend"))
    return document


def _become(name: str) -> None:
    try:
        path = program(name)
        # What it says to type next begins as this command did.
        called = sys.argv[0] if os.path.basename(sys.argv[0]) == name else path
        found = shutil.which(name)
        if found and os.path.exists(called) and os.path.samefile(found, called):
            called = name
        os.execv(path, [called, *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"error: {cannot_run(path, error)}")
    except PaddockError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def paddock() -> None:
    """The command ``paddock``."""
    _become("paddock")


def zkserver() -> None:
    """The command ``zkserver``."""
    _become("zkserver")


def zkcli() -> None:
    """The command ``zkcli``."""
    _become("zkcli")
