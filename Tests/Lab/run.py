#!/usr/bin/python3
"""The playbooks, run as an operator would: from a machine of its own over SSH, on hosts of bin/lab. Needs root.

usage: bin/lab test [--short] [--jobs N] [NAME…]     the scenarios of that name, or all; N (1) at the same time, each in a lab of its own

$PADDOCK_PROGRAMS is a directory with the programs to deploy (else bin/package makes them), $PADDOCK_OLDER_PROGRAMS one with those to upgrade from (else the
same, with another checksum, which is said and counts as half a test), $PADDOCK_ZOOKEEPER_3_9 a tarball of Apache's 3.9 (else distributions.py makes one, for
which it needs a network), $PADDOCK_PYTHON a Python that has kazoo.

Exit code: 0 when all passed, 1 when one failed or could not be run, 64 for wrong arguments, 69 where something is not installed.
"""

import argparse
import atexit

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import distributions

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
os.environ["PADDOCK_LAB"] = os.environ.get("PADDOCK_LAB", f"test-{os.getpid()}")
RUN = pathlib.Path("/run/paddock-lab") / os.environ["PADDOCK_LAB"]
PYTHON = os.environ.get("PADDOCK_PYTHON", str(ROOT / ".build/python/bin/python3"))
SUPER = "super:lab"
# "super:" + base64(SHA-1("super:lab"))
SUPER_DIGEST = "super:t7iPtbfXqvmQ9mBTWOc5t/myKWQ="
scratch = pathlib.Path(tempfile.mkdtemp(prefix="paddock-lab-test."))
atexit.register(shutil.rmtree, scratch, ignore_errors=True)


SHORTENED = "--short" in sys.argv


class Failure(Exception):
    pass


