"""Three servers of each engine while their tree grows, and for how long a large one goes well; and ten million znodes of one server."""
import shutil, threading, time
from ensembles import Ensemble
from harness import *
from picture import Picture

PICTURE = "ten-minutes.svg"


def measure(engine, options):
    """The figures of one engine by the size of its tree. `long` are those of the long run at the largest one."""
    results = {}
    ensemble = Ensemble(engine, 3, heap="3g")
    try:
        ensemble.start()
        ensemble.settle()
        # The same for both: a reply sends the next request, 256 of 8 sessions are under way.
        load = Load(ensemble.servers, connections=8)
        if engine == "apache" and options.warm:
            print("warming Apache up for %g s" % options.warm, flush=True)
            for operation, part in (("set", 0.6), ("get", 0.2), ("create", 0.2)):
                load.run(operation, options.warm * part)
        filled = 0
        for nodes in options.sizes:
            print("%s, %d znodes" % (engine, nodes), flush=True)
            load.fill(nodes, first=filled)
            filled = nodes
            tree = dict(nodes=nodes, root=TREE, directories=1000)
            result = results[nodes] = {"set": load.run("set", options.stretch, **tree)}
            if nodes == options.sizes[-1] and options.minutes:
                result["long"] = long_run(load, options.minutes * 60 / (1 if engine == "bundled" else 10), tree)
            result["get"] = load.run("get", options.stretch / 4, **tree)
            result["PSS"] = max(server.memory() for server in ensemble.servers)
            result["create"] = load.run("create", options.stretch / 4, directories=1000)
            # The tree stays as large as its name says.
            load.clear(directories=1000)
        results["back"] = back(ensemble)
        results["joins"] = joins(ensemble)
        return results
    finally:
        ensemble.forget()


def long_run(load, seconds, tree):
    watcher = Watcher(load.servers, seconds / 100)
    result = load.run("set", seconds, every=seconds / 100, **tree)
    result["seen"] = watcher.stop()
    return result


def follower_of(ensemble):
    leader = ensemble.leader()
    return next(server for server in ensemble.servers if server is not leader)


def back(ensemble, without_data=False):
    """Seconds from the start of a follower, after kill -9, until it serves again."""
    follower = follower_of(ensemble)
    follower.kill()
    if without_data:
        shutil.rmtree(follower.data + "/version-2")
    began = time.monotonic()
    follower.launch()
    ensemble.settle()
    return time.monotonic() - began


def joins(ensemble):
    """How long a follower without data takes, and what the clients of the others see of it: p99 of sets in ms, before and meanwhile."""
    result = {"s": back(ensemble, without_data=True)}
    follower = follower_of(ensemble)
    # The leader and one follower commit without the third.
    load = Load([server for server in ensemble.servers if server is not follower], connections=8)
    result["before"] = load.run("set", 3)["p99 ms"]
    joining = threading.Thread(target=lambda: result.update(loaded=back(ensemble, without_data=True)))
    joining.start()
    result["meanwhile"] = load.run("set", max(3, 2 * result["s"]))["p99 ms"]
    joining.join()
    return result


def compare(report, options):
    results = {engine: measure(engine, options) for engine in ENGINES}
    middle = min(options.sizes, key=lambda nodes: abs(nodes - 100_000))

    def of(nodes, *keys):
        found = []
        for engine in ENGINES:
            value = results[engine][nodes]
            for key in keys:
                value = value[key]
            found.append(value)
        return found

    table = report.table("Three servers, %s znodes of 100 B" % format(middle, ","), "256 requests of 8 sessions are in flight; sets and gets go to any of the znodes.")
    for operation, goals in (("set", (1 / 8, 4, 1 / 4)), ("create", (1 / 8, 4, 1 / 4)), ("get", (1 / 6, 2, 1 / 4))):
        table.add_load(operation, *of(middle, operation), *goals)
    table.add("memory of a server (PSS), MiB", *of(middle, "PSS"), 1 / 4, digits=0)

    table = report.table("The same with other sizes of the tree")
    for nodes in options.sizes:
        name = format(nodes, ",")
        for operation in ("set", "create", "get"):
            table.add("%s znodes, %s, a second" % (name, operation), *of(nodes, operation, "per second"))
            table.add("%s znodes, %s, p99 ms" % (name, operation), *of(nodes, operation, "p99 ms"))
        table.add("%s znodes, set, CPU µs of all servers" % name, *of(nodes, "set", "CPU us"))
        table.add("%s znodes, memory of a server (PSS), MiB" % name, *of(nodes, "PSS"), digits=0)
    table.add("%s znodes, a follower is back after kill -9, s" % name, *(results[engine]["back"] for engine in ENGINES))
    table.add("%s znodes, a follower without data has them, s" % name, *(results[engine]["joins"]["s"] for engine in ENGINES))
    table.add("the same while others set, s", *(results[engine]["joins"]["loaded"] for engine in ENGINES))
    for engine in ENGINES:
        joins = results[engine]["joins"]
        table.add("%s: p99 of these sets meanwhile (left) and before (right), ms" % engine, joins["meanwhile"], joins["before"], 2 if engine == "bundled" else None)

    largest = options.sizes[-1]
    if options.minutes:
        long_table(report, options, results, middle, largest)


