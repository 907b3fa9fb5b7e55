"""Three servers of each engine with small and large trees: what a write costs as the tree grows, and how it goes over time."""
import os
from ensembles import Ensemble
from harness import *
from picture import Picture

TREE = "/bench/tree"


def fill(load, count):
    """Makes `count` znodes of 100 B, which sets can name by number."""
    load.run("create", count=count, connections=1, window=256, root=TREE, directories=1000)


def disk(server):
    """MiB of its data directory."""
    return sum(os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(server.data) for name in names) / (1 << 20)


def measure(engine, nodes, options, seconds):
    ensemble = Ensemble(engine, 3, heap="3g")
    try:
        ensemble.start()
        ensemble.settle()
        # The same for both: a reply sends the next request, 256 of 8 sessions are under way.
        load = Load(ensemble.servers, connections=8)
        fill(load, nodes)
        tree = dict(nodes=nodes, root=TREE, directories=1000)
        if engine == "apache" and options.warm:
            load.run("set", options.warm, **tree)
        result = load.run("set", seconds, every=seconds / 100, **tree)
        result["create"] = load.run("create", seconds / 5, directories=1000)
        result["PSS"] = max(server.memory() for server in ensemble.servers)
        result["disk"] = max(disk(server) for server in ensemble.servers)
        return result
    finally:
        ensemble.forget()


def compare(table, options):
    sizes = [int(size) for size in options.nodes]
    throughput, latency = (Picture(title, unit) for title, unit in (
        ("sets of 100 B a second, three servers", "a second"), ("their p99", "ms")))
    results = {}
    for nodes in sizes:
        for engine in ENGINES:
            print("%s, %d znodes" % (engine, nodes), flush=True)
            results[engine, nodes] = result = measure(engine, nodes, options, options.minutes * 60)
            name = "%s, %s znodes" % (engine, format(nodes, ","))
            throughput.add(name, [(point["s"], point["per second"]) for point in result["curve"]])
            latency.add(name, [(point["s"], point["p99 ms"]) for point in result["curve"]])
        def row(what, value, *goal, **format_):
            table.add("%s znodes, %s" % (format(nodes, ","), what), *(value(results[engine, nodes]) for engine in ENGINES), *goal, **format_)
        row("set, a second", lambda result: result["per second"], 4, at_least=True)
        row("set, CPU µs of all servers", lambda result: result["CPU us"], 1 / 8)
        for part in ("p50", "p99", "p99.9"):
            row("set, %s ms" % part, lambda result: result[part + " ms"])
        row("create, a second", lambda result: result["create"]["per second"], 4, at_least=True)
        row("create, CPU µs of all servers", lambda result: result["create"]["CPU us"], 1 / 8)
        row("memory of a server (PSS), MiB", lambda result: result["PSS"], 1 / 4, digits=0)
        row("disk of a server behind that, MiB", lambda result: result["disk"], digits=0)
    if 100_000 in sizes and 1_000_000 in sizes:
        for what, key, bound, at_least in (("rate", "per second", 0.9, True), ("p99", "p99 ms", 1.5, False)):
            small, large = (results["bundled", nodes][key] for nodes in (100_000, 1_000_000))
            table.add("bundled: %s of sets with 1,000,000 znodes (left) and with 100,000 (right)" % what, large, small, bound, at_least=at_least)
    for picture, name in ((throughput, "throughput"), (latency, "latency")):
        path = "%s-%s.svg" % (options.picture, name)
        picture.write(path)
        print("wrote %s" % path)
