"""One server of each engine: boot, memory, and loads of all kinds."""
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
        # Creates come last: they leave a tree behind. 64 KiB are sent by fewer at once, or sockets would be all that is measured.
        for operation, size, window in (
                ("set", 100, 64), ("set", 1024, 64), ("set", 65536, 4), ("get", 100, 64), ("get", 1024, 64), ("get", 65536, 4),
                ("mixed", 100, 64), ("create", 100, 64), ("create", 1024, 64)):
            if size not in options.data:
                continue
            results = {engine: [] for engine in ENGINES}
            for _ in range(options.rounds):
                for engine in ENGINES:
                    results[engine].append(load[engine].run(operation, options.seconds, size, window=window))
            name = "%s %s" % (operation, "%d B" % size if size < 1024 else "%d KiB" % (size // 1024))
            table.add_load(name, *(medians(results[engine]) for engine in ENGINES), 1 / 4, 2, 1 / 2, whose="of the server")
        lone_sets(table, load, options)


def lone_sets(table, load, options):
    """One client that waits for each set, in turn with the disk itself."""
    disk, medians = [], {engine: [] for engine in ENGINES}
    for _ in range(3 * options.rounds):
        disk += fdatasync(100)
        for engine in ENGINES:
            medians[engine].append(load[engine].run("set", count=100, connections=1, window=1)["p50 ms"])
    ours, theirs = (median(medians[engine]) for engine in ENGINES)
    table.add("a lone set, p50 ms", ours, theirs)
    table.add("a lone set against the disk's fdatasync (right), p50 ms", ours, median(disk), 1.3)


def compare(report, options):
    table = report.table("One server", "Sets, gets and `mixed` (one set for three gets) go to 64 znodes; 256 requests of 4 sessions are in flight, 16 of those of 64 KiB.")
    boots(table, options.boots)
    loads(table, options)
