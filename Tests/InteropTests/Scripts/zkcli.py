"""Types the same commands into Apache's own zkCli against both servers, and compares what it prints.

usage: zkcli.py APACHE_PORT OUR_PORT

What may differ is left out: times, session ids, ports. Events come when they come, so they are compared apart.
"""
import difflib, re, subprocess, sys

COMMANDS = """
version
create /n data
create /n again
create /n/a 1
create -s /n/s- seq
create -s /n/s- seq
create -e /n/e ephemeral
create -e -s /n/es- x
create -c /n/container
create -c /n/container/child x
create -t 600000 /n/ttl x
create -s -t 600000 /n/ttls- x
create -t 0 /n/bad x
create /n/acl x digest:bob:n4cGGyRDCZcTkyb7ZFnL+ykKrbU=:cdrwa,world:anyone:r
create /missing/x y
create n y
create /n/trailing/ y
create -e /n/e/child y
ls /
ls /n
ls -s /n
ls -R /n
ls -w /n
ls /missing
get /n
get -s /n/a
get -w /n/a
get /missing
get /n/acl
set /n/a two
set -v 1 /n/a three
set -v 1 /n/a four
set -s /n/a five
set /missing x
stat /n/a
stat -w /n/a
stat /missing
getAcl /n
getAcl -s /n/acl
setAcl /n/a ip:127.0.0.1:cdrwa,world:anyone:r
getAcl /n/a
setAcl -v 0 /n/a world:anyone:cdrwa
setAcl -s /n/a world:anyone:cdrwa
setAcl /n/a nosuch:x:cdrwa
setAcl /n/a digest:x:cdrwa
setAcl /missing world:anyone:r
create /r
create /r/one 1
create /r/one/two 2
setAcl -R /r world:anyone:cdrwa
getAcl /r/one/two
set /n/acl denied
addauth digest bob:pw
set /n/acl allowed
getAcl /n/acl
whoami
addauth nosuch x
getEphemerals
getEphemerals /n
getEphemerals /nosuch
getAllChildrenNumber /n
getAllChildrenNumber /
getAllChildrenNumber /missing
setquota -n 3 /r
setquota -b 100 /r
listquota /r
setquota -N 5 -B 1000 /r
listquota /r
create /r/three 3
create /r/four 4
create /r/five 5
listquota /r
setquota -n 1 /r/one
setquota -n 1 /missing
delquota -n /r
listquota /r
delquota /r
listquota /r
delquota /r
addWatch /n/w
addWatch -m PERSISTENT /n/w2
addWatch -m NOSUCH /n/w3
create /n/w 1
create /n/w/child 1
set /n/w 2
create /n/w2 1
create /n/w2/child 1
removewatches /n/w
removewatches /n/w
removewatches /n/w2 -a
get -w /n
removewatches -d /n
removewatches -c /n
sync /n
sync /missing
config
config -s
config -c
reconfig -add server.5=127.0.0.1:1111:2222;3333
reconfig -remove 3
delete /n
delete -v 7 /n/a
delete -v 4 /n/a
delete /n/a
delete /missing
delete /zookeeper
delete /zookeeper/quota
deleteall /r
deleteall -b 2 /n/w
deleteall /missing
deleteall /n
ls /
ls -R /zookeeper
printwatches
printwatches off
history
redo 1
nosuchcommand
create
get
close
quit
""".strip().splitlines()

CLASSPATH = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar"


def typed(port):
    """What zkCli prints for the commands, line by line, and the events, sorted."""
    run = subprocess.run(
        ["java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djline.terminal=none",
         "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", CLASSPATH, "org.apache.zookeeper.ZooKeeperMain",
         "-waitforconnection", "-server", "127.0.0.1:%s" % port],
        input="\n".join(COMMANDS) + "\n", capture_output=True, text=True, timeout=300)
    text = run.stdout + "\n--- standard error\n" + run.stderr
    for pattern, mark in (
            (r"127\.0\.0\.1:%s" % port, "SERVER"), (r"0x1[0-9a-f]{14}", "SESSION"), (r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}", "TIME"),
            (r"(auth|ip): \S*", r"\1: ID")):
        text = re.sub(pattern, mark, text)
    events = sorted(re.findall(r"WatchedEvent state:\S+ type:\S+ path:\S+", text))
    text = re.sub(r"\n?WATCHER::\n\nWatchedEvent state:\S+ type:\S+ path:\S+\n?", "\n", text)
    return [line for line in text.splitlines() if line.strip()], events


apache, ours = typed(sys.argv[1]), typed(sys.argv[2])
if "--show" in sys.argv:
    print("\n".join(apache[0] + apache[1]))
assert len(apache[0]) > 200, "\n".join(apache[0])
for what, left, right in (("output", apache[0], ours[0]), ("events", apache[1], ours[1])):
    for line in difflib.unified_diff(left, right, "Apache's server, %s" % what, "ours", lineterm="", n=2):
        print(line)
print("done")
