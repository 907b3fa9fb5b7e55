"""The action for GitHub and the job for GitLab, as the services run them: their scripts, with the variables that there are."""

import re
import textwrap

from conftest import ROOT, clean_environment, only, succeed


def test_the_action(packages, unpacked, tmp_path):
    text = (ROOT / "action.yml").read_text()
    script = textwrap.dedent(re.search(r"^      run: \|\n((?:        .*\n)+)", text, re.M).group(1))
    topology = tmp_path / "of the tests.yaml"
    topology.write_text("ensemble: tests\nparticipants: 3\nports: auto\n")
    environment = clean_environment(
        tmp_path, PADDOCK_HOME=str(tmp_path / "state"), RUNNER_TEMP=str(tmp_path), GITHUB_ENV=str(tmp_path / "env"), GITHUB_PATH=str(tmp_path / "path"),
        PACKAGE=str(only(packages, "paddock-*[!g].tar.gz")), TOPOLOGY=str(topology))
    # The steps behind it get what is in the two files.
    try:
        succeed(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], env=environment)
        variables = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
        assert variables["PADDOCK_ENSEMBLE"] == "tests" and variables["ZOOKEEPER_CONNECT"].count("127.0.0.1:") == 3
        environment["PATH"] = (tmp_path / "path").read_text().strip() + ":" + environment["PATH"]
        assert "[zookeeper]" in succeed(["zkcli", "-server", variables["ZOOKEEPER_CONNECT"], "ls", "/"], env=environment)
    finally:
        if (tmp_path / "state/tests").exists():
            succeed([unpacked / "bin/paddock", "destroy", "tests", "--yes"], env=environment)


def test_the_job_for_gitlab(packages, unpacked, tmp_path):
    text = (ROOT / "Docs/testing.md").read_text()
    job = re.search(r"```yaml\ntest:\n(.*?)```", text, re.S).group(1)
    assert "paddock up && eval" in job
    # On ports that nobody else has; curl knows files, too.
    steps = [step for step in re.findall(r"^    - (.*)$", job, re.M) if step != "pytest"]
    script = "set -eo pipefail\n" + "\n".join(steps[:-1]) + "\necho connect=$ZOOKEEPER_CONNECT\n" + steps[-1]
    script = script.replace("/tmp/paddock", f"{tmp_path}/it").replace("paddock up", "paddock up topology.yaml")
    (tmp_path / "topology.yaml").write_text("ensemble: tests\nparticipants: 1\nports: auto\n")
    environment = clean_environment(
        tmp_path, PADDOCK_HOME=str(tmp_path / "state"), PADDOCK_PACKAGE=only(packages, "paddock-*[!g].tar.gz").as_uri())
    try:
        said = succeed(["bash", "-c", script], env=environment, cwd=tmp_path)
        assert "connect=127.0.0.1:" in said and "serving clients on" in said
    finally:
        if (tmp_path / "state/tests").exists():
            succeed([unpacked / "bin/paddock", "destroy", "tests", "--yes"], env=environment)