class NotRun(Exception):
    """A scenario lacks what it needs."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def lab(*words, check=True, **options):
    result = subprocess.run([str(ROOT / "bin/lab"), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if check and result.returncode != 0:
        raise Failure(f"bin/lab {' '.join(words)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


def on(host, command, check=True):
    return lab("ssh", host, command, check=check).stdout


def programs(with_tls):
    """The static programs to deploy, out of the tarball that an operator has."""
    directory = scratch / "programs"
    if named := os.environ.get("PADDOCK_PROGRAMS"):
        directory.symlink_to(named)
        return
    made = subprocess.run(
        [str(ROOT / "bin/package"), "tarball", "-z", "1", "--programs", "paddock,zkserver,zkcli" + (",zkserver-tls" if with_tls else ""), "-o", str(scratch / "packages")],
        check=True, stdout=subprocess.PIPE, text=True)
    subprocess.run(["tar", "-xf", made.stdout.strip(), "-C", str(scratch)], check=True)
    directory.symlink_to(next(scratch.glob("paddock-*/lib/paddock")))


def older_programs():
    if named := os.environ.get("PADDOCK_OLDER_PROGRAMS"):
        if b"NOTIFY_SOCKET" not in (pathlib.Path(named) / "zkserver").read_bytes():
            raise NotRun(f"the zkserver in {named} (PADDOCK_OLDER_PROGRAMS) does not tell systemd when it is ready, which this playbook's unit waits for")
        return named
    directory = scratch / "older"
    directory.mkdir()
    for name in ("paddock", "zkserver", "zkcli"):
        shutil.copy(scratch / "programs" / name, directory)
        with open(directory / name, "ab") as program:
            program.write(b"\0")
    return str(directory)


class Ensemble:
    """A topology, and the playbooks that are run with it."""

    def __init__(self, name, servers, engine="apache", settings=None, hosts=None):
        self.name, self.engine, self.hosts = name, engine, hosts or {}
        self.settings = {"tickTime": 500, "initLimit": 20, "syncLimit": 10, **(settings or {})}
        self.variables = {}
        self.path = scratch / f"{name}.yaml"
        self.be(servers)

    def be(self, servers):
        """servers: id → (host, role)"""
        self.servers = servers
        lines = [f"ensemble: {self.name}"]
        # Apache's is what several hosts get by themselves.
        lines += ["engine: bundled"] if self.engine == "bundled" else []
        lines += ["engine: {apache: {heap: 128m}}"] if self.engine == "apache" else []
        lines.append("servers:")
        for number, (host, role) in servers.items():
            lines.append(f"  - {{id: {number}, host: {self.hosts.get(host, address(host))}, role: {role}}}")
        lines.append("settings:")
        lines += [f"  {key}: {json.dumps(str(value)) if isinstance(value, str) else value}" for key, value in self.settings.items()]
        self.path.write_text("\n".join(lines) + "\n")

    def name_of(self, number):
        return f"{self.name}-{number}"

    def addresses(self, *numbers):
        return ",".join(f"{address(self.servers[number][0])}:2181" for number in numbers or self.servers)

    def command(self, playbook, words, variables):
        environment = {
            **os.environ, "PADDOCK_TOPOLOGY": str(self.path), "PADDOCK": str(scratch / "programs/paddock"), "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_FORKS": "10", "ANSIBLE_HOME": str(scratch / "ansible"), "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            "ANSIBLE_NOCOLOR": "1", "ANSIBLE_TIMEOUT": "5", "HOME": str(scratch)}
        given = {
            "ansible_user": "operator", "zookeeper_binaries": str(scratch / "programs"), "zookeeper_patience": 60, **self.variables, **variables}
        line = [str(ROOT / "bin/lab"), "run", "ansible-playbook", "-i", str(ROOT / "playbooks/inventory.sh"), "-e", json.dumps(given),
                str(ROOT / "playbooks" / playbook), *words]
        return line, environment

    def play_in_background(self, playbook, **variables):
        line, environment = self.command(playbook, [], variables)
        return subprocess.Popen(
            line, env=environment, stdin=subprocess.DEVNULL, stdout=open(scratch / "output", "w"), stderr=subprocess.STDOUT, start_new_session=True)

    def fails_in_background(self, process):
        """What it printed, once it has ended."""
        began = time.monotonic()
        status = process.wait(timeout=300)
        text = (scratch / "output").read_text()
        expect(status != 0, f"a run in the background ended well:\n{text[-3000:]}")
        print(f"    it stopped after {time.monotonic() - began:.0f} s", flush=True)
        return text

    def main_pid(self, number):
        return on(self.servers[number][0], f"systemctl show -p MainPID --value paddock-{self.name_of(number)}", check=False).strip()

    def play(self, playbook, *words, expected=0, **variables):
        """Runs a playbook; returns its recap by host, and all it printed."""
        line, environment = self.command(playbook, words, variables)
        began = time.monotonic()
        result = subprocess.run(line, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, timeout=900)
        text = result.stdout + result.stderr
        recap = {}
        for line in result.stdout.partition("PLAY RECAP")[2].splitlines():
            if match := re.match(r"(\S+)\s*: (ok=.*)", line):
                recap[match[1]] = {key: int(value) for key, value in (pair.split("=") for pair in match[2].split())}
        # It only looks at the inventory.
        recap.pop("localhost", None)
        print(f"    {playbook} {' '.join(words)}: {time.monotonic() - began:.0f} s", flush=True)
        if (result.returncode == 0) != (expected == 0):
            raise Failure(f"{playbook} ended with {result.returncode}:\n" + text[-6000:])
        return recap, text

    def changes_nothing(self, playbook, **variables):
        recap, text = self.play(playbook, **variables)
        expect(recap and all(host["changed"] == 0 for host in recap.values()), f"the second run of {playbook} changes something:\n{text[-6000:]}")

    def leader(self):
        for number, (host, _) in self.servers.items():
            if "Mode: leader" in word(host, "srvr"):
                return number
        raise Failure("nobody leads")


def wait_until(condition, text, patience=180, during=None):
    """`during`: a playbook in the background, which must go on meanwhile"""
    deadline = time.monotonic() + patience
    while not condition():
        expect(time.monotonic() < deadline, text)
        expect(during is None or during.poll() is None, f"{text}, and has ended: {(scratch / 'output').read_text()[-3000:] if during else ''}")
        time.sleep(0.1)


def address(host):
    return "10.77.0." + str(10 + int(host[1:]))


def word(host, name):
    script = f"exec 3<>/dev/tcp/{address(host)}/2181 && printf {name} >&3 && timeout 3 cat <&3"
    return lab("run", "bash", "-c", script, check=False).stdout


class Writer:
    """Writes every 20 ms while it is entered, and until `least` writes are acknowledged; then none of them is lost."""

    def __init__(self, servers, path="/load", least=1):
        self.servers, self.path, self.least = servers, path, least

    def __enter__(self):
        self.process = subprocess.Popen(
            [str(ROOT / "bin/lab"), "run", PYTHON, str(ROOT / "Tests/Lab/writer.py"), self.servers, self.path, str(self.least)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        expect(self.process.stdout.readline() == "begun\n", "the writer does not begin")
        return self

    def __exit__(self, kind, *_):
        try:
            output, _ = self.process.communicate("end\n", timeout=120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure("the writer does not end: nothing is acknowledged")
        if kind is not None:
            return
        self.report = json.loads(output)
        print(f"    {self.report['acknowledged']} writes, {self.report['lost']} lost, at most {self.report['longest']} s without one", flush=True)
        expect(self.report["lost"] == 0 and self.report["acknowledged"] > 0, f"acknowledged writes are lost: {self.report}")


def three_and_an_observer():
    return {1: ("h1", "participant"), 2: ("h2", "participant"), 3: ("h3", "participant"), 4: ("h4", "observer")}


# Scenarios. Each begins with hosts that have nothing.

def deployed_and_rolled(engine):
    ensemble = Ensemble("orders", three_and_an_observer(), engine)
    # What is slow and the same on every host is done on one in CI.
    ensemble.play("deploy.yml", "--check", "--diff", *(["--limit", "orders-1"] if SHORTENED else []))
    expect("absent" in on("h1", "test -e /opt/paddock && echo there || echo absent"), "--check changed a host")
    ensemble.play("deploy.yml")
    ensemble.changes_nothing("deploy.yml")
    with Writer(ensemble.addresses(1, 2, 3)):
        recap, _ = ensemble.play("rolling-restart.yml", zookeeper_restart="all")
    expect(all(host["changed"] == 1 for host in recap.values()), f"not every server was restarted: {recap}")
    if not SHORTENED:
        ensemble.changes_nothing("rolling-restart.yml")
    unit = on("h1", "systemctl show paddock-orders-1 -p ActiveState,NRestarts,User; systemd-analyze security paddock-orders-1 | tail -n 1")
    expect("ActiveState=active" in unit and "NRestarts=0" in unit and "User=zookeeper" in unit, unit)
    exposure = float(re.search(r": ([\d.]+)", unit)[1])
    expect(exposure < 3.0, f"the unit is exposed: {unit}")
    return ensemble


def apache():
    """Apache's server: deployed, run again without a change, rolled with nothing lost"""
    deployed_and_rolled("apache")


