"""Types the same commands into ZooKeeper's shell twice, and compares what it prints.

usage: zkcli.py servers APACHE_PORT OUR_PORT       Apache's shell with Apache's server and with ours
       zkcli.py shells FIRST_PORT SECOND_PORT ZKCLI   Apache's shell and ours, each with a fresh server of the same kind

What may differ is left out: times, session ids, ports. Events come when they come, so they are compared apart.
"""
import difflib, json, re, subprocess, sys

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
addauth nosuch x
connect SERVER
ls /
close
ls /
quit
""".strip().splitlines()

# What is of no interest to servers: how words are read, and what is said of wrong ones.
WORDS = r"""
create /q
create "/q/with space" 'single "quotes" inside'
get "/q/with space"
  get "/q"
get "/q
set /q in"side out"
get /q
set /q ""
get /q
set /q äöü€
get /q
get /q watch
ls /q true
ls -s /q watch
stat /q watch
delete /q 3
create -x /q
create -sx /q
create --q
create -t
create -t x /q/t
create -t -s /q/t
create -c -s /q/c
create -e -t 5 /q/c
create -c -t 5 /q/c
create -st600000 /q/st
create /q/d d -e
create -- /q/e -data
get /q/e
create /q/acl x bad
create /q/acl x bad,world:anyone:rz
create /q/acl2 x nosuch:x:r
create /q/acl3 x world:anyone:r,
setAcl /q bad
setAcl /q world:anyone:cdrwa -s
setAcl -R /q nosuch:x:r
setAcl /q
getAcl
get
get q
get /q/
get //q
get /q//q
get /q/./q
get /q/..
ls
ls -?
ls -? /q
ls -R
ls -R -w /q
ls -sR /q
set /q
set /q -5
set -v=0 /q x
stat
delete
deleteall
deleteall q
deleteall -b x /q
addWatch
addWatch -m persistent /q
addWatch -m
removewatches
removewatches -a
removewatches q
getAllChildrenNumber
getAllChildrenNumber x
getEphemerals x
sync
sync x
whoami x
version x
config x
config -c
setquota
setquota /q
setquota -n /q
setquota -n 1
setquota -n 1 -b 2 /q
setquota -n 0 /q
setquota -N -1 /q
setquota -b -1 /q
setquota -n x /q
setquota -n 1 /zookeeper/quota/q
setquota -n 1 /
setquota -n 5 /zookeeper
listquota
listquota /
delquota
delquota -n -b /q
delquota /nosuch
delquota -B /nosuch
setquota -B 0 /q
setquota -b 1 /q
listquota /q
delquota -B /q
listquota /q
create /q/b
setquota -n 5 /q/b
delquota /q
setquota -n 5 /q/b
setquota -n 5 /q
delquota /q/b
ls -R /zookeeper
reconfig
reconfig -s
reconfig -v 1
reconfig -v zz -add server.5=1
reconfig -add a -members b
reconfig -file a -members b
reconfig -add=a
addauth
addauth digest
redo
redo 0
redo 500
redo -1
printwatches x
printwatches on
history
create -e /q/e1
create -e -s /q/e2-
getEphemerals /q
getEphemerals /
deleteall /q
ls /
""".strip().splitlines()

# Run by themselves, for the sake of their exit codes.
SINGLE = [
    ["ls", "/"], ["get", "/one"], ["create", "/one", "a b"], ["create", "/one"], ["get", "-s", "/one"], ["set", "-v", "7", "/one", "x"],
    ["nosuch"], ["create", "-x", "/a"], ["history"], ["redo", "1"], ["version"], ["quit"], ["close"], ["sync", "/nosuch"], ["listquota", "/nosuch"],
    ["setquota", "-n", "0", "/one"], ["reconfig", "-remove", "1"], ["ls -s", "/"], ["delete", "-v", "x", "/one"], ["delete", "/one"],
]

CLASSPATH = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar"
APACHE = [
    "java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djline.terminal=none", "-Dfile.encoding=UTF-8",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", CLASSPATH, "org.apache.zookeeper.ZooKeeperMain"]


def run(shell, port, words=(), lines=()):
    return subprocess.run(
        shell + ["-waitforconnection", "-server", "127.0.0.1:%s" % port] + list(words),
        input="".join(line.replace("SERVER", "127.0.0.1:%s" % port) + "\n" for line in lines), capture_output=True, text=True, timeout=300)


def masked(text, port):
    for pattern, mark in (
            (r"127\.0\.0\.1:%s" % port, "SERVER"), (r"0x1[0-9a-f]{14}", "SESSION"), (r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}", "TIME"),
            (r"(auth|ip): \S*", r"\1: ID")):
        text = re.sub(pattern, mark, text)
    # Ephemerals come in the order of a hash table.
    return re.sub(r"(?m)^\[(/.*)\]$", lambda match: "[" + ", ".join(sorted(match[1].split(", "))) + "]", text)


EVENT = r"WatchedEvent state:\S+ type:\S+ path:\S+"


def typed(shell, port, lines):
    """What the shell prints for the commands, line by line: results, problems, and the events, sorted."""
    result = run(shell, port, lines=lines)
    output = masked(result.stdout, port)
    # A session that is closed may be told to be disconnected first.
    events = sorted(event for event in re.findall(EVENT, output) if "state:Disconnected" not in event)
    output = re.sub(r"\n?WATCHER::\n\n%s\n?" % EVENT, "\n", output)
    return {
        "output": [line for line in output.splitlines() if line.strip()],
        "problems": [line for line in masked(result.stderr, port).splitlines() if line.strip()],
        "events": events, "exit code": [str(result.returncode)]}


def without_java(line):
    """What a shell without a JVM leaves out, or says in its own words (Docs/decisions/0005-where-zkcli-differs.md)."""
    line = re.sub(r"^(Exception in thread \"main\" )?(org|java)\.[\w.]+\.\w+Exception: ", "", line)
    line = re.sub(r"^(ZooKeeper CLI version: 3\.8\.0).*", r"\1", line)
    # Options of 3.9's shell, and one of ours; `exit` is of 3.10.
    line = re.sub(r" \[(-b|-x|--json)\]", "", line)
    left_out = line.startswith(("JLine support is", "\tat ", "\thelp ", "\texit ")) or not line.strip()
    return None if left_out else line


def comparable(lines):
    return [line for line in map(without_java, lines) if line is not None]


def compare(what, first, second, names):
    for line in difflib.unified_diff(first, second, "%s, %s" % (names[0], what), "%s, %s" % (names[1], what), lineterm="", n=2):
        print(line)


def servers(apache_port, our_port):
    apache, ours = typed(APACHE, apache_port, COMMANDS), typed(APACHE, our_port, COMMANDS)
    if "--show" in sys.argv:
        print("\n".join(line for part in apache.values() for line in part))
    assert len(apache["output"] + apache["problems"]) > 200, "\n".join(apache["output"])
    for what in apache:
        compare(what, apache[what], ours[what], ("Apache's server", "ours"))


def shells(first_port, second_port, zkcli):
    names = ("Apache's shell", "ours")
    # Crashes of Apache's shell; ours has words of its own.
    crashes = [["delete", "-v", "x", "/one"]]
    for lines in (COMMANDS, WORDS):
        apache, ours = typed(APACHE, first_port, lines), typed([zkcli], second_port, lines)
        if "--show" in sys.argv:
            print("\n".join(line for part in ours.values() for line in part))
        assert len(apache["output"]) > 50, "\n".join(apache["output"] + apache["problems"])
        for what in apache:
            compare(what, comparable(apache[what]), comparable(ours[what]), names)
    for words in SINGLE:
        apache, ours = run(APACHE, first_port, words), run([zkcli], second_port, words)
        what = "`%s`" % " ".join(words)
        compare(what + " exits with", [str(apache.returncode)], [str(ours.returncode)], names)
        if words in crashes:
            continue
        # zxids: a shell that ends its session writes one more transaction.
        for stream in ("stdout", "stderr"):
            first, second = (
                re.sub(r"Zxid = 0x\w+", "Zxid = ZXID", re.sub(r"\n?WATCHER::\n\n%s\n?" % EVENT, "\n", masked(getattr(result, stream), port)))
                for result, port in ((apache, first_port), (ours, second_port)))
            compare("%s, %s" % (what, stream), comparable(first.splitlines()), comparable(second.splitlines()), names)
    # What is ours alone.
    for words in (["create", "/ours", "a"], ["set", "-b", "/ours", "AP8="]):
        assert run([zkcli], second_port, words).returncode == 0
    node = json.loads(run([zkcli], second_port, ["get", "--json", "/ours"]).stdout)
    assert (node["path"], node["data"], node["encoding"], node["stat"]["version"]) == ("/ours", "AP8=", "base64", 1), node
    assert json.loads(run([zkcli], second_port, ["ls", "-R", "-json", "/ours"]).stdout) == {"path": "/ours", "paths": ["/ours"]}
    assert "ours" in json.loads(run([zkcli], second_port, ["ls", "--json", "/"]).stdout)["children"]
    assert json.loads(run([zkcli], second_port, ["stat", "--json", "/ours"]).stdout)["stat"]["dataLength"] == 2
    assert json.loads(run([zkcli], second_port, ["config", "--json"]).stdout)["servers"] == []
    assert "|00000000| 00 ff  " in run([zkcli], second_port, ["get", "-x", "/ours"]).stdout


{"servers": servers, "shells": shells}[sys.argv[1]](*[word for word in sys.argv[2:] if word != "--show"])
print("done")
