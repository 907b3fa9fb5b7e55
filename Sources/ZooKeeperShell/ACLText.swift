import ZooKeeperClient

extension [ACL] {
    /// Reads `scheme:id:perms,…`. What is no entry is left out, and said in `remarks`; the list may become empty.
    init(shellText text: String, remarks: inout [ShellCommand.Remark]) {
        self = []
        // Empty ends are no entries, as with Java's split.
        var parts = text.split(separator: ",", omittingEmptySubsequences: false)
        while parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
        for part in parts {
            guard let first = part.firstIndex(of: ":"), let last = part.lastIndex(of: ":"), first < last else {
                remarks.append(.warning("\(part) does not have the form scheme:id:perm"))
                continue
            }
            var permissions: Permissions = []
            for letter in part[part.index(after: last)...] {
                switch letter {
                case "r": permissions.insert(.read)
                case "w": permissions.insert(.write)
                case "c": permissions.insert(.create)
                case "d": permissions.insert(.delete)
                case "a": permissions.insert(.admin)
                default: remarks.append(.warning("Unknown perm type: \(letter)"))
                }
            }
            let id = String(part[part.index(after: first)..<last])
            append(ACL(permissions, AuthID(scheme: String(part[..<first]), id: id)))
        }
    }
}
