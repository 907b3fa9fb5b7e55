# Clients of several servers of an ensemble are killed: when do their ephemerals go, counted from their last word?
import threading

TIMEOUT = 2000
PING, CREATE, EXISTS = 11, 1, 3


def die(port, path, result):
    client = Wire(port, timeout=TIMEOUT)
    assert client.ask(CREATE, create(path, flags=1))[0] == 0
    # Not its last word: one more request in the same tick.
    time.sleep(0.2)
    before = time.monotonic()
    assert client.ask(PING)[0] == 0
    after = time.monotonic()
    client.socket.close()
    result[path] = before, after


leader, ports = int(sys.argv[1]), [int(word) for word in sys.argv[2:]]
words, watcher = {}, Wire(leader, timeout=60000)
threads = [threading.Thread(target=die, args=(port, "/%d-%d" % (port, index), words))
           for index, port in enumerate(ports)]
for thread in threads:
    thread.start()
    # Over the whole tick.
    time.sleep(0.25)
for thread in threads:
    thread.join()
assert len(words) == len(ports)
late = {}
while len(late) < len(words):
    time.sleep(0.002)
    for path in words:
        if path in late:
            continue
        asked = time.monotonic()
        if watcher.ask(EXISTS, text(path) + b"\0")[0] == -101:
            now = time.monotonic()
            before, after = words[path]
            assert now - before >= TIMEOUT / 1000, "%s went %.0f ms early" % (path, TIMEOUT - (now - before) * 1000)
            late[path] = (asked - after) * 1000 - TIMEOUT
            assert late[path] < 10000, path
print("at most %.0f ms late" % max(late.values()))
