"""Creates /written and some znodes below it, one by one. usage: writes.py PORT COUNT"""
port, count = int(sys.argv[1]), int(sys.argv[2])
wire = Wire(port)
assert wire.ask(1, create("/written"))[0] == 0
for number in range(count):
    assert wire.ask(1, create("/written/%04d" % number, b"data of %d" % number))[0] == 0
