import ShellTerminal
import ZooKeeperClientTLS
import ZooKeeperShell

/// `zkcli-tls [OPTION…] [COMMAND…]`: ZooKeeper's shell with TLS.
@main
struct ZKCliTLS {
    static func main() { ShellExecutable.run { try ClientTLS($0) } }
}

extension ClientTLS {
    fileprivate init(_ properties: TLSProperties) throws {
        let (trusted, password) = (properties.trustedCertificates, properties.password)
        switch properties.keyStore {
        case .pkcs12(let path)?:
            try self.init(
                trustedCertificates: trusted, pkcs12: path, password: password, verifiesHost: properties.verifiesHost)
        case .pem(let path)?:
            try self.init(
                trustedCertificates: trusted, certificateChain: path, password: password,
                verifiesHost: properties.verifiesHost)
        case nil: try self.init(trustedCertificates: trusted, verifiesHost: properties.verifiesHost)
        }
    }
}
