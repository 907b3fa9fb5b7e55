"""How far a write in an ensemble of the bundled server is from its floor: three processes that exchange the same messages, sync as much,
and do nothing else (WriteFloor). Both in turn, in the same directory."""
import json, subprocess, tempfile
from ensembles import Ensemble
from harness import *


def floor(program, window, count):
    with tempfile.TemporaryDirectory(prefix="floor-") as directory:
        return json.loads(subprocess.check_output([program, directory, str(window), str(count)]))


def compare(report, options):
    table = report.table("The floor of a write in an ensemble", header=("", "bundled", "the floor", "ratio", "goal"))
    program = build("WriteFloor")
    ensemble = Ensemble("bundled", 3)
    try:
        ensemble.start()
        ensemble.settle()
        # The floor's client knows the leader; so does this one.
        load = Load([ensemble.leader()])
        load.measured = ensemble.servers
        for what, window, connections, count in (("a lone set", 1, 1, 2000), ("sets, 256 in flight", 256, 4, 200_000)):
            ours, lowest = [], []
            for _ in range(options.rounds):
                ours.append(load.run("set", count=count, connections=connections, window=window // connections))
                lowest.append(floor(program, window, count))
            for name, key in (("p50 ms", "p50 ms"), ("CPU µs of all servers", "CPU us"), ("a second", "per second")):
                table.add("%s, %s" % (what, name), *(median([result[key] for result in results]) for results in (ours, lowest)))
    finally:
        ensemble.forget()
