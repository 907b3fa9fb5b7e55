/// Which program runs a server.
package enum EngineChoice: Hashable, Sendable {
    /// The server that comes with this project.
    case bundled
    /// An Apache ZooKeeper distribution. `home` is where its `bin/zkServer.sh` is, nil to find it; `heap` is the JVM's
    /// largest heap in Java's notation (`256m`), nil for the distribution's default.
    case apache(home: String?, heap: String?)

    /// What a topology gets that names no engine.
    package static let standard = EngineChoice.apache(home: nil, heap: nil)

    /// The engines that can be launched. The grammar knows all of them; asking for another one is an error with a mend.
    package static let availableNames = ["apache"]
    package static let names = ["bundled", "apache"]

    package var name: String {
        switch self {
        case .bundled: "bundled"
        case .apache: "apache"
        }
    }
}
