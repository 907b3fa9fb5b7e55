"""The tarball and its installer, as a user without rights has them."""

import json
import os
import shutil
import subprocess

import pytest
from conftest import clean_environment, free_port, succeed


class Installation:
    def __init__(self, unpacked, home, prefix):
        self.unpacked, self.prefix = unpacked, prefix
        self.environment = clean_environment(home, PADDOCK_HOME=str(home / "state"))

    def install(self, *words):
        return succeed(["sh", self.unpacked / "install.sh", "--prefix", self.prefix, *words], env=self.environment)

    def paddock(self, *words):
        return succeed([self.prefix / "bin/paddock", *words], env=self.environment)

    def boot(self, name):
        file = self.prefix.parent / f"{name}.yaml"
        file.write_text(f"ensemble: {name}\nparticipants: 3\nports: auto\n")
        return json.loads(self.paddock("up", file, "--json").split("\n", 1)[1])["status"]

    def findings(self, subject):
        said = json.loads(self.paddock("self", "doctor", "--json"))
        return [one for one in said["findings"] if one["subject"] == subject]

    def status(self, name):
        return json.loads(self.paddock("status", "-e", name, "--json"))


@pytest.fixture
def installation(unpacked, tmp_path):
    one = Installation(unpacked, tmp_path, tmp_path / "ein Präfix")
    yield one
    # With the programs of the tarball: those of the prefix may be gone.
    for name in ("one", "two"):
        if (tmp_path / "state" / name).exists():
            succeed([unpacked / "lib/paddock/paddock", "destroy", name, "--yes"], env=one.environment)


def files_below(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir() or path.is_symlink())


def test_an_ensemble_outlives_an_upgrade_and_an_uninstall(installation):
    said = installation.install()
    assert "is installed in" in said and "Begin with: PATH=" in said
    manifest = (installation.unpacked / "MANIFEST").read_text().split("\n")[:-1]
    assert files_below(installation.prefix) == sorted([*manifest, "lib/paddock/MANIFEST"])
    status = installation.boot("one")
    assert status["health"] == "healthy"
    pids = [server["pid"] for server in status["servers"]]

    # The version before had a file that this one has not.
    (installation.prefix / "share/paddock/old").write_text("")
    with open(installation.prefix / "lib/paddock/MANIFEST", "a") as file:
        file.write("share/paddock/old\n")
    assert "4 processes of the version before go on" in installation.install()
    assert not (installation.prefix / "share/paddock/old").exists()
    status = installation.status("one")
    assert [server["pid"] for server in status["servers"]] == pids
    assert all(server["outdated"] for server in status["servers"]), "status says that servers run what has been replaced"
    supervisor = status["supervisor"]["pid"]
    findings = installation.findings("one")
    assert [one["state"] for one in findings] == ["warning", "warning"], findings
    assert f"its supervisor (pid {supervisor}) runs a program that has been replaced since" == findings[0]["text"]
    assert findings[1]["text"].startswith("servers 1, 2 and 3 run an older program or configuration: bundled 3.8.0-paddock-"), findings
    installation.paddock("rolling-restart", "-e", "one", "--quiet")
    status = installation.status("one")
    assert not any(server["outdated"] for server in status["servers"]) and status["supervisor"]["pid"] != supervisor
    findings = installation.findings("one")
    assert [one["state"] for one in findings] == ["good"] and findings[0]["text"].startswith("servers 1, 2 and 3 run bundled 3.8.0-paddock-"), findings

    said = installation.install("--uninstall")
    assert "processes of it still run" in said
    assert not installation.prefix.exists()
    words = [installation.unpacked / "lib/paddock/paddock", "status", "-e", "one", "--json"]
    assert json.loads(succeed(words, env=installation.environment))["health"] == "healthy"


def test_two_versions_stand_side_by_side(installation):
    installation.install()
    other = Installation(installation.unpacked, installation.prefix.parent, installation.prefix.parent / "other")
    other.install()
    assert installation.boot("one")["health"] == "healthy"
    assert other.boot("two")["health"] == "healthy"
    assert [one["name"] for one in json.loads(other.paddock("list", "--json"))["ensembles"]] == ["one", "two"]
    # Each says which one the PATH leads to.
    for prefixes, state, text in (
        ([other.prefix], "good", "has this one only"),
        ([other.prefix, installation.prefix], "warning", f"has others behind this one: {installation.prefix}/lib/paddock/paddock ("),
        ([installation.prefix, other.prefix], "warning", f"`paddock` is another one than this: {installation.prefix}/lib/paddock/paddock ("),
    ):
        other.environment["PATH"] = ":".join([*(f"{one}/bin" for one in prefixes), "/usr/bin", "/bin"])
        (found,) = other.findings("PATH")
        assert found["state"] == state and found["text"].startswith(text), found
    # What is left of an ensemble that is gone.
    (other.prefix.parent / "state/gone/logs").mkdir(parents=True)
    (found,) = other.findings("state directory")
    assert found["text"] == f"of ensembles that are gone: {other.prefix.parent}/state/gone"
    other.install("--uninstall")
    assert installation.status("one")["health"] == "healthy"


