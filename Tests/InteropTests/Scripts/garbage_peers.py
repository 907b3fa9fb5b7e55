"""Sends what no server sends to ports for servers, and leaves connections open. usage: garbage_peers.py CLIENT_PORT PORT..."""
import os, random, socket, struct, sys

client_port, ports = int(sys.argv[1]), [int(port) for port in sys.argv[2:]]
random.seed(7)
open_ones = []


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.settimeout(60)
    return connection


def send(port, data):
    """Sends as much as the server takes, then lets go."""
    connection = connect(port)
    try:
        connection.sendall(data)
    except (ConnectionError, socket.timeout):
        pass
    connection.close()


def string(data):
    return struct.pack(">i", len(data)) + data


def packet(kind, zxid, data):
    return struct.pack(">iq", kind, zxid) + string(data) + struct.pack(">i", -1)


greeting = struct.pack(">qq", -65536, 2) + string(b"127.0.0.1:1")
learner = struct.pack(">qiq", 2, 0x10000, 0)
for port in ports:
    # Noise, in every length, and an HTTP client that lost its way.
    for _ in range(30):
        send(port, random.randbytes(random.choice([1, 3, 4, 19, 100, 5000, 200000])))
    send(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    # Election: lengths that lie, addresses without end, unknown versions, ids of all kinds, messages of all lengths.
    for length in (-1, 0, 0x7FFFFFFF, 2049):
        send(port, struct.pack(">qqi", -65536, 2, length) + bytes(100000))
    for version in (-65537, -1, -2**63):
        send(port, struct.pack(">qq", version, 2) + string(b"127.0.0.1:1"))
    for server in (0, 9, 255, 2**62, -5, 2**63 - 1):
        send(port, struct.pack(">qq", -65536, server) + string(b"127.0.0.1:1") + string(random.randbytes(44)))
    for length in (-1, 0, 1, 27, 28, 39, 40, 44, 2**20, 2**31 - 1):
        send(port, greeting + struct.pack(">i", length) + bytes(min(max(length, 0), 300000)))
    # Quorum: packets of each type out of turn, lengths that lie, a LearnerInfo of the wrong size, a learner from the future.
    for kind in list(range(-1, 22)) + [2**31 - 1]:
        send(port, packet(kind, 1 << 32, learner))
        send(port, packet(11, 1 << 32, learner) + packet(kind, 1 << 32, b"") * 3)
    for length in (-2, 2**20, 2**31 - 1):
        send(port, struct.pack(">iqi", 11, 0, length) + bytes(2_000_000))
    for data in (b"", b"\0", learner[:12], learner + b"\0", struct.pack(">qiq", 2, 0x10000, 99)):
        send(port, packet(11, 0, data))
    send(port, packet(16, 0, struct.pack(">qiq", 77, 0x10000, 0)))
    # Half a greeting, half a packet, and nothing at all; these stay open.
    for beginning in (b"", greeting[:10], struct.pack(">iqi", 11, 0, 20) + b"\0"):
        for _ in range(40):
            connection = connect(port)
            connection.sendall(beginning)
            open_ones.append(connection)

# A client gets through all the same.
client = connect(client_port)
client.sendall(b"ruok")
assert client.recv(10) == b"imok"
print("done")
