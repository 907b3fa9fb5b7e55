"""The wheel: its programs, the API and pytest's fixtures, from a virtual environment."""

import os
import signal
import subprocess
import textwrap
import time

import pytest
from conftest import ROOT, clean_environment, succeed


@pytest.fixture
def python(environment_with_wheel, tmp_path):
    def run(*words, **options):
        options.setdefault("env", clean_environment(tmp_path, TMPDIR=str(tmp_path)))
        options.setdefault("cwd", tmp_path)
        return succeed([environment_with_wheel, *words], **options)

    return run


def test_the_programs_are_commands(environment_with_wheel, tmp_path):
    commands = environment_with_wheel.parent
    for name, word in (("paddock", "--version"), ("zkserver", "--version"), ("zkcli", "--help")):
        assert succeed([commands / name, word], env=clean_environment(tmp_path))
    script = subprocess.run(
        [commands / "paddock", "status"], env=clean_environment(tmp_path), capture_output=True, text=True)
    assert script.returncode == 5 and script.stderr.startswith("error: there is no ensemble in "), script


API = '''
import os, sys, paddock
with paddock.Ensemble(participants=3, observers=1, settings={"tickTime": 500}) as ensemble:
    servers = ensemble.servers
    assert [s.role for s in servers].count("leader") == 1 and [s.role for s in servers].count("observer") == 1
    assert ensemble.connect_string == ",".join(s.address for s in servers)
    leader = ensemble.leader
    ensemble.kill("leader")
    ensemble.wait("healthy")
    assert ensemble.leader.pid != leader.pid
    ensemble.shell("create", "/a", "text")
    assert ensemble.shell("get", "/a").split()[-1] == "text"
    ensemble.pause(4)
    assert ensemble.server(4).state == "paused", ensemble.server(4)
    ensemble.resume(4)
    follower = next(s for s in ensemble.servers if s.role == "follower")
    ensemble.stop_servers(follower)
    assert ensemble.server(follower.id).pid is None
    ensemble.wait("quorum", timeout=10)
    try:
        ensemble.stop_servers("leader")
        raise SystemExit("that leaves no quorum")
    except paddock.PaddockError as error:
        assert error.exit_code and "--force" in str(error), error
    try:
        ensemble.wait("healthy", timeout=0)
        raise SystemExit("a server is stopped")
    except paddock.PaddockError as error:
        assert "not healthy after 0 s" in str(error), error
    ensemble.start_servers(follower.id)
    assert ensemble.rolling_restart()["version"] == 1
    assert "LEADING" in ensemble.logs()
    directory = ensemble.directory
assert not os.path.exists(directory)
try:
    with paddock.Ensemble(topology="ensemble: a\\nparticipants: none\\n"): pass
    raise SystemExit("it is no topology")
except paddock.PaddockError as error:
    assert error.exit_code == 65 and "participants" in str(error), error
try:
    ensemble.connect_string
except paddock.PaddockError as error:
    assert str(error) == "this ensemble does not run"
print("done")
'''


def test_an_ensemble_from_python(python):
    assert python("-c", API).endswith("done\n")


def test_an_ensemble_does_not_outlive_its_process(environment_with_wheel, tmp_path):
    script = "import paddock, time; e = paddock.Ensemble(1).start(); print(e.server(1).pid, flush=True); time.sleep(600)"
    process = subprocess.Popen(
        [environment_with_wheel, "-c", script], env=clean_environment(tmp_path, TMPDIR=str(tmp_path)), stdout=subprocess.PIPE)
    server = int(process.stdout.readline())
    assert os.path.exists(f"/proc/{server}")
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while os.path.exists(f"/proc/{server}"):
        assert time.monotonic() < deadline, "the server still runs"
        time.sleep(0.02)


def test_a_program_for_another_machine_is_a_sentence(python, tmp_path):
    other = tmp_path / "paddock"
    other.write_bytes(b"\x7fELF nothing that this system runs")
    other.chmod(0o755)
    script = "import paddock\ntry: paddock.Ensemble().start()\nexcept paddock.PaddockError as error: print(error)"
    said = python("-c", script, env=clean_environment(tmp_path, PADDOCK_BINARY=str(other)))
    assert said.startswith(f"cannot run {other}: it was not made for this system (Linux on "), said


FIXTURES = '''
import pytest
from kazoo.client import KazooClient

def client(connect):
    one = KazooClient(str(connect), timeout=10)
    one.start()
    return one

@pytest.mark.parametrize("number", range(4))
def test_each_has_a_root_of_its_own(zookeeper, number):
    one = client(zookeeper)
    assert one.get_children("/") == []
    one.create("/a", b"%d" % number)
    one.stop()
    one.close()

def test_fresh(zookeeper_fresh):
    assert [server.role for server in zookeeper_fresh.servers] == ["standalone"]

@pytest.mark.zookeeper(participants=2, observers=1)
def test_marked(zookeeper_ensemble):
    assert sorted(server.role for server in zookeeper_ensemble.servers) == ["follower", "leader", "observer"]

def test_shared(zookeeper_shared):
    assert len(zookeeper_shared.servers) == 3

def test_that_fails(zookeeper):
    assert zookeeper is None
'''


def test_the_fixtures_of_pytest(environment_with_wheel, tmp_path):
    (tmp_path / "test_fixtures.py").write_text(textwrap.dedent(FIXTURES))
    done = subprocess.run(
        [environment_with_wheel, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", "-q"],
        env=clean_environment(tmp_path, TMPDIR=str(tmp_path)), cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "1 failed, 7 passed" in done.stdout, done.stdout + done.stderr
    assert "- ZooKeeper 127.0.0.1:" in done.stdout and "serving clients on 127.0.0.1:" in done.stdout, done.stdout
    assert [path.name for path in tmp_path.glob("paddock-*")] == []


def test_the_example(python):
    assert "1 passed" in python("-m", "pytest", "-p", "no:cacheprovider", "-q", ROOT / "Examples/pytest")

