#!/usr/bin/env python3
"""Runs the same load against the bundled server and Apache ZooKeeper, in turn, and prints the figures and their ratios.

`all` is the whole comparison (under 30 minutes): it puts its tables into README.md and its picture beside it. `short` (5 minutes) is
for everyday: it prints its tables and says where a ratio is more than a fifth away from that in README.md, of those that seconds can
show: the processor's time, rates and medians. The other words run a part.

Needs Debian's zookeeper package; builds the release binaries (bin/build-release). Both engines sync their logs. CPU is the
servers' own, user and system, from /proc: the load generator on the same cores does not blur it. Apache is warmed up first: a
cold JVM is three times slower.
"""
import argparse, os, resource, sys, time, traceback
import ensembles, floor, readme, sessions, standalone, starts, trees
from harness import *

PARTS = {"standalone": standalone.compare, "ensembles": ensembles.compare, "trees": trees.compare, "large": trees.large,
         "observers": ensembles.observers, "sessions": sessions.compare, "floor": floor.compare, "starts": starts.compare}
# `trees` first: its tables lead.
ALL = ("trees", "large", "ensembles", "starts", "standalone", "observers", "sessions", "floor")
SHORT = ("trees", "ensembles", "standalone")
# What `short` does less of.
LESS = dict(warm=45, rounds=2, seconds=2, boots=2, kills=3, idle=2, sizes=[64, 100_000], data=[100], stretch=9, minutes=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", choices=["all", "short"] + list(PARTS), help="the whole comparison, a short one, or parts")
    parser.add_argument("--rounds", type=int, default=3, help="how often each load is run; the median counts (3)")
    parser.add_argument("--seconds", type=float, default=2, help="how long each load is run (2)")
    parser.add_argument("--warm", type=float, default=60, help="seconds of load on Apache before anything is measured (60)")
    parser.add_argument("--boots", type=int, default=3, help="how often a server is booted (3)")
    parser.add_argument("--kills", type=int, default=5, help="how often the leader is killed (5)")
    parser.add_argument("--idle", type=float, default=10, help="how many idle seconds are measured (10)")
    parser.add_argument("--data", type=int, nargs="+", default=[100, 1024, 65536], help="standalone: bytes of a znode (100 1024 65536)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 100_000, 1_000_000], help="trees: how many znodes (64 100000 1000000)")
    parser.add_argument("--stretch", type=float, default=16, help="trees: how long sets go on at each size (16)")
    parser.add_argument("--minutes", type=float, default=10,
                        help="trees: how long sets go on at the largest size, for the picture; Apache gets a tenth of it (10)")
    parser.add_argument("--large", type=int, default=10_000_000, help="large: znodes of one bundled server (10000000)")
    parser.add_argument("--write", action="store_true", help="put the tables into README.md, as `all` does")
    parser.add_argument("--deadline", type=int, default=2700, help="give up after so many seconds (2700)")
    options = parser.parse_args()
    if "short" in options.what:
        given = {word.split("=")[0] for word in sys.argv}
        for name, value in LESS.items():
            if "--" + name not in given:
                setattr(options, name, value)
    parts = list(dict.fromkeys(part for what in options.what for part in {"all": ALL, "short": SHORT}.get(what, (what,))))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    Server.binary, Load.generator = build("zkserver"), build("LoadGenerator")
    began = time.monotonic()
    before = machine()
    print(before, flush=True)
    report = Report()
    try:
        with deadline(options.deadline):
            for part in parts:
                try:
                    PARTS[part](report, options)
                except Stopped:
                    raise
                except (SystemExit, OSError) as why:
                    # The other parts have taken half an hour.
                    traceback.print_exc()
                    report.broke_off(why)
    except BaseException:
        # What there is when the run is cut short.
        print(report.markdown())
        raise
    words = "`compare.py %s`, %s; %.0f s; load average behind it %.1f." % (
        " ".join(sys.argv[1:]), before, time.monotonic() - began, os.getloadavg()[0])
    text = words + "\n" + report.markdown()
    print("\n" + text)
    if "all" in options.what or options.write:
        readme.write(text, report.pictures)
    else:
        readme.compare(report)
    if report.failures:
        raise SystemExit("\n".join(report.failures))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
