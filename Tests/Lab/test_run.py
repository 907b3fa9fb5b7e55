"""What `bin/lab test` says before it makes a host, and of what it could not try."""

import os
import pathlib
import subprocess
import sys

PROGRAM = pathlib.Path(__file__).resolve().parent / "run.py"
sys.path.insert(0, str(PROGRAM.parent))
sys.dont_write_bytecode = True

import run  # noqa: E402


def called(*words, **environment):
    return subprocess.run([sys.executable, str(PROGRAM), *words], capture_output=True, text=True, env={**os.environ, **environment})


def test_a_scenario_that_is_not_there():
    result = called("--short", "apache", "nowhere")
    assert result.returncode == 64
    assert "no scenario nowhere; there are apache, bundled, partition_of_apache" in result.stderr


def test_wrong_arguments():
    assert called("--jobs", "many").returncode == 64
    assert called("--longer").returncode == 64


def test_what_is_not_installed_is_said_with_its_mend_before_anything_is_built():
    result = called("apache", PADDOCK_PYTHON="/nowhere/python3", PATH="/nowhere")
    assert result.returncode == 69
    assert "there is no ansible-playbook here\n  mend: apt-get install ansible-core\n" in result.stderr
    assert "there is no /nowhere/python3 with kazoo here\n  mend: python3 -m venv .build/python" in result.stderr


def counted(**outcomes):
    count = run.Count()
    for name, outcome in outcomes.items():
        count.add(name, outcome.replace("_", " "))
    return count.text(), count.status()


def test_only_what_was_tried_whole_has_passed():
    assert counted(a="passed", b="passed") == ("2 passed, 0 failed", 0)
    assert counted(a="passed", b="failed") == ("1 passed, 1 failed (FAILED: b)", 1)
    assert counted(a="half") == ("0 passed, 0 failed, 1 passed in part (passed in part: a)", 0)
    assert counted(a="passed", b="not_run") == ("1 passed, 0 failed, 1 not run (not run: b)", 1)


def test_the_outcome_of_a_process_with_one_scenario():
    assert [run.Count.outcome(run.Count.code(each)) for each in run.Count.WORDS] == list(run.Count.WORDS)
    # By a signal, or by an error of the test's own.
    assert run.Count.outcome(-9) == "failed"
    assert run.Count.outcome(1) == "failed"
    assert run.Count.outcome(120) == "failed"


def test_the_longest_are_scenarios():
    assert set(run.LONG) < set(run.ALL)
