/// The programs that run a zoo.cfg. They read the same file and differ in what they refuse and in what they ignore.
package enum ServerEngine: String, Hashable, Sendable, CaseIterable {
    /// The server of this project.
    case bundled
    /// Apache ZooKeeper 3.8.
    case apache
}
