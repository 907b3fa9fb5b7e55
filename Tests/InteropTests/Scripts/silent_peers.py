"""Holds COUNT connections that say nothing to each of some ports, and makes new ones for those that are closed, until it is killed.
usage: silent_peers.py COUNT PORT..."""
import resource, select, socket, sys

count, ports = int(sys.argv[1]), [int(port) for port in sys.argv[2:]]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = {port: [] for port in ports}
made = dict.fromkeys(ports, 0)
is_full = False
while True:
    for port, connections in held.items():
        while len(connections) < count:
            try:
                connections.append(socket.create_connection(("127.0.0.1", port), timeout=10))
                made[port] += 1
            except OSError:
                break
        poller = select.poll()
        for connection in connections:
            poller.register(connection, select.POLLIN)
        closed = {descriptor for descriptor, _ in poller.poll(2)}
        for connection in [one for one in connections if one.fileno() in closed]:
            connections.remove(connection)
            connection.close()
    if not is_full and all(number >= count for number in made.values()):
        is_full = True
        print("full", flush=True)