def bundled():
    """The bundled server: the same, on hosts without its libraries"""
    deployed_and_rolled("bundled")
    needed = on("h1", "ldd /opt/paddock/bin/* 2>&1", check=False)
    expect(needed.count("not a dynamic executable") == 2, f"a host must bring libraries: {needed}")


def members(engine):
    ensemble = Ensemble(
        "grow", three_and_an_observer(), engine,
        {"reconfigEnabled": "true", "DigestAuthenticationProvider.superDigest": SUPER_DIGEST})
    ensemble.variables["zookeeper_auth"] = f"digest:{SUPER}"
    ensemble.play("deploy.yml")
    with Writer(ensemble.addresses(1, 2, 3)):
        for number, host in ((5, "h5"), (6, "h6")):
            ensemble.be({**ensemble.servers, number: (host, "participant")})
            ensemble.play("add-server.yml", zookeeper_joining=number)
            expect("Mode: follower" in word(host, "srvr"), f"server {number} does not follow")
        ensemble.changes_nothing("add-server.yml", zookeeper_joining=6)
        for number in (2, 5):
            ensemble.play("remove-server.yml", zookeeper_leaving=number)
            ensemble.changes_nothing("remove-server.yml", zookeeper_leaving=number)
            ensemble.be({each: place for each, place in ensemble.servers.items() if each != number})
    ensemble.changes_nothing("deploy.yml")
    ensemble.be({**ensemble.servers, 5: ("h5", "participant")})
    _, text = ensemble.play("add-server.yml", expected=1, zookeeper_joining=5)
    expect("Give the new one an id that was never used" in text, text[-3000:])


def members_of_apache():
    """Apache's: grown to five voters and shrunk to three under load; an id is not used twice"""
    members("apache")


def members_of_bundled():
    """The bundled server: grown to five voters and shrunk to three under load"""
    members("bundled")


def partitioned(engine):
    ensemble = Ensemble("cut", three_and_an_observer(), engine)
    ensemble.play("deploy.yml")
    leader = ensemble.leader()
    host = ensemble.servers[leader][0]
    others = [number for number in (1, 2, 3) if number != leader]

    def others_lead():
        return any("Mode: leader" in word(ensemble.servers[number][0], "srvr") for number in others)

    with Writer(ensemble.addresses(1, 2, 3)):
        observer, old_leader = ensemble.main_pid(4), ensemble.main_pid(leader)
        roll = ensemble.play_in_background("rolling-restart.yml", zookeeper_restart="all", zookeeper_patience=20)
        wait_until(lambda: ensemble.main_pid(4) not in (observer, "0"), "the roll does not begin", during=roll)
        # In the middle of it. It stops, and no more than one voter is away.
        lab("partition", host)
        text = ensemble.fails_in_background(roll)
        expect(re.search(r"server \d \(10\.77\.0\.\d+:2181\), seen from h\d: |cannot reach the (client|election) port", text), text[-3000:])
        wait_until(others_lead, "the others elect nobody")
        expect(ensemble.main_pid(leader) == old_leader, "the leader was restarted, though the others could not see it")
        # Before its first step, if it begins like this.
        pids = [ensemble.main_pid(number) for number in ensemble.servers]
        _, text = ensemble.play("rolling-restart.yml", expected=1, zookeeper_restart="all", zookeeper_patience=5)
        expect(re.search(r"server \d \(10\.77\.0\.\d+:2181\), seen from h\d: ", text), text[-3000:])
        expect(pids == [ensemble.main_pid(number) for number in ensemble.servers], "a server was restarted")
        expect(others_lead(), "the quorum is gone")
        lab("heal")
        ensemble.play("status.yml")
        ensemble.play("rolling-restart.yml", zookeeper_restart="all")


def partition_of_apache():
    """Apache's: the leader's network cut in the middle of a rolling restart, which stops and says why; healed, and rolled to the end"""
    partitioned("apache")


def partition_of_bundled():
    """The bundled server: the same"""
    partitioned("bundled")


