import Membership

extension EnsembleConfiguration {
    /// In what this configuration differs from `other`, in words, line by line; empty when both mean the same members and
    /// votes.
    package func differences(from other: EnsembleConfiguration) -> [String] {
        var differences: [String] = []
        for id in Set(servers.map(\.id) + other.servers.map(\.id)).sorted() {
            let (mine, theirs) = (server(id), other.server(id))
            guard mine != theirs else { continue }
            switch (mine, theirs) {
            case (let mine?, let theirs?):
                differences.append("server.\(id) is \(theirs.value()) here and \(mine.value())")
            case (nil, let theirs?): differences.append("server.\(id)=\(theirs.value()) is here only and not")
            case (let mine?, nil): differences.append("server.\(id) is not here but \(mine.value())")
            case (nil, nil): break
            }
        }
        if hierarchyLines != other.hierarchyLines {
            differences.append(
                "groups and weights are \(Self.listed(other.hierarchyLines)) here and \(Self.listed(hierarchyLines))")
        }
        return differences
    }

    private static func listed(_ lines: [String]) -> String { lines.isEmpty ? "none" : lines.joined(separator: " ") }
}
