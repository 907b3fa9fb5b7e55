"""Has a leader find one set of each of many clients at once. usage: together.py LEADER_PORT LEADER_PID COUNT

Says how many writes to connections and files it needs for them (the kernel's count)."""
import os, signal

leader, pid, count = (int(word) for word in sys.argv[1:])


def is_stopped():
    tasks = os.listdir("/proc/%d/task" % pid)
    return all(open("/proc/%d/task/%s/stat" % (pid, task)).read().rsplit(")", 1)[1].startswith(" T") for task in tasks)


def writes():
    return next(int(line.split()[1]) for line in open("/proc/%d/io" % pid) if line.startswith("syscw:"))


clients = [Wire(leader) for _ in range(count)]
assert clients[0].ask(1, create("/a"))[0] == 0
os.kill(pid, signal.SIGSTOP)
until("the leader holds still", is_stopped)
before = writes()
for client in clients:
    client.send(5, text("/a") + text(b"x" * 100) + struct.pack(">i", -1))
os.kill(pid, signal.SIGCONT)
for client in clients:
    assert client.next() is not None
print("%d writes" % (writes() - before))