def tree(servers):
    """All znodes below /, with their data and what a backup keeps of their stats"""
    code = (
        "import sys, json\n"
        "from kazoo.client import KazooClient\n"
        "c = KazooClient(hosts=sys.argv[1]); c.start(30)\n"
        "found = {}\n"
        "def look(path):\n"
        "    data, stat = c.get(path); found[path] = [data.decode('latin-1'), stat.version]\n"
        "    for name in c.get_children(path): look(path.rstrip('/') + '/' + name)\n"
        "look('/load'); print(json.dumps(found, sort_keys=True)); c.stop()\n")
    return lab("run", PYTHON, "-c", code, servers).stdout


def saved(engine):
    ensemble = Ensemble("saved", three_and_an_observer(), engine)
    ensemble.play("deploy.yml")
    with Writer(ensemble.addresses(1, 2, 3), least=100):
        pass
    backup = scratch / f"{engine}.backup"
    before = tree(ensemble.addresses())
    ensemble.play("backup.yml", zookeeper_backup=str(backup))
    expect(backup.stat().st_mode & 0o777 == 0o600, "others may read the backup")
    ensemble.changes_nothing("backup.yml", zookeeper_backup=str(backup))
    with Writer(ensemble.addresses(1, 2, 3), least=50):
        pass
    _, text = ensemble.play("restore.yml", expected=1, zookeeper_backup=str(backup))
    expect("is running, and its data cannot be changed under it" in text and "or -e zookeeper_move_aside=true" in text, text[-3000:])
    ensemble.play("restore.yml", zookeeper_backup=str(backup), zookeeper_move_aside=True)
    expect(tree(ensemble.addresses()) == before, "the restored tree is another one")
    ensemble.changes_nothing("restore.yml", zookeeper_backup=str(backup))


def backup_of_apache():
    """Apache's: backed up, and restored to the same tree"""
    saved("apache")


def backup_of_bundled():
    """The bundled server: backed up, and restored to the same tree"""
    saved("bundled")


def upgrade(ensemble, runs):
    """Under load, with nothing lost; `runs` is a pattern of what the processes of h1 then say."""
    with Writer(ensemble.addresses(1, 2, 3)):
        ensemble.play("upgrade.yml")
    line = on("h1", "pgrep -fa 'QuorumPeerMain|zkserver'; sha1sum /proc/$(pgrep -f 'QuorumPeerMain|zkserver' | head -n 1)/exe")
    expect(re.search(runs, line), f"{runs} does not run: {line}")
    ensemble.changes_nothing("upgrade.yml")


def changed_and_looked_at(ensemble):
    """A setting, the logs and the status"""
    ensemble.settings["maxClientCnxns"] = 77
    ensemble.be(ensemble.servers)
    with Writer(ensemble.addresses(1, 2, 3)):
        ensemble.play("reconfigure.yml")
    expect("maxClientCnxns=77" in on("h2", "cat /var/lib/paddock/newer/server.2/conf/zoo.cfg"), "the setting is not there")
    ensemble.changes_nothing("reconfigure.yml")
    logs = scratch / "logs"
    ensemble.play("collect-logs.yml", zookeeper_logs=str(logs))
    expect("LEADING" in "".join(path.read_text().upper() for path in logs.glob("newer-*.log")), "the logs are empty")
    ensemble.changes_nothing("collect-logs.yml", zookeeper_logs=str(logs))
    _, text = ensemble.play("status.yml")
    expect("leader" in text and "observer" in text, text[-3000:])
    ensemble.changes_nothing("status.yml")


def upgrade_of_apache():
    """Apache's: from Debian's package to a tarball, and from 3.8 to 3.9, under load; what does not change is not restarted"""
    try:
        newest = os.environ.get("PADDOCK_ZOOKEEPER_3_9") or distributions.tarball("3.9", scratch)
    except subprocess.CalledProcessError as error:
        raise NotRun(f"Apache's 3.9 cannot be loaded from PyPI and Debian ({error}); PADDOCK_ZOOKEEPER_3_9 may name its tarball")
    ensemble = Ensemble("newer", three_and_an_observer())
    ensemble.play("deploy.yml")
    for tarball in (distributions.tarball("3.8", scratch), newest):
        ensemble.variables["zookeeper_tarball"] = tarball
        upgrade(ensemble, re.escape("/opt/zookeeper/" + pathlib.Path(tarball).name.removesuffix(".tar.gz")))
    expect("Zookeeper version: 3.9." in word("h1", "srvr"), "it says another version")
    changed_and_looked_at(ensemble)


def upgrade_of_bundled():
    """The bundled server: from an older build to this one, under load; what does not change is not restarted"""
    ensemble = Ensemble("newer", three_and_an_observer(), "bundled")
    older = older_programs()
    ensemble.play("deploy.yml", zookeeper_binaries=older)

    def checksum(directory):
        return hashlib.sha1((pathlib.Path(directory) / "zkserver").read_bytes()).hexdigest()

    expect(checksum(older) in on("h1", "sha1sum /proc/$(pgrep -f zkserver | head -n 1)/exe"), "it does not run the older one")
    upgrade(ensemble, checksum(scratch / "programs"))
    changed_and_looked_at(ensemble)
    if not os.environ.get("PADDOCK_OLDER_PROGRAMS"):
        return "it was upgraded from the same build with another checksum; PADDOCK_OLDER_PROGRAMS names an older package's lib/paddock"
    return None


