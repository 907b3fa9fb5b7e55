"""Apache's zkCli as bob, over TLS. usage: zkcli_tls.py PORT DIRECTORY"""
import subprocess, sys

port, directory = sys.argv[1:3]
# Debian's zookeeper.jar names what it needs for plain clients; TLS needs two of Netty's besides.
JARS = ("zookeeper", "slf4j-simple", "netty-codec", "netty-resolver")
properties = {
    "zookeeper.client.secure": "true", "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty",
    "zookeeper.ssl.keyStore.location": directory + "/bob.pem", "zookeeper.ssl.trustStore.location": directory + "/ca.crt",
    "zookeeper.ssl.trustStore.type": "PEM", "org.slf4j.simpleLogger.defaultLogLevel": "warn", "jline.terminal": "none",
}
run = subprocess.run(
    ["java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] + ["-D%s=%s" % pair for pair in properties.items()]
    + ["-cp", ":".join("/usr/share/java/%s.jar" % jar for jar in JARS), "org.apache.zookeeper.ZooKeeperMain",
       "-waitforconnection", "-server", "127.0.0.1:" + port],
    input='whoami\ncreate /tls "hello over TLS"\nget /tls\nquit\n', capture_output=True, text=True, timeout=120)
print(run.stdout.replace("\t", " "), run.stderr)
