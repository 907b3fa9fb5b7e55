"""Systems that lack something: the programs of the tarball on them."""

import ctypes
import errno
import json
import os
import resource
import shutil
import struct
import subprocess

import pytest
from conftest import clean_environment, succeed

TOPOLOGY = "ensemble: {}\nparticipants: 3\nobservers: 1\nports: auto\n"


def limited_to_64_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def test_an_ensemble_on_a_tmpfs_with_few_files_and_an_odd_name(unpacked, tmp_path):
    """64 file descriptors, a state directory in memory, blanks and letters that are not ASCII in its path."""
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("there is no /dev/shm to write to")
    state = f"/dev/shm/Zustand für {os.getpid()} 状态"
    environment = clean_environment(tmp_path, PADDOCK_HOME=state)
    topology = tmp_path / "mein Ensemble ü.yaml"
    topology.write_text(TOPOLOGY.format("few"))
    paddock = unpacked / "bin/paddock"
    try:
        said = succeed([paddock, "up", topology, "--json"], env=environment, preexec_fn=limited_to_64_files)
        status = json.loads("{" + said.split("{", 1)[1])["status"]
        assert status["health"] == "healthy"
        assert all("open files" in open(f"/proc/{one['pid']}/limits").read() for one in status["servers"])
        succeed([paddock, "shell", "--", "create", "/ü", "x"], env=environment, preexec_fn=limited_to_64_files)
        succeed([paddock, "kill", "leader"], env=environment, preexec_fn=limited_to_64_files)
        succeed([paddock, "wait", "--timeout", "30s"], env=environment, preexec_fn=limited_to_64_files)
    finally:
        if os.path.exists(f"{state}/few"):
            succeed([paddock, "destroy", "few", "--yes"], env=environment)
        shutil.rmtree(state, ignore_errors=True)


def without_locks():
    """The kernel answers each lock on a file with ENOLCK from now on, as it does on a file system of a network without a lock server."""
    if os.uname().machine not in ("x86_64", "aarch64"):
        raise OSError("what is fcntl's number here?")
    fcntl = 72 if os.uname().machine == "x86_64" else 25
    load, equal, answer = 0x20, 0x15, 0x06
    program = [
        (load, 0, 0, 0), (equal, 0, 4, fcntl),  # the system call
        (load, 0, 0, 24), (equal, 1, 0, 37), (equal, 0, 1, 6),  # its second argument: F_OFD_SETLK, F_SETLK
        (answer, 0, 0, 0x00050000 | errno.ENOLCK), (answer, 0, 0, 0x7FFF0000),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in program))
    described = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, described, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def test_a_home_without_locks_is_refused_in_a_sentence(unpacked, tmp_path):
    environment = clean_environment(tmp_path, PADDOCK_HOME=str(tmp_path / "state"))
    topology = tmp_path / "t.yaml"
    topology.write_text(TOPOLOGY.format("locks"))
    done = subprocess.run(
        [unpacked / "bin/paddock", "up", topology], env=environment, preexec_fn=without_locks, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done
    assert f"{tmp_path}/state" in done.stderr and "the file system has no locks" in done.stderr, done.stderr
    assert "mend: " in done.stderr and "--state-dir" in done.stderr, done.stderr
    assert not list((tmp_path / "state").glob("locks/server.*/data/version-2")), "nothing was started"
