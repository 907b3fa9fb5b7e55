"""Distributions of Apache ZooKeeper as its project's tarballs are, put together from what Debian and PyPI have.

usage: distributions.py 3.8|3.9 DIR     makes the tarball in DIR and prints its path; 3.9 loads packages once, into ~/.cache/paddock

3.8 is Debian's. 3.9's jars come inside PyPI's pyspark; its logging (Logback, as in the project's own tarball) and what its admin server stands on are Debian's.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "paddock"
JAVA = pathlib.Path("/usr/share/java")
SCRIPTS = pathlib.Path("/usr/share/zookeeper/bin")

# Debian's jars, each by its name with a version.
ADMIN = r"jetty9-(server|servlet|util|util-ajax|http|io|security)|servlet-api"
DEBIAN_3_8 = (
    r"zookeeper|zookeeper-jute|netty-(buffer|codec|common|handler|resolver|tcnative|transport(-native-(unix-common|epoll))?)|slf4j-(api|log4j12)|log4j-1\.2"
    r"|snappy-java|metrics-core|jackson-(annotations|core|databind)|commons-(cli|io)|audience-annotations|" + ADMIN)
DEBIAN_3_9 = "slf4j-api|" + ADMIN
PYSPARK = "pyspark==4.0.1"
PYSPARK_3_9 = r"(zookeeper|netty-(?!all)(?!.*(osx|windows|aarch|riscv|kqueue))|audience|commons-(cli|io)|snappy|metrics-core|jackson-(annotations|core-2|databind))"
LOGBACK = "liblogback-java"


def debian(names, target):
    for jar in JAVA.glob("*.jar"):
        if re.match(rf"({names})-\d", jar.name):
            shutil.copy(jar, target)


def loaded_3_9(target):
    """What no package of this machine has: 430 MB to load, of which 20 are kept."""
    kept = CACHE / "zookeeper-3.9"
    if not kept.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as place:
            place = pathlib.Path(place)
            jars = place / "jars"
            jars.mkdir()
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", place, PYSPARK], check=True, stdout=sys.stderr)
            with tarfile.open(next(place.glob("pyspark-*.tar.gz"))) as archive:
                for member in archive:
                    name = pathlib.PurePath(member.name)
                    if member.isfile() and name.parent.name == "jars" and re.match(PYSPARK_3_9, name.name):
                        (jars / name.name).write_bytes(archive.extractfile(member).read())
            subprocess.run(["apt-get", "--quiet", "download", LOGBACK], check=True, cwd=place, stdout=sys.stderr)
            subprocess.run(["dpkg-deb", "--extract", next(place.glob(f"{LOGBACK}_*.deb")), place / "logback"], check=True)
            for name in ("logback-core", "logback-classic"):
                jar = (place / "logback/usr/share/java" / f"{name}.jar").resolve()
                shutil.copy(jar, jars / f"{name}.jar")
            jars.rename(kept)
    for jar in kept.iterdir():
        shutil.copy(jar, target / jar.name)


def tarball(series, directory):
    """The path of apache-zookeeper-VERSION-bin.tar.gz, made in `directory`."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        library = pathlib.Path(place) / "lib"
        library.mkdir()
        if series == "3.8":
            debian(DEBIAN_3_8, library)
        else:
            loaded_3_9(library)
            debian(DEBIAN_3_9, library)
        version = next(match[1] for jar in library.iterdir() if (match := re.fullmatch(r"zookeeper-(\d.*)\.jar", jar.name)))
        name = f"apache-zookeeper-{version}-bin"
        top = pathlib.Path(directory) / name
        shutil.rmtree(top, ignore_errors=True)
        (top / "bin").mkdir(parents=True)
        library.rename(top / "lib")
        for script in ("zkServer.sh", "zkEnv.sh", "zkCli.sh"):
            if (SCRIPTS / script).exists():
                shutil.copy(SCRIPTS / script, top / "bin")
    path = pathlib.Path(directory) / f"{name}.tar.gz"
    subprocess.run(["tar", "-czf", path, "-C", directory, name], check=True)
    shutil.rmtree(top)
    return str(path)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("3.8", "3.9"):
        sys.exit(__doc__)
    print(tarball(sys.argv[1], sys.argv[2]))
