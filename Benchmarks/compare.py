#!/usr/bin/env python3
"""Runs the same load against the bundled server and Apache ZooKeeper, in turn, and prints the figures and their ratios.

Needs Debian's zookeeper package; builds the release binaries (bin/build-release). Both engines sync their logs. CPU is the
servers' own, user and system, from /proc: the load generator on the same cores does not blur it. Apache is warmed up first: a
cold JVM is three times slower.
"""
import argparse, os, sys, time
import ensembles, floor, standalone, trees
from harness import *


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", choices=["standalone", "ensembles", "observers", "trees", "floor"],
                        help="one server; three and more; what voters and observers do to writes; large trees and long runs; or the least that a write can cost")
    parser.add_argument("--rounds", type=int, default=3, help="how often each load is run; the median counts (3)")
    parser.add_argument("--seconds", type=float, default=2, help="how long each load is run (2)")
    parser.add_argument("--warm", type=float, default=60, help="seconds of load on Apache before anything is measured (60)")
    parser.add_argument("--boots", type=int, default=3, help="how often a server is booted (3)")
    parser.add_argument("--million", action="store_true", help="standalone: also a million znodes, memory and restart time")
    parser.add_argument("--kills", type=int, default=5, help="ensembles: how often the leader is killed (5)")
    parser.add_argument("--idle", type=float, default=15, help="ensembles: how many idle seconds are measured (15)")
    parser.add_argument("--nodes", nargs="+", default=["64", "100000", "1000000"], help="trees: how many znodes (64 100000 1000000)")
    parser.add_argument("--minutes", type=float, default=1, help="trees: how long the sets go on for each engine and size (1)")
    parser.add_argument("--picture", default=ROOT + "/.build/trees", help="trees: where the curves go: this and -throughput.svg, -latency.svg")
    parser.add_argument("--deadline", type=int, default=1800, help="give up after so many seconds (1800)")
    options = parser.parse_args()
    Server.binary, Load.generator = build("zkserver"), build("LoadGenerator")
    began = time.monotonic()
    print(machine(), flush=True)
    compare = {"standalone": standalone.compare, "ensembles": ensembles.compare, "observers": ensembles.curve, "trees": trees.compare, "floor": floor.compare}
    tables = []
    try:
        with deadline(options.deadline):
            for what in options.what:
                tables.append(Table())
                compare[what](tables[-1], options)
    finally:
        # Also what there is when the run is cut short.
        for table in tables:
            table.print()
        print("\n%.0f s; %s" % (time.monotonic() - began, machine()))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
