import ServerConfig

/// What a file of `-client-configuration` says, as far as it means something to a client without a JVM.
package struct ClientProperties: Hashable, Sendable {
    /// How long an operation may take, in milliseconds; nil for as long as it takes.
    package var requestTimeout: Int64?

    package init() {}

    /// Reads the file's text: Java properties.
    ///
    /// - Throws: for settings that would make the connection secure, as it would be made without.
    package init(text: String, file: String) throws(CommandError) {
        for line in ZooCfg(text: text).lines {
            guard case .entry(let entry) = line.content else { continue }
            switch entry.key {
            case "zookeeper.client.secure" where entry.value.lowercased() == "true":
                throw CommandError(
                    "\(file):\(entry.keyLocation.line): zookeeper.client.secure=true asks for TLS, which this client does not have yet; "
                        + "connect to a plain client port, or use Apache ZooKeeper's zkCli.sh for this server")
            case "zookeeper.request.timeout":
                guard let number = Int64(entry.value), number >= 0 else {
                    throw CommandError(
                        "\(file):\(entry.keyLocation.line): zookeeper.request.timeout takes milliseconds, not \"\(entry.value)\""
                    )
                }
                requestTimeout = number == 0 ? nil : number
            default: break
            }
        }
    }
}
