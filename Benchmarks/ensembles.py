"""Ensembles of each engine: start, the death of a leader, a rolling restart, idling, and what observers cost."""
import contextlib, signal, threading, time
from harness import *


class Ensemble:
    """Servers 1…participants, then the observers."""

    def __init__(self, engine, participants, observers=0, heap="1000m"):
        self.engine, self.servers = engine, []
        count = participants + observers
        ports = free_ports(3 * count)
        config = "initLimit=10\nsyncLimit=5\n"
        for number in range(count):
            role = "participant" if number < participants else "observer"
            config += "server.%d=127.0.0.1:%d:%d:%s\n" % (number + 1, ports[3 * number], ports[3 * number + 1], role)
        for number in range(count):
            role = "" if number < participants else "peerType=observer\n"
            self.servers.append(Server(engine, config + role, number + 1, heap, ports[3 * number + 2]))

    def start(self):
        """Starts all; the seconds until the first write was acknowledged."""
        began = time.monotonic()
        for server in self.servers:
            server.launch()
        return first_write(self.servers, began) - began

    def forget(self):
        for server in self.servers:
            server.kill()
        for server in self.servers:
            server.forget()

    def leader(self):
        return next((server for server in self.servers if "Mode: leader" in ask(server.port, b"srvr")), None)

    def settle(self):
        """Waits until every server serves."""
        began = time.monotonic()
        for server in self.servers:
            while "Mode: " not in ask(server.port, b"srvr"):
                if time.monotonic() - began > 60:
                    raise SystemExit("a server of %s does not serve after 60 s:\n%s" % (self.engine, server.log()))
                time.sleep(0.005)

    def cpu(self):
        return sum(server.cpu() for server in self.servers)


class Writer(threading.Thread):
    """A client that writes one value after the other, and goes to the next server at once when its own is lost."""

    def __init__(self, ports, first):
        super().__init__(daemon=True)
        self.ports, self.at, self.session = ports, first, None
        self.acknowledged, self.lost_sessions, self.stopped = [], 0, False
        self.start()

    def run(self):
        client = None
        while not self.stopped:
            try:
                if not client:
                    client = Client(self.ports[self.at % len(self.ports)], patience=0.5, session=self.session)
                    if self.session and client.session[0] != self.session[0]:
                        self.lost_sessions += 1
                        self.session = None
                        raise OSError("session expired")
                    self.session = client.session
                began = time.monotonic()
                if client.call(SET, set_body(b"/first", b"d" * 100)) != 0:
                    raise OSError("refused")
                self.acknowledged.append((began, time.monotonic()))
            except OSError:
                if client:
                    client.close()
                client = None
                self.at += 1
            time.sleep(0.002)


class Writers:
    """Clients of all servers, and what they saw together."""

    def __init__(self, ensemble):
        ports = [server.port for server in ensemble.servers]
        self.writers = [Writer(ports, first) for first in range(len(ports))]

    def next_after(self, moment, patience=60):
        """When the first write that began after `moment` was acknowledged."""
        while True:
            done = [done for writer in self.writers for began, done in writer.acknowledged[-100:] if began >= moment]
            if done:
                return min(done)
            if time.monotonic() - moment > patience:
                raise SystemExit("no write for %g s" % patience)
            time.sleep(0.001)

    def worst_gap(self, since):
        times = sorted(done for writer in self.writers for _, done in writer.acknowledged if done >= since)
        return max(b - a for a, b in zip(times, times[1:]))

    def stop(self):
        """The number of sessions that were lost."""
        for writer in self.writers:
            writer.stopped = True
        for writer in self.writers:
            writer.join()
        return sum(writer.lost_sessions for writer in self.writers)


def starts(table, rounds):
    for participants, observers in ((3, 0), (3, 8)):
        times = {engine: [] for engine in ENGINES}
        for _ in range(rounds):
            for engine in ENGINES:
                ensemble = Ensemble(engine, participants, observers)
                try:
                    times[engine].append(ensemble.start() * 1000)
                finally:
                    ensemble.forget()
        what = "%d servers" % participants + (" and %d observers" % observers if observers else "")
        table.add("%s, start to first write, ms" % what, *(median(times[engine]) for engine in ENGINES), 1 / 20, digits=0)


