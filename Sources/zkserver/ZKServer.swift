import ZooKeeperServer

/// `zkserver CONFIG`: the bundled server, without TLS.
@main
struct ZKServer {
    static func main() { ServerExecutable.run(name: "zkserver", security: nil) }
}
