import Testing

/// The path of a file below this target's `Fixtures` (data directories that Apache ZooKeeper 3.8.0 wrote).
func fixture(_ name: String) -> String {
    let file = #filePath
    return file[..<file.lastIndex(of: "/")!] + "/Fixtures/" + name
}
