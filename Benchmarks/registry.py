#!/usr/bin/env python3
"""How soon a consumer knows of a change, and what it takes to know 10,000 instances: ServiceDiscovery beside Curator, of one bundled server.

Needs Debian's libcurator-discovery-java. Both consumers follow the same service at the same time; the goals are issue 11's.
"""
import argparse, json, threading
from harness import *

JARS = ":".join("/usr/share/java/%s.jar" % name for name in (
    "curator-x-discovery", "curator-framework", "curator-client", "curator-recipes", "jackson-databind", "jackson-core",
    "jackson-annotations", "zookeeper", "zookeeper-jute", "guava", "slf4j-api", "slf4j-nop"))
HERE = os.path.dirname(os.path.abspath(__file__))
DELETE, EPHEMERAL = 2, 1


class Consumer:
    """A program that prints when it knew of how many instances."""

    def __init__(self, command):
        self.began = time.monotonic_ns()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL"] + command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines, self.changed = [], threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(tuple(map(int, line.split())))
                self.changed.notify_all()

    def knew(self, count, since, patience=120):
        """Milliseconds from `since` until it first had so many instances."""
        def found():
            return next((at for at, seen in self.lines if at >= since and seen == count), None)
        with self.changed:
            if not self.changed.wait_for(lambda: found() is not None, patience):
                raise SystemExit("a consumer does not know of %d instances: %s" % (count, self.lines[-3:]))
            return (found() - since) / 1e6

    def memory(self):
        for line in open("/proc/%d/smaps_rollup" % self.process.pid):
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024

    def cpu(self):
        fields = open("/proc/%d/stat" % self.process.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def end(self):
        self.process.kill()
        self.process.wait()


def instance(name):
    return json.dumps({"name": "web", "id": name, "address": "10.1.2.3", "port": 8080, "sslPort": None, "payload": None,
                       "registrationTimeUTC": 1700000000000, "serviceType": "DYNAMIC", "uriSpec": None}).encode()


def create(path, data=b"", flags=0):
    return create_body(path, data)[:-4] + struct.pack(">i", flags)


def register(client, name):
    assert client.call(CREATE, create(b"/services/web/" + name.encode(), instance(name), EPHEMERAL)) == 0


def register_many(client, names, window=200):
    """Many requests on the way at a time."""
    for start in range(0, len(names), window):
        part = names[start:start + window]
        for name in part:
            body = create(b"/services/web/" + name.encode(), instance(name), EPHEMERAL)
            client.socket.sendall(struct.pack(">iii", 8 + len(body), 1, CREATE) + body)
        for _ in part:
            assert client.read_frame()[12:16] == bytes(4)


def changes(table, what, consumers, goal, rounds, change):
    times = [[] for _ in consumers]
    for index in range(rounds):
        count, since = change(index)
        for consumer, measured in zip(consumers, times):
            measured.append(consumer.knew(count, since))
    # On a busy machine the longest measures who else waits for a processor.
    table.add_bound(what + ", ms at the median", *map(median, times), bound=goal)
    table.add(what + ", ms at most", *map(max, times))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="how many changes are measured (50)")
    parser.add_argument("--kills", type=int, default=5, help="how many providers are killed (5)")
    parser.add_argument("--instances", type=int, default=10000, help="how many instances of one service (10,000)")
    options = parser.parse_args()
    programs = ("zkserver", "paddock", "RegistryConsumer")
    Server.binary, paddock, swift = map(build, programs)
    classes = tempfile.mkdtemp(prefix="registry-benchmark-")
    subprocess.check_call(["javac", "-cp", JARS, "-d", classes, HERE + "/RegistryConsumer/RegistryConsumer.java"])
    print(machine(), flush=True)
    table = Table("Watching a service", "", ("", "ServiceDiscovery", "Curator 5.4", "ratio", "goal"))
    # With the usual tickTime: the bundled server does not round to it.
    server = Server("bundled", "tickTime=2000\nminSessionTimeout=1000\nmaxSessionTimeout=60000\n")
    consumers, killed = [], []
    try:
        with deadline(900):
            server.start()
            connect = "127.0.0.1:%d" % server.port
            provider = Client(server.port)
            for path in (b"/services", b"/services/web"):
                provider.call(CREATE, create(path))
            commands = [swift, connect], ["java", "-Xmx1g", "-cp", JARS + ":" + classes, "RegistryConsumer", connect]

            def begin():
                consumers[:] = [Consumer(command) for command in map(list, commands)]

            begin()
            for consumer in consumers:
                consumer.knew(0, 0)

            def registered(index):
                since = time.monotonic_ns()
                register(provider, "r%d" % index)
                return index + 1, since

            def deregistered(index):
                since = time.monotonic_ns()
                assert provider.call(DELETE, text(b"/services/web/r%d" % index) + struct.pack(">i", -1)) == 0
                return options.rounds - 1 - index, since

            changes(table, "from a registration", consumers, 20, options.rounds, registered)
            changes(table, "from a deregistration", consumers, 20, options.rounds, deregistered)

            def dies(index):
                began = time.monotonic_ns()
                process = subprocess.Popen(
                    [paddock, "registry", "register", "web", "--port", "1", "--address", "10.1.2.3", "--session-timeout", "2s",
                     "--server", connect, "--quiet", "--", "sleep", "20"])
                killed.append(process)
                for consumer in consumers:
                    consumer.knew(1, began)
                since = time.monotonic_ns()
                process.kill()
                process.wait()
                return 0, since

            changes(table, "from the kill -9 of a provider with a session of 2 s", consumers, 2050, options.kills, dies)

            def command_dies(index):
                began = time.monotonic_ns()
                process = subprocess.Popen(
                    [paddock, "registry", "register", "web", "--port", "1", "--address", "10.1.2.3", "--server", connect, "--quiet",
                     "--", "sh", "-c", "echo $$; exec sleep 20"], stdout=subprocess.PIPE, text=True)
                killed.append(process)
                pid = int(process.stdout.readline())
                for consumer in consumers:
                    consumer.knew(1, began)
                since = time.monotonic_ns()
                os.kill(pid, signal.SIGKILL)
                process.wait()
                return 0, since

            changes(table, "from the kill -9 of a command that paddock has registered", consumers, 20, options.kills, command_dies)

            # The session of before may have expired: nobody has sent its pings.
            provider = Client(server.port)
            names = ["n%05d" % index for index in range(options.instances)]
            before = [consumer.cpu() for consumer in consumers]
            since = time.monotonic_ns()
            register_many(provider, names)
            took = (time.monotonic_ns() - since) / 1e6
            table.add("%d instances register within %.0f ms: known after, ms" % (len(names), took),
                      *[consumer.knew(len(names), since) for consumer in consumers])
            table.add("CPU of that, s", *[consumer.cpu() - start for consumer, start in zip(consumers, before)])
            for consumer in consumers:
                consumer.end()
            times = []
            for index, command in enumerate(commands):
                consumers[index] = Consumer(list(command))
                times.append(consumers[index].knew(len(names), consumers[index].began))
            table.add("a consumer starts with them: knows all after, ms", *times)
            table.add("its memory, MiB (PSS)", *[consumer.memory() for consumer in consumers])

            def one_more(index):
                since = time.monotonic_ns()
                register(provider, "z%d" % index)
                return len(names) + index + 1, since

            changes(table, "from a registration beside them", consumers, 20, options.rounds, one_more)
    finally:
        for process in [consumer.process for consumer in consumers] + killed:
            process.kill()
        server.forget()
        shutil.rmtree(classes, ignore_errors=True)
        print(table.markdown())
        print("\n" + machine())


if __name__ == "__main__":
    main()
