"""The tables in README.md: written there between two marks, and read back to be compared with."""
import os
import re
from harness import ROOT

PATH = ROOT + "/Benchmarks/README.md"
BEGIN, END = "<!-- written by compare.py all -->\n", "<!-- end of what compare.py wrote -->\n"


def write(text, pictures):
    for name, picture in pictures.items():
        picture.write("%s/Benchmarks/%s" % (ROOT, name))
    with open(PATH) as file:
        whole = file.read()
    before, rest = whole.split(BEGIN)
    _, after = rest.split(END)
    with open(PATH + ".tmp", "w") as file:
        file.write(before + BEGIN + text + END + after)
    os.rename(PATH + ".tmp", PATH)
    print("wrote %s" % ", ".join([PATH] + sorted(pictures)))


def ratios():
    """The ratios in README.md, by section and row."""
    found, section = {}, ""
    with open(PATH) as file:
        table = file.read().split(BEGIN)[1].split(END)[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("### "):
            section = line[4:]
        elif line.startswith("| ") and len(cells) == 5:
            try:
                found[section, cells[0]] = float(cells[3])
            except ValueError:
                pass
    return found


# What some seconds of load show as well as minutes do. A p99 is that of the JVM's collections, which come when they come, and Apache's memory
# grows while it is warmed up.
STEADY = re.compile("CPU|a second$|p50|first write|the leader to the next write, ms, median")


def compare(report, tolerance=0.2):
    """Says where a ratio of this run is another than that in README.md, of those that are steady."""
    known, alike, others = ratios(), 0, []
    for table in report.tables:
        for row in table.rows:
            there = known.get((table.title, row[0]))
            if there and row[3] != "–" and STEADY.search(row[0]):
                here = float(row[3])
                if abs(here - there) <= tolerance * there:
                    alike += 1
                else:
                    others.append("%s, %s: ratio %.3f, in README.md %.3f" % (table.title, row[0], here, there))
    print("\n%d of %d ratios are within %.0f %% of those in README.md" % (alike, alike + len(others), tolerance * 100))
    for other in others:
        print("  " + other)
