import Diagnostics

/// dataDir and dataLogDir.
extension ConfigChecker {
    mutating func checkDirectories() {
        if effective["dataDir"] == nil {
            error(
                .dataDirMissing, nil, "dataDir is not set", mend: "write dataDir=/var/lib/zookeeper",
                edit: .set(key: "dataDir", value: "/var/lib/zookeeper"))
        }
        for key in ["dataDir", "dataLogDir"] {
            guard let entry = effective[key], entry.value.unicodeScalars.count == 1,
                !["/", "~"].contains(entry.value)
            else { continue }
            error(
                .dataDirRelative, entry.location,
                "\(key) is '\(entry.value)': ZooKeeper crashes on a path of one character",
                mend: "write an absolute path")
        }
    }

    mutating func adviseOnDirectories() {
        for key in ["dataDir", "dataLogDir"] {
            // What is no path at all was reported with the value.
            if let entry = effective[key], KnownKeys.key(key)?.problem(with: entry.value) == nil {
                checkPath(key, entry)
            }
        }
    }

    private mutating func checkPath(_ key: String, _ entry: ZooCfg.Entry) {
        let path = entry.value
        guard path.hasPrefix("/") else {
            if path.unicodeScalars.count > 1 {
                warn(
                    .dataDirRelative, entry.location,
                    "\(key) '\(path)' is relative: it depends on where the server is started",
                    mend: "write an absolute path")
            }
            return
        }
        if path == "/tmp" || path.hasPrefix("/tmp/") || path == "/var/tmp" || path.hasPrefix("/dev/shm") {
            warn(
                .dataDirTemporary, entry.location, "\(key) \(path) is cleaned by the system: the data will vanish",
                mend: "use a directory of its own, e.g. /var/lib/zookeeper")
        }
        guard let state = surroundings.host?.paths[path] else { return }
        switch state {
        case .directory(_, isWritable: true):
            break
        case .directory(_, isWritable: false):
            error(
                .dataDirUnwritable, entry.location, "\(key) \(path) cannot be written to",
                mend: "give it to the user who runs the server: chown USER \(path)")
        case .notADirectory, .file:
            error(.dataDirUnwritable, entry.location, "\(key) \(path) is not a directory", mend: "name a directory")
        case .missing:
            // No error in itself: the file may have been copied from another host.
            let mend = "mkdir -p \(path)"
            if value("datadir.autocreate")?.lowercased() == "false" {
                error(.dataDirAbsent, entry.location, "\(key) \(path) does not exist here", mend: mend)
            } else if key == "dataDir", isDistributed {
                warn(
                    .dataDirAbsent, entry.location,
                    "\(key) \(path) does not exist here, and the server needs its myid there", mend: mend)
            } else {
                warn(
                    .dataDirAbsent, entry.location,
                    "\(key) \(path) does not exist here; the server would create it", mend: mend)
            }
        }
    }
}