def test_the_scripts_find_the_programs(installation, tmp_path):
    installation.install()
    scripts = installation.prefix / "share/paddock/bin"
    port = free_port()
    configuration = tmp_path / "zoo.cfg"
    configuration.write_text(f"dataDir={tmp_path}/data\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n")
    environment = {**installation.environment, "XDG_STATE_HOME": str(tmp_path / "xdg")}
    assert "STARTED" in succeed([scripts / "zkServer.sh", "start", configuration], env=environment)
    try:
        assert "Mode: standalone" in succeed([scripts / "zkServer.sh", "status", configuration], env=environment)
        assert "[zookeeper]" in succeed([scripts / "zkCli.sh", "-server", f"127.0.0.1:{port}", "ls", "/"], env=environment)
    finally:
        assert "STOPPED" in succeed([scripts / "zkServer.sh", "stop", configuration], env=environment)
    assert len(list((tmp_path / "xdg/paddock/logs").glob("zookeeper-*.out"))) == 1
    missing = subprocess.run(
        [scripts / "zkCli.sh", "ls", "/"], env={**environment, "CLIENT_JVMFLAGS": "-Dzookeeper.client.secure=true"},
        stderr=subprocess.PIPE, text=True)
    if not (installation.prefix / "lib/paddock/zkcli-tls").exists():
        assert missing.returncode == 69
        assert missing.stderr == f"paddock: there is no {installation.prefix}/lib/paddock/zkcli-tls: this package was made without it\n"


def test_what_cannot_be_is_refused_in_a_sentence(installation, unpacked, tmp_path):
    def refusal(*words, script=unpacked / "install.sh", **options):
        done = subprocess.run(["sh", script, *words], env=installation.environment, text=True, capture_output=True, **options)
        assert done.returncode == 1
        return done.stderr

    assert refusal("--prefix", tmp_path / "none", "--uninstall").startswith(f"error: Paddock is not installed in {tmp_path}/none: ")
    assert refusal("--here") == "error: what is --here?\n  mend: ./install.sh [--prefix DIR] [--uninstall]\n"
    if os.getuid():
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o555)
        said = refusal("--prefix", closed / "in" / "it")
        assert said.startswith(f"error: {closed}/in/it is not writable for ") and "\n  mend: ./install.sh --prefix DIR " in said
        assert refusal("--prefix", "/proc/none").startswith("error: ")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(unpacked / "install.sh", elsewhere)
    (elsewhere / "MACHINE").write_text("Plan9 vax\n")
    said = refusal("--prefix", tmp_path / "p", script=elsewhere / "install.sh")
    assert said.startswith("error: this is for Plan9 vax, and here is Linux ")
    (elsewhere / "MACHINE").write_text((unpacked / "MACHINE").read_text())
    (elsewhere / "lib/paddock").mkdir(parents=True)
    program = elsewhere / "lib/paddock/paddock"
    program.write_text("#!/bin/sh\necho FATAL: kernel too old >&2; exit 127\n")
    program.chmod(0o755)
    said = refusal("--prefix", tmp_path / "p", script=elsewhere / "install.sh")
    assert said == "error: the programs do not run here: FATAL: kernel too old\n"
    assert not (tmp_path / "p").exists()


def test_the_programs_need_nothing_of_the_system(unpacked):
    for program in sorted((unpacked / "lib/paddock").iterdir()):
        said = succeed(["readelf", "-d", program])
        assert "There is no dynamic section" in said, f"{program.name} is not static:\n{said}"


def test_everything_together_is_small(unpacked):
    files = {path.stat().st_ino: path.stat().st_size for path in unpacked.rglob("*") if path.is_file() and not path.is_symlink()}
    size = sum(files.values())
    assert size < 60_000_000, f"{size} bytes installed"


def test_man_pages_and_completions_are_there(unpacked):
    man = unpacked / "share/man/man1"
    dump = json.loads(succeed([unpacked / "bin/paddock", "--experimental-dump-help"]))
    for command in dump["command"]["subcommands"]:
        if command["commandName"] != "help" and command.get("shouldDisplay", True):
            assert (man / f"paddock-{command['commandName']}.1.gz").exists()
    for name in ("paddock", "zkserver", "zkcli"):
        assert (man / f"{name}.1.gz").exists()
    for place in ("bash-completion/completions/paddock", "zsh/site-functions/_paddock", "fish/vendor_completions.d/paddock.fish"):
        assert "rolling-restart" in (unpacked / "share" / place).read_text()
    succeed(["bash", "-n", unpacked / "share/bash-completion/completions/paddock"])
