"""The completions of the packages, in the shells that they are for."""

import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import termios
import time

import pytest
from conftest import clean_environment, succeed


@pytest.fixture
def environment(unpacked, tmp_path):
    """A user with two ensembles: nothing runs, and what was applied last is all that a completion needs."""
    for name, text in (("demo", "participants: 3\nobservers: 1\n"), ("orders", "servers: [{id: 7, host: 127.0.0.1}]\n")):
        directory = tmp_path / "der Zustand" / name
        directory.mkdir(parents=True)
        (directory / "topology.yaml").write_text(f"ensemble: {name}\n{text}")
    return clean_environment(
        tmp_path, PATH=f"{unpacked}/bin:/usr/bin:/bin", PADDOCK_HOME=str(tmp_path / "der Zustand"), TERM="xterm", HISTFILE="/dev/null")


# What is typed, what is offered, and what is not.
LINES = [
    ("paddock status -e ", ["demo", "orders"], []),
    ("paddock destroy ", ["demo", "orders"], ["leader"]),
    ("paddock stop -e demo ", ["1", "2", "3", "4", "leader", "followers", "observers", "all"], ["7"]),
    ("paddock stop -e demo 1 l", ["leader"], ["1", "followers"]),
    ("paddock reset -e orders ", ["7"], ["1", "leader"]),
    ("paddock shell --ensemble demo ", ["4", "leader"], ["all"]),
    ("paddock explain server-line-d", ["server-line-dot"], ["tickTime"]),
    ("paddock explain tickT", ["tickTime"], ["server-line-dot"]),
    ("paddock rolling-r", ["rolling-restart"], ["status"]),
]


def bash(script, line, environment):
    """What the completion of bash offers."""
    said = succeed(
        ["bash", "--norc", "-c", r"""
            source "$1"
            # As readline splits words.
            COMP_LINE=$2 COMP_POINT=${#2}
            read -ra COMP_WORDS <<<"${2//=/ = }"
            [[ $2 != *' ' ]] || COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            "_${COMP_WORDS[0]}" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """, "bash", script, line], env=environment)
    return said.split()


def test_the_completion_of_bash(unpacked, environment):
    for line, offered, others in LINES:
        words = bash(unpacked / "share/bash-completion/completions/paddock", line, environment)
        assert set(offered) <= set(words) and not set(others) & set(words), f"{line!r}: {words}"


def zsh(unpacked, home):
    (home / ".zshrc").write_text(
        f"fpath=('{unpacked}/share/zsh/site-functions' $fpath)\nautoload -Uz compinit; compinit -u -D\nPS1='ready> '; LISTMAX=0\n")
    return ["zsh", "-i"]


def fish(unpacked, home):
    script = unpacked / "share/fish/vendor_completions.d/paddock.fish"
    return ["fish", "--no-config", "-i", "-C", f"source '{script}'; function fish_prompt; echo 'ready> '; end; set -g fish_autosuggestion_enabled 0"]


@pytest.mark.parametrize("shell", [zsh, fish])
def test_the_completions_at_a_terminal(shell, unpacked, environment, tmp_path):
    """These complete at a terminal only: the line is typed, and the tabulator after it."""
    words = shell(unpacked, tmp_path)
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        # fish shares its variables through a directory of the user, which /tmp may have from somebody else.
        os.execvpe(words[0], words, {**environment, "ZDOTDIR": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)})
    seen = ""

    def wait_for(expected, begin=0):
        """Until all of it is on the screen; returns what came."""
        nonlocal seen
        deadline = time.monotonic() + 20
        while True:
            text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x1b\(B|\x0f", "", seen[begin:])
            if all(re.search(rf"(?<![\w-]){re.escape(word)}\b", text) for word in expected):
                return text
            assert time.monotonic() < deadline, f"{expected} not in {text!r}"
            if select.select([terminal], [], [], 0.05)[0]:
                seen += os.read(terminal, 65536).decode(errors="replace")

    try:
        wait_for(["ready"])
        for line, offered, _ in LINES[::2]:
            begin = len(seen)
            # ^U: an empty line again.
            os.write(terminal, b"\x15" + line.encode() + b"\t")
            text = wait_for(offered, begin)
            assert not re.search(r"rror|not found|Usage", text), text
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def test_a_completion_is_quick_and_says_no_error(unpacked, environment, tmp_path):
    words = [unpacked / "bin/paddock", "---completion", "stop", "--", "positional@0", "4", "0", "paddock", "stop", "-e", "demo", ""]

    def seconds():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    # Of the processor's time, which depends less on who else uses it.
    def once():
        began = seconds()
        assert "leader" in succeed(words, env=environment)
        return seconds() - began

    assert min(once() for _ in range(3)) < 0.05
    # What cannot be known is left out: an ensemble whose file is broken, one that is not there, no place for ensembles.
    (tmp_path / "der Zustand/demo/topology.yaml").write_text("ensemble: [")
    for name, more in (("demo", {}), ("none", {}), ("demo", {"PADDOCK_HOME": "/proc/none"})):
        line = f"paddock stop -e {name} "
        assert bash(unpacked / "share/bash-completion/completions/paddock", line, {**environment, **more}) == ["leader", "followers", "observers", "all"]
    # A script of another version than the program, and a program that is not there by now.
    old = tmp_path / "old"
    old.write_text((unpacked / "share/bash-completion/completions/paddock").read_text().replace("---completion stop -- positional@0", "---completion gone -- positional@9"))
    for script, path in ((old, environment["PATH"]), (unpacked / "share/bash-completion/completions/paddock", "/usr/bin:/bin")):
        assert bash(script, "paddock stop -e demo ", {**environment, "PATH": path}) == []
