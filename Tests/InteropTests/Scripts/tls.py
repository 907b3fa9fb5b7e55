"""Clients with certificates at a secure client port. usage: tls.py PORT DIRECTORY COMMAND

COMMAND is whoami (prints who alice, bob and root are), kazoo (a conversation about x509 ACLs), refusals (what happens to
clients without a certificate that counts), resume (who a client is that takes up its last TLS session), garbage SEED
PLAIN_PORT (bytes that are no TLS, and TLS that breaks off), halfway (what happens to clients that stop in the middle of the
handshake), or ciphers NAME... (which of these a client can speak TLS 1.2 with, each alone).
"""
import ssl
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError
from kazoo.security import make_acl

port, directory, command = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def context(name, ca="ca"):
    made = ssl.create_default_context(cafile="%s/%s.crt" % (directory, ca))
    if name:
        made.load_cert_chain("%s/%s.pem" % (directory, name))
    return made


class SecureWire(Wire):
    def __init__(self, name, made=None, session=None):
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket = (made or context(name)).wrap_socket(plain, server_hostname="127.0.0.1", session=session)
        self.buffer = b""
        self.xid = 0
        self.socket.sendall(connect_request())
        assert len(self.next() or b"") == 37, "no session"


def names(wire):
    """The schemes and users of whoAmI."""
    error, body = wire.ask(107)
    assert error == 0
    count, offset, found = struct.unpack(">i", body[:4])[0], 4, []
    for _ in range(count):
        pair = []
        for _ in range(2):
            length = struct.unpack(">i", body[offset:offset + 4])[0]
            pair.append(body[offset + 4:offset + 4 + length].decode())
            offset += 4 + length
        found.append(":".join(pair))
    return sorted(found)


def kazoo(name):
    client = KazooClient(
        "127.0.0.1:%d" % port, timeout=30, use_ssl=True, ca="%s/ca.crt" % directory, certfile="%s/%s.crt" % (directory, name),
        keyfile="%s/%s.key" % (directory, name))
    client.start(timeout=60)
    return client


def refused(name):
    """Whether the client gets no session."""
    try:
        SecureWire(name)
    except (ssl.SSLError, ConnectionError, AssertionError):
        return True
    return False


if command == "whoami":
    for name in ("alice", "bob", "root"):
        print(name, names(SecureWire(name)))
elif command == "ciphers":
    for name in sys.argv[4:]:
        one = context("bob")
        one.maximum_version = ssl.TLSVersion.TLSv1_2
        one.set_ciphers(name)
        try:
            print(SecureWire("bob", one).socket.cipher()[0])
        except (ssl.SSLError, ConnectionError):
            pass
elif command == "kazoo":
    alice, bob, root = kazoo("alice"), kazoo("bob"), kazoo("root")
    own = make_acl("x509", "CN=bob,O=Example", all=True)
    bob.create("/bob", b"secret" * 10_000, acl=[own])
    assert bob.get("/bob")[0] == b"secret" * 10_000
    for call in (alice.get, lambda path: alice.set(path, b""), alice.get_children):
        try:
            if call("/bob") is not NotImplemented:
                raise SystemExit("%s was allowed" % call)
        except NoAuthError:
            pass
    assert root.get("/bob")[0] == b"secret" * 10_000
    seen = []
    bob.get("/bob", watch=seen.append)
    root.set("/bob", b"changed")
    until("the watch fires", lambda: seen)
    alice.create("/auth", b"", acl=[make_acl("auth", "", all=True)])
    print(alice.get_acls("/auth")[0][0].id.id)
    large = [bob.create_async("/bob/n", b"x" * 100_000, sequence=True) for _ in range(12)]
    assert len({result.get(timeout=60) for result in large}) == 12
    assert len([bob.get_async("/bob/n%010d" % n).get(timeout=60) for n in range(12)]) == 12
    for client in (alice, bob, root):
        client.stop()
    print("done")
elif command == "refusals":
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    plain.sendall(connect_request())
    plain_refused = plain.recv(100)[:1] in (b"", b"\x15")
    print("plain %s, " % plain_refused + ", ".join(
        "%s %s" % (name or "none", refused(name)) for name in (None, "stranger", "expired", "alice")))
elif command == "resume":
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        made, session = context("bob"), None
        made.minimum_version = made.maximum_version = version
        for _ in range(3):
            wire = SecureWire("bob", made, session)
            who, session = names(wire), wire.socket.session
            print(version.name, wire.socket.session_reused, who)
elif command == "garbage":
    source = random.Random(int(sys.argv[4]))
    witness = SecureWire("alice")
    assert witness.ask(1, create("/witness", b"w"))[0] in (0, -110)

    # The first flight of a true handshake.
    outgoing = ssl.MemoryBIO()
    try:
        context("alice").wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()

    def nonsense():
        kind = source.randrange(5)
        if kind == 0:  # anything
            return source.randbytes(source.randrange(1, 400))
        if kind == 1:  # a record of anything, of its true length
            body = source.randbytes(source.randrange(0, 400))
            return struct.pack(">BHH", source.choice([20, 21, 22, 23, 24]), 0x0301, len(body)) + body
        if kind == 2:  # a hello, cut off
            return hello[:source.randrange(1, len(hello))]
        if kind == 3:  # a hello with a few bytes changed
            changed = bytearray(hello)
            for _ in range(source.randrange(1, 9)):
                changed[source.randrange(len(changed))] = source.randrange(256)
            return bytes(changed)
        return hello + source.randbytes(source.randrange(1, 400))  # a hello, then anything

    for _ in range(300):
        pester(port, nonsense(), source)
        assert witness.ask(4, text("/witness") + b"\0")[0] == 0
    until("the connections are gone", lambda: int(mntr(int(sys.argv[5]), "num_alive_connections")) == 2)
    print("done")
elif command == "halfway":
    waiting = []
    for start in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"):
        connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        connection.sendall(start)
        waiting.append(connection)
    for connection in waiting:  # An alert may come first.
        while connection.recv(100):
            pass
    print("closed")
