import ShellTerminal

/// `zkcli [OPTION…] [COMMAND…]`: ZooKeeper's shell.
@main
struct ZKCli {
    static func main() { ShellExecutable.run(secure: nil) }
}
