#!/usr/bin/env python3
"""Runs ZooKeeperClient, kazoo and Apache's Java client against one bundled server, in turn, and prints operations a second.

One process and one session each; the loads are gets and sets of 100 bytes, one at a time and 100 in flight. Needs Debian's zookeeper
package, a JDK, and a Python with kazoo ($PADDOCK_PYTHON; bin/test makes one). Builds the release binaries.
"""
import argparse, os, subprocess, sys, tempfile, time
from harness import *

KAZOO = """
import sys, threading, time
from kazoo.client import KazooClient
port, operation, flying, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
client = KazooClient("127.0.0.1:" + port); client.start()
path, data = "/bench-kazoo", bytes(100)
client.ensure_path(path)
call, begin = (lambda: client.set(path, data), lambda: client.set_async(path, data)) if operation == "set" else (
    lambda: client.get(path), lambda: client.get_async(path))
def load():
    began = time.monotonic(); end = began + seconds
    count = 0
    if flying == 1:
        while time.monotonic() < end:
            call(); count += 1
    else:
        free = threading.Semaphore(flying)
        def answered(result):
            result.get_nowait(); free.release()
        while time.monotonic() < end:
            free.acquire(); begin().rawlink(answered); count += 1
        for _ in range(flying): free.acquire()
    return count / (time.monotonic() - began)
load(); print(int(load())); client.stop()
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each load is run; the median counts (3)")
    parser.add_argument("--seconds", type=float, default=2, help="how long each load is run (2)")
    parser.add_argument("--loads", default="get 1,set 1,get 100,set 100", help="which loads (all)")
    options = parser.parse_args()
    Server.binary, swift = build("zkserver"), build("ClientBenchmark")
    python = os.environ.get("PADDOCK_PYTHON", "python3")
    print(machine(), flush=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="clients-") as classes:
        subprocess.check_call(["javac", "-cp", CLASSPATH, "-d", classes, ROOT + "/Benchmarks/ClientBenchmark.java"])
        programs = {
            "ZooKeeperClient": [swift],
            "kazoo": [python, "-c", KAZOO],
            "Java": ["java", "-cp", CLASSPATH + ":" + classes, "ClientBenchmark"],
        }
        server = Server("bundled")
        try:
            server.start()
            for load in options.loads.split(","):
                words = load.split()
                results = {name: [] for name in programs}
                for _ in range(options.rounds):
                    for name, program in programs.items():
                        output = subprocess.check_output(program + [str(server.port)] + words + [str(options.seconds)], text=True)
                        results[name].append(int(output))
                figures = {name: median(values) for name, values in results.items()}
                ours = figures["ZooKeeperClient"]
                rows.append((load, ours, figures["kazoo"], figures["Java"], ours / figures["kazoo"], ours / figures["Java"]))
                print("  %s: %s" % (load, results), flush=True)
        finally:
            server.forget()
    print("\n| operation, in flight | ZooKeeperClient | kazoo | Java | of kazoo (≥ 3) | of Java (≥ 1) |")
    print("| --- | --: | --: | --: | --: | --: |")
    for row in rows:
        print("| %s | %d/s | %d/s | %d/s | %.1f | %.2f |" % row)
    print("\n" + machine())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