def certificates(names):
    """For each name and its host one that the same authority signed"""
    directory = scratch / "certificates"
    directory.mkdir(exist_ok=True)

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=directory)

    if not (directory / "ca.pem").exists():
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=lab", "-keyout", "ca.key", "-out", "ca.pem")
    for name, host in names.items():
        (directory / "extensions").write_text(f"subjectAltName=IP:{address(host)}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
                "-extfile", "extensions", "-out", f"{name}.crt")
        (directory / f"{name}.pem").write_text((directory / f"{name}.key").read_text() + (directory / f"{name}.crt").read_text())
    return str(directory)


def secured(engine):
    ensemble = Ensemble("secret", three_and_an_observer(), engine)
    ensemble.play("deploy.yml")
    place = "/etc/paddock/secret"
    ensemble.settings.update({
        "sslQuorum": "true", "ssl.quorum.keyStore.location": f"{place}/server.pem", "ssl.quorum.trustStore.location": f"{place}/ca.pem"})
    if engine == "apache":
        ensemble.settings["serverCnxnFactory"] = "org.apache.zookeeper.server.NettyServerCnxnFactory"
    ensemble.be(ensemble.servers)
    hosts = {ensemble.name_of(number): host for number, (host, _) in ensemble.servers.items()}
    ensemble.variables["zookeeper_certificates"] = certificates(hosts)
    with Writer(ensemble.addresses(1, 2, 3)):
        ensemble.play("tls.yml")
    written = on("h1", "cat /var/lib/paddock/secret/server.1/conf/zoo.cfg")
    expect("sslQuorum=true" in written, "no TLS in zoo.cfg")
    expect("portUnification" not in written, "plain text is still understood")
    # Who speaks first in TLS is answered in TLS; who does not is not answered.
    greeting = lab("run", "openssl", "s_client", "-connect", f"{address('h1')}:3888", "-CAfile", f"{scratch}/certificates/ca.pem", check=False).stdout
    expect("Verify return code: 0 (ok)" in greeting, greeting[-2000:])
    ensemble.changes_nothing("tls.yml")
    certificates(hosts)
    with Writer(ensemble.addresses(1, 2, 3)):
        recap, _ = ensemble.play("tls.yml")
    expect(all(host["changed"] > 0 for host in recap.values()), f"not every server has its new certificate: {recap}")
    ensemble.changes_nothing("tls.yml")


def tls_of_apache():
    """Apache's: TLS between the servers in three rounds, under load, with nothing lost; then new certificates"""
    secured("apache")


def tls_of_bundled():
    """The bundled server: the same"""
    secured("bundled")


def reimaged(engine):
    ensemble = Ensemble("anew", three_and_an_observer(), engine)
    ensemble.play("deploy.yml")
    with Writer(ensemble.addresses(1, 2, 3), least=100):
        pass

    # Server 1 is down, 3 is empty: with its vote server 2 alone could decide what was acknowledged. It is not started.
    on("h1", "systemctl stop paddock-anew-1")
    lab("kill", "h3")
    lab("boot", "h3", "--wiped")
    _, text = ensemble.play("deploy.yml", "--limit", "anew-3", expected=1, zookeeper_patience=5)
    expect("Server 3 has no data on anew-3 and is not started" in text and "server 1 (10.77.0.11:2181), seen from h3: refused" in text, text[-3000:])
    expect(ensemble.main_pid(3) == "0", "the empty server runs")

    # With all hosts those that have data go first.
    before = on("h2", "ls /var/lib/paddock/anew/server.2/data/version-2")
    _, text = ensemble.play("deploy.yml")
    expect("log." in before and len(json.loads(tree(f"{address('h2')}:2181"))) > 100, "acknowledged writes are lost")
    expect("Server 3 has no data on anew-3. It keeps its id" in text and "anew-1, anew-2" in text, text[-3000:])
    expect(on("h3", "cat /var/lib/paddock/anew/server.3/data/myid") == "3\n", "it has another id")
    expect(tree(f"{address('h3')}:2181") == tree(f"{address('h1')}:2181"), "its data are others")
    ensemble.changes_nothing("deploy.yml")

    # The leader's host, under load.
    leader = ensemble.leader()
    host = ensemble.servers[leader][0]
    with Writer(ensemble.addresses(1, 2, 3)):
        lab("kill", host)
        lab("boot", host, "--wiped")
        ensemble.play("deploy.yml")
    expect(re.search("Mode: (follower|leader)", word(host, "srvr")), "the new host does not serve")
    expect(tree(f"{address(host)}:2181") == tree(ensemble.addresses()), "its data are others")


def reimaged_apache():
    """Apache's: a host is made anew with an empty disk; its server keeps its id, and begins when nothing can be lost by it"""
    reimaged("apache")


