"""The .deb, the tarball and the wheel on a Debian 12 that has nothing but its essential packages, apt and python3-venv, as root and an ordinary
user of it; the image's programs where there is nothing else at all.

$PADDOCK_BARE_SYSTEM is a tar archive of such a system; root unpacks it and looks at it from within (chroot). $PADDOCK_WHEELS has pytest and what
it needs: nothing is fetched. $PADDOCK_TLS_PACKAGES has a tarball with the programs with TLS, made by `bin/package --unoptimised`.
"""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from conftest import only, packages, succeed  # noqa: E402, F401

USER = 1000


class System:
    def __init__(self, root):
        self.root = root

    def run(self, script, user=0, mounts="true"):
        """Runs a script in the system, with processes and mounts of its own, which all end with it. `mounts` makes more of them, with the
        system in $1. Returns what the script prints."""
        identity = f"setpriv --reuid={user} --regid={user} --clear-groups " if user else ""
        home = "/home/somebody" if user else "/root"
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        inside = f"cd {home} && exec {identity}bash -euc '{script}'"
        assert "'" not in script
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
                 f'mount --bind "$1" "$1" && mount -t proc proc "$1/proc" && {mounts} && exec chroot "$1" sh -c "$2"', "sh", str(self.root), inside]
        done = subprocess.run(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        assert done.returncode == 0, f"exit code {done.returncode}:\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="module")
def system(packages, tmp_path_factory):  # noqa: F811
    root = tmp_path_factory.mktemp("system")
    subprocess.run(["tar", "-xf", os.environ["PADDOCK_BARE_SYSTEM"], "-C", root], check=True)
    # A user of that system must get at it, whatever the mode of the directories above.
    root.chmod(0o755)
    home = root / "home/somebody"
    home.mkdir()
    os.chown(home, USER, USER)
    shutil.copy(only(packages, "*.deb"), root / "tmp/paddock.deb")
    shutil.copy(only(packages, "paddock-*[!g].tar.gz"), root / "tmp/paddock.tar.gz")
    shutil.copy(only(Path(os.environ["PADDOCK_TLS_PACKAGES"]), "paddock-*.tar.gz"), root / "tmp/tls.tar.gz")
    wheel = only(packages, "*.whl")
    shutil.copy(wheel, root / "tmp" / wheel.name)
    for file in ("paddock.deb", "paddock.tar.gz", "tls.tar.gz", wheel.name):
        (root / "tmp" / file).chmod(0o644)
    shutil.copytree(os.environ["PADDOCK_WHEELS"], root / "tmp/wheels")
    yield System(root)
    shutil.rmtree(root, ignore_errors=True)


AS_SOMEBODY = f"setpriv --reuid={USER} --regid={USER} --clear-groups env HOME=/home/somebody "


def test_the_deb_is_installed_upgraded_and_removed_under_an_ensemble(system):
    said = system.run(f"""
        apt-get install --yes --quiet /tmp/paddock.deb 2>&1
        installed=$(date +%s%N)
        {AS_SOMEBODY} paddock up --json >/home/up.json
        echo "milliseconds $((($(date +%s%N) - installed) / 1000000))"
        {AS_SOMEBODY} paddock shell -- create /a text
        echo == upgrade
        apt-get install --yes --quiet --reinstall /tmp/paddock.deb 2>&1
        {AS_SOMEBODY} paddock status --json >/home/upgraded.json
        {AS_SOMEBODY} paddock rolling-restart --quiet
        {AS_SOMEBODY} paddock status --json >/home/restarted.json
        {AS_SOMEBODY} paddock shell -- get /a
        echo == remove
        apt-get remove --yes --quiet paddock 2>&1
        test ! -e /usr/bin/paddock -a ! -e /usr/lib/paddock -a ! -e /usr/share/paddock
        exec 3<>/dev/tcp/127.0.0.1/2181
        printf srvr >&3
        cat <&3
        """)
    up = json.loads((system.root / "home/up.json").read_text())["status"]
    assert up["health"] == "healthy" and len(up["servers"]) == 4
    milliseconds = int(said.split("milliseconds ")[1].split()[0])
    print(f"healthy {milliseconds} ms after the installation")
    upgraded = json.loads((system.root / "home/upgraded.json").read_text())
    assert upgraded["health"] == "healthy"
    assert [one["pid"] for one in upgraded["servers"]] == [one["pid"] for one in up["servers"]]
    assert all(one["outdated"] for one in upgraded["servers"])
    restarted = json.loads((system.root / "home/restarted.json").read_text())
    assert restarted["health"] == "healthy" and not any(one["outdated"] for one in restarted["servers"])
    removed = said.split("== remove")[1]
    assert "paddock: 5 processes of it still run: ensembles go on" in removed, removed
    assert "Mode: " in removed, removed


def test_the_tarball_is_enough_for_a_user(system):
    said = system.run("""
        tar -xf /tmp/paddock.tar.gz
        paddock-*/install.sh
        ~/.local/bin/paddock up --json
        """, user=USER)
    assert json.loads("{" + said.split("{", 1)[1])["status"]["health"] == "healthy"


def test_a_read_only_system_without_etc_will_do(system):
    """Neither passwd nor nsswitch.conf, and nothing may be written but /tmp: as in an empty container."""
    said = system.run(
        "PADDOCK_HOME=/tmp/state ~/.local/bin/paddock up --json", user=USER,
        mounts='mount -t tmpfs tmpfs "$1/etc" && mount -t tmpfs tmpfs "$1/tmp" && mount -o remount,bind,ro "$1"')
    assert json.loads("{" + said.split("{", 1)[1])["status"]["health"] == "healthy"


def test_the_wheel_is_enough_for_a_test_of_three_lines(system):
    said = system.run(r"""
        python3 -m venv v
        v/bin/pip install --quiet --disable-pip-version-check --no-index --find-links /tmp/wheels /tmp/paddock-*.whl pytest
        printf "def test_it(zookeeper_ensemble):\n    zookeeper_ensemble.kill(\"leader\")\n    zookeeper_ensemble.wait(\"healthy\")\n" >test_it.py
        v/bin/python -m pytest -q -p no:cacheprovider
        v/bin/paddock --version
        """, user=USER)
    assert "1 passed" in said, said


SECURED = """ensemble: secured
participants: 3
ports: {client: 2401, quorum: 2501, election: 2601, admin: 2701, secure: 2801}
settings:
  sslQuorum: true
  ssl.keyStore.location: /home/somebody/server.pem
  ssl.trustStore.location: /home/somebody/ca.pem
  ssl.quorum.keyStore.location: /home/somebody/server.pem
  ssl.quorum.trustStore.location: /home/somebody/ca.pem
"""


def test_the_programs_with_tls_find_each_other_in_a_package(system, tmp_path):
    """TLS between the servers, and for the client, which shows a certificate, too."""
    home = system.root / "home/somebody"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    (tmp_path / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for words in (
        ["req", "-x509", *key, "-keyout", "ca.key", "-out", home / "ca.pem", "-days", "2", "-subj", "/CN=ca", "-addext", "keyUsage=keyCertSign"],
        ["req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server"],
        ["x509", "-req", "-in", "server.csr", "-CA", home / "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "names", "-out", "server.crt"],
    ):
        succeed(["openssl", *words], cwd=tmp_path)
    (home / "server.pem").write_text((tmp_path / "server.key").read_text() + (tmp_path / "server.crt").read_text())
    (home / "secured.yaml").write_text(SECURED)
    said = system.run("""
        mkdir with-tls
        tar -xf /tmp/tls.tar.gz -C with-tls --strip-components=1
        with-tls/install.sh --prefix ~/secured
        export PADDOCK_HOME=~/secured-ensembles PATH=~/secured/bin:$PATH
        paddock up secured.yaml --json >up.json
        property=-Dzookeeper.ssl.
        export CLIENT_JVMFLAGS="-Dzookeeper.client.secure=true ${property}trustStore.location=ca.pem ${property}keyStore.location=server.pem"
        echo "create /secret text" | paddock shell 2>&1
        paddock shell 3 -- get /secret 2>&1
        ls -l /proc/[0-9]*/exe | grep -c "/secured/lib/paddock/zkserver-tls$"
        exec 3<>/dev/tcp/127.0.0.1/2801
        printf srvr >&3
        timeout 5 cat <&3 | grep -c Mode: || true
        """, user=USER)
    status = json.loads((home / "up.json").read_text())["status"]
    assert status["health"] == "healthy" and len(status["servers"]) == 3
    # Both commands over TLS, the second one at server 3; three servers of the program with TLS, which say nothing in plain text.
    assert "Connecting to 127.0.0.1:2801,127.0.0.1:2802,127.0.0.1:2803\n" in said and "Connecting to 127.0.0.1:2803\n" in said, said
    assert said.splitlines()[-3:] == ["text", "3", "0"], said


def test_the_programs_of_the_image_need_nothing_else(packages, tmp_path):  # noqa: F811
    """No C library of any version, no shell, no /etc but the image's: the programs run by themselves."""
    root = tmp_path / "image"
    with tarfile.open(only(packages, "*.oci.tar")) as image:

        def blob(descriptor):
            return image.extractfile("blobs/" + descriptor["digest"].replace(":", "/")).read()

        index = json.loads(image.extractfile("index.json").read())
        layer = blob(json.loads(blob(index["manifests"][0]))["layers"][0])
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer))) as files:
        files.extractall(root)
    os.chown(root / "data", 10001, 10001)
    # What a container's runtime gives.
    (root / "proc").mkdir()
    (root / "dev").mkdir()
    (root / "dev/null").touch()
    script = """mount -t proc proc "$1/proc" && mount --bind /dev/null "$1/dev/null" &&
        exec chroot --userspec=10001:10001 "$1" /usr/bin/paddock up --json"""
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", str(root)], env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/data"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"]["health"] == "healthy"
