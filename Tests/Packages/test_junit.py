"""The extension of JUnit 5, compiled and run with Debian's Java as its documentation says."""

import os
import subprocess

from conftest import ROOT, clean_environment, succeed

JARS = [
    f"/usr/share/java/{name}.jar"
    for name in ("junit-jupiter-api", "junit-jupiter-engine", "junit-platform-commons", "junit-platform-engine", "junit-platform-launcher",
                 "junit-platform-console", "junit-platform-reporting", "opentest4j", "opentest4j-reporting-events", "opentest4j-reporting-schema",
                 "apiguardian-api", "picocli", "zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-nop", "netty-all", "netty")
    if os.path.exists(f"/usr/share/java/{name}.jar")
]

# One test that fails, of an ensemble of its own: its servers' logs come along.
FAILING = """
import org.junit.jupiter.api.*;
import paddock.junit.*;

class FailingTest {
    @Test @ZooKeeperEnsemble(participants = 1, settings = {"tickTime=500"})
    void fails(Ensemble ensemble) {
        Assertions.assertEquals(1, ensemble.leader().getAsInt());
        Assertions.assertThrows(IllegalStateException.class, () -> ensemble.stop("1"));
        Assertions.fail("on purpose");
    }
}
"""


def test_the_extension_of_junit(unpacked, tmp_path):
    (tmp_path / "FailingTest.java").write_text(FAILING)
    sources = [*(ROOT / "packaging/junit5").rglob("*.java"), *(ROOT / "Examples/junit5").glob("*.java"), tmp_path / "FailingTest.java"]
    classes = tmp_path / "classes"
    succeed(["javac", "-Xlint:all,-processing,-path,-classfile", "-Werror", "-d", classes, "-cp", ":".join(JARS), *sources])
    environment = clean_environment(tmp_path, PADDOCK_BINARY=str(unpacked / "bin/paddock"), _JAVA_OPTIONS=f"-Djava.io.tmpdir={tmp_path}")
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", ":".join([str(classes), *JARS]), "org.junit.platform.console.ConsoleLauncher",
         "--scan-classpath", str(classes), "--disable-banner", "--details=tree", "--disable-ansi-colors"],
        env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert "1 tests successful" in done.stdout and "1 tests failed" in done.stdout, done.stdout
    assert "on purpose" in done.stdout and "serving clients on 127.0.0.1:" in done.stdout, done.stdout
    assert [path.name for path in tmp_path.glob("paddock-*")] == []