def reimaged_bundled():
    """The bundled server: the same"""
    reimaged("bundled")


def faults():
    """What goes wrong in the field: said, stopped at, and mended by a second run"""
    ensemble = Ensemble("field", three_and_an_observer())

    # Wrong sudo rights: nothing was changed anywhere.
    on("h3", "mv /etc/sudoers.d/operator /root/")
    _, text = ensemble.play("deploy.yml", expected=1)
    expect("sudo" in text and "absent" in on("h1", "test -e /opt/paddock && echo there || echo absent"), text[-3000:])
    on("h3", "mv /root/operator /etc/sudoers.d/")

    # A full disk.
    on("h2", "head -c 1G /dev/zero >/var/full", check=False)
    _, text = ensemble.play("deploy.yml", expected=1)
    expect(re.search("No space left|disk", text), text[-3000:])
    expect("inactive" in on("h1", "systemctl is-active paddock-field-1", check=False), "the others were started")
    on("h2", "rm /var/full")

    # A host that cannot be reached, from the beginning and in the middle.
    lab("partition", "h4", "operator")
    recap, text = ensemble.play("deploy.yml", expected=1)
    # A connection that was there already has no word for it but that sudo does not answer; one that could not be made anew is no
    # unreachable host to every one of Ansible's modules.
    unreachable = r"UNREACHABLE|Timeout .* waiting for privilege escalation prompt|Failed to connect to the host via ssh"
    expect(re.search(unreachable, text) and recap["field-1"]["changed"] == 0, text[-3000:])
    lab("heal")
    run = ensemble.play_in_background("deploy.yml")
    wait_until(lambda: "there" in on("h1", "test -d /var/lib/paddock/field && echo there || echo absent"), "the run writes nothing", during=run)
    lab("partition", "h4", "operator")
    text = ensemble.fails_in_background(run)
    expect(re.search(unreachable, text), text[-3000:])
    expect("inactive" in on("h1", "systemctl is-active paddock-field-1", check=False), "the others were started")
    lab("heal")

    # A name that is an address of the loopback on its own host.
    named = Ensemble("field", three_and_an_observer(), hosts={f"h{number}": f"h{number}" for number in range(1, 5)})
    _, text = named.play("deploy.yml", expected=1)
    expect("h1, the address of this host's server, is 127.0.1.1 on h1 itself" in text, text[-3000:])

    # A port that a firewall blocks: from where to where.
    ensemble = Ensemble("field", three_and_an_observer())
    lab("block", "h3", "3888")
    _, text = ensemble.play("deploy.yml", expected=1)
    expect("h1 cannot reach the election port of server 3 (field-3) at 10.77.0.13:3888" in text, text[-3000:])
    lab("heal")

    # A port that another program has: what the server says of it in its host's journal is said here. (The ensemble above has its servers
    # on the same ports.)
    for number, (host, _) in ensemble.servers.items():
        on(host, f"systemctl stop paddock-field-{number}")
    stuck = Ensemble("stuck", three_and_an_observer(), "bundled")
    on("h2", "systemd-run --quiet --unit squatter /usr/bin/python3 -m http.server --bind 0.0.0.0 2181")
    _, text = stuck.play("deploy.yml", expected=1)
    expect("Server 2 does not start on stuck-2" in text and re.search("2181.*(in use|taken)|(in use|taken).*2181", text), text[-3000:])
    on("h2", "systemctl stop squatter")
    for number, (host, _) in stuck.servers.items():
        on(host, f"systemctl disable --now paddock-stuck-{number}", check=False)

    # A clock that is an hour off does no harm, and is said.
    on("h2", "true")
    lab("clock", "h2", "3600")
    _, text = ensemble.play("deploy.yml")
    expect(re.search(r"The clock of field-2 is 3[56]\d\d s ahead", text), text[-3000:])
    with Writer(ensemble.addresses(1, 2, 3)):
        ensemble.play("rolling-restart.yml", zookeeper_restart="all")
    lab("clock", "h2", "0")

    # Where the inventory cannot be made nothing is done, and that is no success.
    ensemble.path.write_text("ensemble: [\n")
    _, text = ensemble.play("status.yml", expected=1)
    expect("The inventory has no servers, so nothing was done" in text, text[-3000:])


