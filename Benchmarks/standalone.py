"""One server of each engine: boot, memory, load, and a million znodes."""
import contextlib, os, tempfile, time
from harness import *


def fdatasync(count):
    """Milliseconds that the disk took for small synced appends into reserved space."""
    times = []
    with tempfile.NamedTemporaryFile() as file:
        os.posix_fallocate(file.fileno(), 0, 1 << 20)
        os.fsync(file.fileno())
        for _ in range(count):
            began = time.monotonic()
            os.write(file.fileno(), b"x" * 200)
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - began) * 1000)
    return times


def boots(table, rounds):
    times = {engine: [] for engine in ENGINES}
    memory = {}
    for round in range(rounds):
        for engine in ENGINES:
            server = Server(engine)
            try:
                times[engine].append(server.start())
                if round == rounds - 1:
                    time.sleep(3)
                    memory[engine] = server.memory()
            finally:
                server.forget()
    table.add("boot to first write, ms", *(median(times[engine]) * 1000 for engine in ENGINES), 1 / 20, digits=0)
    table.add("idle memory (PSS), MiB", *(memory[engine] for engine in ENGINES), 1 / 6, digits=1)


def loads(table, options):
    with contextlib.ExitStack() as stack:
        servers = {}
        for engine in ENGINES:
            servers[engine] = Server(engine)
            stack.callback(servers[engine].forget)
            servers[engine].start()
        load = {engine: Load([servers[engine]]) for engine in ENGINES}
        if options.warm:
            print("warming Apache up for %g s" % options.warm, flush=True)
            for operation, part in (("set", 0.4), ("get", 0.3), ("mixed", 0.1), ("create", 0.2)):
                load["apache"].run(operation, options.warm * part)
        # Creates come last: they leave a tree behind that every later snapshot has to write.
        for operation in ("set", "get", "mixed", "create"):
            for size in (100, 1024):
                results = {engine: [] for engine in ENGINES}
                for _ in range(options.rounds):
                    for engine in ENGINES:
                        results[engine].append(load[engine].run(operation, options.seconds, size))

                def row(what, key, *goal, **format):
                    table.add("%s %d B, %s" % (operation, size, what), *(median([result[key] for result in results[engine]]) for engine in ENGINES), *goal, **format)
                row("server CPU µs", "CPU us", 1 / 4)
                row("a second", "per second", 2, at_least=True)
                row("p50 ms", "p50 ms")
                row("p99 ms", "p99 ms", 1 / 2)
        lone_sets(table, load)


def lone_sets(table, load):
    """One client that waits for each set, in turn with the disk itself."""
    disk, medians = [], {engine: [] for engine in ENGINES}
    for _ in range(9):
        disk += fdatasync(100)
        for engine in ENGINES:
            medians[engine].append(load[engine].run("set", count=100, connections=1, window=1)["p50 ms"])
    ours, theirs = (median(medians[engine]) for engine in ENGINES)
    table.add("a lone set, p50 ms", ours, theirs)
    table.add("a lone set against the disk's fdatasync (right), p50 ms", ours, median(disk), 1.3)


def million(table):
    filled, loaded, restart = {}, {}, {}
    for engine in ENGINES:
        server = Server(engine)
        try:
            server.start()
            Load([server]).run("create", count=1_000_000, directories=1000)
            filled[engine] = server.memory()
            server.kill()
            restart[engine] = server.start()
            loaded[engine] = server.memory()
        finally:
            server.forget()
    table.add("a million znodes of 100 B, PSS when they are made, MiB", *(filled[engine] for engine in ENGINES), 1 / 4, digits=0)
    table.add("a million znodes of 100 B, PSS after a restart, MiB", *(loaded[engine] for engine in ENGINES), 1 / 4, digits=0)
    table.add("restart with a million znodes, s", *(restart[engine] for engine in ENGINES), 1 / 10)


def compare(table, options):
    boots(table, options.boots)
    loads(table, options)
    if options.million:
        million(table)