def kills(ensemble, count):
    """Milliseconds from each kill -9 of the leader to the next write, and the sessions that were lost."""
    writers, gaps = Writers(ensemble), []
    for _ in range(count):
        ensemble.settle()
        time.sleep(0.5)
        leader = ensemble.leader()
        moment = time.monotonic()
        leader.kill()
        gaps.append((writers.next_after(moment) - moment) * 1000)
        leader.launch()
    ensemble.settle()
    return gaps, writers.stop()


def rolling_restart(ensemble):
    """The longest milliseconds between two acknowledgements, the sessions that were lost, and the seconds for each server."""
    writers = Writers(ensemble)
    ensemble.settle()
    time.sleep(1)
    began = time.monotonic()
    leader = ensemble.leader()
    for server in sorted(ensemble.servers, key=lambda server: server is leader):
        server.kill(signal.SIGTERM)
        server.launch()
        ensemble.settle()
    each = (time.monotonic() - began) / len(ensemble.servers)
    time.sleep(1)
    return writers.worst_gap(began) * 1000, writers.stop(), each


def idle(table, seconds):
    with contextlib.ExitStack() as stack:
        ensembles = []
        for engine in ENGINES:
            ensembles.append(Ensemble(engine, 3, 1))
            stack.callback(ensembles[-1].forget)
            ensembles[-1].start()
            ensembles[-1].settle()
        time.sleep(3)
        before = [ensemble.cpu() for ensemble in ensembles]
        time.sleep(seconds)
        used = [(ensemble.cpu() - cpu) / seconds * 100 for ensemble, cpu in zip(ensembles, before)]
        table.add_bound("3 servers and 1 observer idle, % of a core", *used, 1)
        table.add("the same, memory (PSS), MiB", *(sum(server.memory() for server in ensemble.servers) for ensemble in ensembles), digits=0)


def compare(report, options):
    table = report.table("Starting, idling, failing")
    starts(table, options.boots)
    idle(table, options.idle)
    gaps, lost, rolled = {}, {}, {}
    for engine in ENGINES:
        ensemble = Ensemble(engine, 3)
        try:
            ensemble.start()
            ensemble.settle()
            if engine == "apache" and options.warm:
                Load(ensemble.servers, connections=6).run("set", options.warm / 4)
            gaps[engine], lost[engine] = kills(ensemble, options.kills)
            rolled[engine] = rolling_restart(ensemble)
        finally:
            ensemble.forget()
    table.add_bound("kill -9 of the leader to the next write, ms, median", *(median(gaps[engine]) for engine in ENGINES), 100, digits=0)
    table.add_bound("the same, worst of %d" % options.kills, *(max(gaps[engine]) for engine in ENGINES), 100, digits=0)
    table.add_bound("sessions lost by that", *(lost[engine] for engine in ENGINES), 0, digits=0)
    table.add_bound("worst write gap in a rolling restart, ms", *(rolled[engine][0] for engine in ENGINES), 150, digits=0)
    table.add_bound("sessions lost by that", *(rolled[engine][1] for engine in ENGINES), 0, digits=0)
    table.add_bound("the rolling restart, seconds a server", *(rolled[engine][2] for engine in ENGINES), 0.1)


def observers(report, options):
    table = report.table("Eight observers more", "The clients are those of servers 1 to 3 in every row; an Apache ensemble is warmed up for %g s only. All servers share the machine, "
                         "so writes fall because its cores are full, not because anybody waits for an observer." % (options.warm / 4))
    for participants, observers in ((3, 0), (3, 8)):
        results = {}
        for engine in ENGINES:
            ensemble = Ensemble(engine, participants, observers)
            try:
                ensemble.start()
                ensemble.settle()
                load = Load(ensemble.servers[:3], connections=6)
                if engine == "apache" and options.warm:
                    load.run("set", options.warm / 4)
                load.measured = ensemble.servers
                results[engine] = medians([load.run("set", options.seconds) for _ in range(options.rounds)])
            finally:
                ensemble.forget()
        table.add_load("%d + %d, set" % (participants, observers), *(results[engine] for engine in ENGINES))