def rebooted():
    """An ensemble of one host comes back by itself after the power was cut, once it is enabled"""
    for name in ("paddock", "zkserver"):
        with open(scratch / "programs" / name, "rb") as program:
            subprocess.run(
                [str(ROOT / "bin/lab"), "ssh", "h1", f"cat >/usr/local/bin/{name} && chmod 755 /usr/local/bin/{name}"], stdin=program, check=True)
    on("h1", "paddock up --quiet && paddock enable")
    before = json.loads(on("h1", "paddock status --json"))
    lab("kill", "h1")
    lab("boot", "h1")
    on("h1", "paddock wait --timeout 60s")
    after = json.loads(on("h1", "paddock status --json"))
    expect(after["health"] == "healthy" and after["supervisor"]["pid"] != before["supervisor"]["pid"], f"{after}")
    unit = on("h1", "systemctl show paddock-demo -p ActiveState,MainPID; systemd-analyze security paddock-demo | tail -n 1")
    expect(f"MainPID={after['supervisor']['pid']}" in unit and float(re.search(r": ([\d.]+)", unit)[1]) < 3.0, unit)
    # Its servers go on while it is replaced.
    on("h1", "systemctl kill --signal=KILL --kill-whom=main paddock-demo")
    deadline = time.monotonic() + 60
    while True:
        taken = json.loads(on("h1", "paddock status --json", check=False) or "{}")
        if (taken.get("supervisor") or {}).get("pid") not in (None, after["supervisor"]["pid"]):
            break
        expect(time.monotonic() < deadline, f"no supervisor follows the killed one: {taken}")
        time.sleep(0.2)
    expect([one["pid"] for one in taken["servers"]] == [one["pid"] for one in after["servers"]], "the servers were restarted")
    on("h1", "paddock disable")
    expect("disabled" in on("h1", "systemctl is-enabled paddock-demo 2>&1 || echo disabled", check=False), "it is still enabled")
    expect(json.loads(on("h1", "paddock status --json"))["health"] == "healthy", "disable stopped it")


def operators():
    """Two operators at once: the second is refused; the first is interrupted, and its run started again"""
    ensemble = Ensemble("field", three_and_an_observer())
    ensemble.play("deploy.yml")
    ensemble.settings["maxClientCnxns"] = 99
    ensemble.be(ensemble.servers)
    first = ensemble.play_in_background("reconfigure.yml")
    wait_until(lambda: "there" in on("h1", "test -e /run/paddock-field.held && echo there || echo absent"), "nobody holds the ensemble", during=first)
    _, text = ensemble.play("rolling-restart.yml", expected=1)
    expect("is changing field" in text, text[-3000:])
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    ensemble.play("reconfigure.yml")
    ensemble.changes_nothing("reconfigure.yml")


def networks():
    """What `delay` and `loss` ask for is what packets suffer, both on their way to the host and from it; `heal` ends it"""
    count = 400

    def ping(host):
        """milliseconds there and back, and how many in a hundred are lost"""
        output = lab("run", PYTHON, str(ROOT / "Tests/Lab/ping.py"), address(host), str(count)).stdout
        measured = json.loads(output)
        return measured["milliseconds"], measured["lost"]

    on("h2", "systemd-run --quiet --unit echo /usr/bin/python3 -c '"
             "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((\"\", 7))\nwhile True: s.sendto(*s.recvfrom(100))'")
    wait_until(lambda: ping("h2")[1] < 100, "nothing is echoed")
    near, lost = ping("h2")
    print(f"    {near:.2f} ms, {lost:.1f} % lost", flush=True)
    expect(near < 20 and lost == 0, f"{near} ms, {lost} % lost on a good network")
    for delay in (10, 50, 200):
        lab("delay", "h2", str(delay))
        milliseconds, lost = ping("h2")
        print(f"    delay {delay}: {milliseconds:.2f} ms there and back, {lost:.1f} % lost", flush=True)
        expect(2 * delay <= milliseconds < 2 * delay + 10 + near and lost == 0, f"delay {delay}: {milliseconds} ms, {lost} % lost")
    lab("heal", "h2")
    for loss in (5, 20, 50):
        lab("loss", "h2", str(loss))
        _, lost = ping("h2")
        # Each way; four standard deviations of what chance makes of it.
        wanted = 1 - (1 - loss / 100) ** 2
        margin = 4 * (wanted * (1 - wanted) / count) ** 0.5
        print(f"    loss {loss}: {lost:.1f} % lost there and back, {100 * wanted:.1f} asked for", flush=True)
        expect(abs(lost / 100 - wanted) <= margin, f"loss {loss}: {lost} % lost there and back")
    lab("heal")
    near, lost = ping("h2")
    expect(near < 20 and lost == 0, f"{near} ms, {lost} % lost once healed")


def distant():
    """The bundled server: a rolling restart with one host 20 ms away, whose network loses packets; nothing is lost"""
    ensemble = Ensemble("far", three_and_an_observer(), "bundled")
    ensemble.play("deploy.yml")
    lab("delay", "h2", "20")
    lab("loss", "h2", "2")
    with Writer(ensemble.addresses(1, 2, 3), least=100):
        ensemble.play("rolling-restart.yml", zookeeper_restart="all")
    ensemble.changes_nothing("rolling-restart.yml")


SHORT = [apache]
ALL = [
    apache, bundled, partition_of_apache, partition_of_bundled, members_of_apache, members_of_bundled, backup_of_apache, backup_of_bundled,
    upgrade_of_apache, upgrade_of_bundled, tls_of_apache, tls_of_bundled, reimaged_apache, reimaged_bundled, rebooted, operators, faults, networks,
    distant]
LONG = [upgrade_of_apache, tls_of_apache, reimaged_apache, reimaged_bundled, tls_of_bundled, upgrade_of_bundled, faults]


