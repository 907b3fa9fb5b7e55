/// The version the shell reports.
enum ShellVersion {
    /// Begins with the ZooKeeper version whose shell this stands in for.
    static let text = "3.8.0-paddock-0.1.0"
}
