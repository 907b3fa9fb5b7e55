import ZooKeeperServer
import ZooKeeperServerTLS

/// `zkserver-tls CONFIG`: the bundled server with TLS on its secure ports.
@main
struct ZKServerTLS {
    static func main() { ServerExecutable.run(name: "zkserver-tls") { try NIOTransportSecurity($0) } }
}
