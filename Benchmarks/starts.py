"""What `paddock` needs to have an ensemble of bundled servers: `run`, and `up` of many."""
import json, subprocess, tempfile, time
from harness import *


class Paddock:
    """The command line with a state directory of its own."""

    def __init__(self):
        self.program = build("paddock")
        self.directory = tempfile.mkdtemp(prefix="starts-")
        self.environment = dict(os.environ, PADDOCK_HOME=self.directory + "/home", PADDOCK_ZKSERVER=Server.binary)

    def topology(self, participants, observers):
        with open(self.directory + "/topology.yaml", "w") as file:
            file.write("ensemble: starts\nparticipants: %d\nobservers: %d\nports: auto\n" % (participants, observers))
        return file.name

    def seconds(self, *words):
        began = time.monotonic()
        done = subprocess.run([self.program, *words], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise SystemExit("paddock %s: %s" % (" ".join(words), done.stdout))
        return time.monotonic() - began

    def memory(self):
        """PSS of all its servers, MiB."""
        status = json.loads(subprocess.check_output([self.program, "status", "-e", "starts", "--json"], env=self.environment))
        total = 0
        for server in status["servers"]:
            with open("/proc/%d/smaps_rollup" % server["pid"]) as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        return total / 1024

    def forget(self):
        subprocess.run([self.program, "destroy", "starts", "--yes"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.directory, ignore_errors=True)


def compare(report, options):
    table = report.table("Starting with `paddock`", "Bundled servers only; seconds to the end of the command, which is when each server has taken a write.", ("", "bundled", "", "", "goal"))
    paddock = Paddock()
    try:
        small = paddock.topology(3, 1)
        table.add_bound("`run` with 3 + 1 and a command that does nothing, s, median of 9", median([paddock.seconds("run", small, "--", "true") for _ in range(9)]), None, 0.12, digits=3)
        for participants, observers, bound in ((3, 0, None), (31, 0, None), (101, 0, 4), (3, 252, 6)):
            name = "`up` of %d voters%s" % (participants, " and %d observers" % observers if observers else "")
            took = paddock.seconds("up", paddock.topology(participants, observers), "--quiet")
            table.add_bound(name + ", s", took, None, bound) if bound else table.add(name + ", s", took, None)
            memory = paddock.memory()
            table.add_bound("the memory of these (PSS), MiB", memory, None, 900, digits=0) if observers else table.add("the memory of these (PSS), MiB", memory, None, digits=0)
            table.add("`destroy` of these, s", paddock.seconds("destroy", "starts", "--yes"), None)
    finally:
        paddock.forget()
