"""Creates znodes of 1 KiB, one by one, until the server does not acknowledge any more. Prints how many it did.

usage: fill.py PORT
"""
port = int(sys.argv[1])
wire = Wire(port)
acknowledged = 0
while True:
    got = wire.ask(1, create("/full-%06d" % acknowledged, b"f" * 1024))
    if got is None:
        break
    assert got[0] == 0
    acknowledged += 1
    assert acknowledged < 100_000, "the disk is not full"
print(acknowledged)
