import Glibc

/// The files in a directory that describe servers.
package enum ConfigurationFinder {
    /// What is found in `path`; nil when that is no directory.
    package static func files(in path: String) -> [String]? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        return find(in: path)
    }

    /// zoo.cfg files in the directory itself, in the directories in it, and in `conf` of these; dynamic files where no zoo.cfg
    /// is beside them; and topologies in the directory itself. By name, servers by number.
    static func find(in directory: String) -> [String] {
        let root = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        var found: [String] = []
        found += configurations(in: root)
        for name in sorted(SystemFile.names(in: root)) {
            let path = "\(root)/\(name)"
            if isFile(path) {
                if isTopology(path) { found.append(path) }
            } else {
                found += configurations(in: path)
                found += configurations(in: "\(path)/conf")
            }
        }
        return found
    }

    private static func configurations(in directory: String) -> [String] {
        let names = sorted(SystemFile.names(in: directory)).filter { isFile("\(directory)/\($0)") }
        let whole = names.filter { $0.hasPrefix("zoo") && $0.hasSuffix(".cfg") && $0 != "zoo_sample.cfg" }
        // What a server rewrote is named by its zoo.cfg; older ones are left over, and the next one is not in force.
        let dynamic = names.filter { $0.contains(".dynamic") && !$0.hasSuffix(".next") && !$0.hasSuffix(".tmp") }
        return (whole.isEmpty ? dynamic : whole).map { "\(directory)/\($0)" }
    }

    private static func isTopology(_ path: String) -> Bool {
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml"), let text = SystemFile.text(path) else { return false }
        return text.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("ensemble:") }
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// `server.2` before `server.10`.
    private static func sorted(_ names: [String]) -> [String] {
        names.sorted { one, two in
            let (left, right) = (one.prefix { !$0.isNumber }, two.prefix { !$0.isNumber })
            let (first, second) = (
                Int(one.dropFirst(left.count).prefix { $0.isNumber }),
                Int(two.dropFirst(right.count).prefix { $0.isNumber })
            )
            if left == right, let first, let second, first != second { return first < second }
            return one < two
        }
    }
}