def missing(chosen):
    """What this machine does not have, and how it gets it"""
    found = []
    if not shutil.which("ansible-playbook"):
        found.append(("ansible-playbook", "apt-get install ansible-core"))
    if not pathlib.Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", "import kazoo"], capture_output=True).returncode != 0:
        found.append((f"{PYTHON} with kazoo", "python3 -m venv .build/python && .build/python/bin/pip install -r Tests/requirements.txt"))
    if chosen != [networks] and not (pathlib.Path("/usr/share/java/zookeeper.jar").exists() and shutil.which("java")):
        found.append(("Apache ZooKeeper", "apt-get install zookeeper default-jre-headless"))
    if not shutil.which("openssl"):
        found.append(("openssl", "apt-get install openssl"))
    return found


class Count:
    """How the scenarios ended"""

    WORDS = {"passed": "passed", "failed": "FAILED", "half": "passed in part", "not run": "not run"}

    def __init__(self):
        self.names = {outcome: [] for outcome in self.WORDS}

    @classmethod
    def code(cls, outcome):
        """Which exit code of a process with one scenario says it"""
        return list(cls.WORDS).index(outcome)

    @classmethod
    def outcome(cls, code):
        return list(cls.WORDS)[code] if 0 <= code < len(cls.WORDS) else "failed"

    def add(self, name, outcome):
        self.names[outcome].append(name)

    def text(self):
        """Those that did not pass are named: the last line is what is looked at"""
        parts = [f"{len(self.names['passed'])} passed", f"{len(self.names['failed'])} failed"]
        parts += [f"{len(self.names[outcome])} {self.WORDS[outcome]}" for outcome in ("half", "not run") if self.names[outcome]]
        others = [f"{self.WORDS[outcome]}: {', '.join(self.names[outcome])}" for outcome in ("failed", "half", "not run") if self.names[outcome]]
        return ", ".join(parts) + (f" ({'; '.join(others)})" if others else "")

    def status(self):
        return 1 if self.names["failed"] or self.names["not run"] else 0


def run_one(scenario):
    """Its outcome"""
    print(f"-- {scenario.__name__}: {scenario.__doc__}", flush=True)
    began = time.monotonic()
    count = "6" if "members" in scenario.__name__ else "4"
    outcome, why = "passed", None
    try:
        lab("up", count, "--minutes", "60", "--for", str(os.getpid()))
        why = scenario()
        outcome = "half" if why else "passed"
    except NotRun as reason:
        outcome, why = "not run", reason
    except (Failure, subprocess.SubprocessError) as failure:
        outcome, why = "failed", failure
    finally:
        lab("down")
    print(f"   {Count.WORDS[outcome]}: {time.monotonic() - began:.0f} s" + (f": {why}" if why else ""), flush=True)
    return outcome


def run_side_by_side(chosen, jobs, count):
    """Each in a process and a lab of its own, whose output comes when it has ended"""
    # The longest begin first.
    waiting = sorted(chosen, key=lambda one: one not in LONG)
    running = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                scenario = waiting.pop(0)
                output = open(scratch / f"{scenario.__name__}.output", "w+")
                environment = {
                    **os.environ, "PADDOCK_LAB": f"{os.environ['PADDOCK_LAB']}-{scenario.__name__}",
                    "PADDOCK_PROGRAMS": str((scratch / "programs").resolve())}
                command = [sys.executable, __file__, "--one", scenario.__name__]
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment)
                running.append((scenario, process, output))
            for entry in running[:]:
                scenario, process, output = entry
                if process.poll() is None:
                    continue
                running.remove(entry)
                count.add(scenario.__name__, Count.outcome(process.returncode))
                output.seek(0)
                print(output.read(), end="", flush=True)
                output.close()
            time.sleep(0.1)
    finally:
        for _, process, _ in running:
            process.terminate()
        for _, process, _ in running:
            process.wait()


def main():
    parser = argparse.ArgumentParser(prog="bin/lab test", add_help=False)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--one", action="store_true")
    parser.add_argument("names", nargs="*")
    try:
        given = parser.parse_intermixed_args()
    except SystemExit:
        return 64
    if unknown := set(given.names) - {one.__name__ for one in ALL}:
        print(f"bin/lab test: no scenario {', '.join(sorted(unknown))}; there are {', '.join(one.__name__ for one in ALL)}", file=sys.stderr)
        return 64
    chosen = [one for one in ALL if one.__name__ in given.names] if given.names else SHORT if given.short else ALL
    if found := missing(chosen):
        for what, mend in found:
            print(f"bin/lab test: there is no {what} here\n  mend: {mend}", file=sys.stderr)
        return 69
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    count = Count()
    try:
        programs(with_tls=tls_of_bundled in chosen)
        if given.jobs > 1:
            run_side_by_side(chosen, given.jobs, count)
        elif given.one:
            return Count.code(run_one(chosen[0]))
        else:
            for scenario in chosen:
                count.add(scenario.__name__, run_one(scenario))
    finally:
        if given.jobs == 1:
            lab("down", check=False)
    print(count.text())
    return count.status()


if __name__ == "__main__":
    sys.exit(main())