def long_table(report, options, results, middle, largest):
    long = {engine: results[engine][largest]["long"] for engine in ENGINES}
    picture = report.pictures[PICTURE] = Picture("Sets of 100 B, three servers, %s znodes" % format(largest, ","))
    for engine in ENGINES:
        curve, seen = long[engine]["curve"], long[engine]["seen"]
        picture.add("sets a second", engine, [(point["s"], point["per second"]) for point in curve])
        picture.add("p99, ms", engine, [(point["s"], point["p99 ms"]) for point in curve])
        picture.add("memory of the server that has most (PSS), MiB", engine, [(s, memory) for s, memory, _ in seen])
        picture.add("data directory of the server that has most, MiB", engine, [(s, disk) for s, _, disk in seen])
    table = report.table(
        "%g minute%s of sets, %s znodes" % (options.minutes, "" if options.minutes == 1 else "s", format(largest, ",")),
        "Apache goes on for a tenth of the time. ![throughput, p99, memory and disk over time](%s)" % PICTURE)
    table.add_load("set", *(long[engine] for engine in ENGINES), 1 / 8, 4, 1 / 4)

    def part(engine, key, which):
        values = [point[key] for point in long[engine]["curve"]]
        return which(values)
    table.add("set, a second, in the slowest hundredth of the time", *(part(engine, "per second", min) for engine in ENGINES))
    table.add("set, p99 ms, in the worst hundredth of the time", *(part(engine, "p99 ms", max) for engine in ENGINES))
    table.add("memory (PSS), most MiB", *(max(memory for _, memory, _ in long[engine]["seen"]) for engine in ENGINES), digits=0)
    table.add("data directory, most MiB", *(max(disk for _, _, disk in long[engine]["seen"]) for engine in ENGINES), digits=0)
    ours = results["bundled"]
    for what, key, bound, at_least in (("rate", "per second", 0.9, True), ("p99", "p99 ms", 1.5, False)):
        table.add("bundled: %s here (left) and with %s znodes (right)" % (what, format(middle, ",")), ours[largest]["long"][key], ours[middle]["set"][key], bound, at_least=at_least)


def large(report, options):
    table = report.table(
        "%s znodes, one bundled server" % format(options.large, ","),
        "Not of Apache: it needs 1.1 GiB for a million znodes, so some 12 GiB here, makes 10,000 to 20,000 a second, and would take longer than all the rest.",
        ("", "bundled", "", "", "goal"))
    server = Server("bundled")
    try:
        server.start()
        load = Load([server], connections=8)
        began = time.monotonic()
        load.fill(options.large)
        table.add("made, a second", options.large / (time.monotonic() - began), None)
        result = load.run("set", options.stretch, nodes=options.large, root=TREE, directories=1000)
        table.add("set, CPU µs", result["CPU us"], None)
        table.add("set, a second", result["per second"], None)
        for part in ("p50", "p99", "p99.9"):
            table.add("set, %s ms" % part, result[part + " ms"], None)
        table.add_bound("memory (PSS), MiB", server.memory(), None, 1.7 * 1024, digits=0)
        server.kill()
        table.add_bound("after kill -9 to the first write, s", server.start(), None, 3)
        table.add("memory then (PSS), MiB", server.memory(), None, digits=0)
    finally:
        server.forget()
