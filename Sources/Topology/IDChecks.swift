import Membership

/// Ids: 1…255, each once.
enum IDChecks {
    static func check(_ servers: [PlacedServer], _ draft: Draft, previous: Assignments, into problems: inout Problems) {
        guard case .named = draft.servers else { return }
        var first: [ServerID: PlacedServer] = [:]
        for server in servers {
            if !ServerID.conventional.contains(server.id) {
                problems.error(
                    .serverID, at: server.location, "the id \(server.id) is outside 1…255",
                    mend: "give the server an id from 1 to 255")
            } else if let other = first[server.id] {
                let place = other.location
                problems.error(
                    .duplicateServer, at: server.location,
                    "the id \(server.id) was already given in line \(place.line), column \(place.column)",
                    mend: "give this server an id of its own, e.g. \(unused(servers, previous))")
            } else if previous.retired.contains(server.id) {
                problems.warn(
                    .retiredID, at: server.location, "the id \(server.id) belonged to a server that left this ensemble",
                    mend: "use a new id, e.g. \(unused(servers, previous)), or be sure that its old data may come back")
            }
            first[server.id] = first[server.id] ?? server
        }
        for server in servers where server.id == 255 {
            guard let setting = server.setting("extendedTypesEnabled"), setting.value.value == "true" else { continue }
            problems.error(
                .serverID, at: server.location,
                "the id 255 is not allowed with extendedTypesEnabled: ZooKeeper wants at most 254",
                mend: "give the server an id from 1 to 254, or remove extendedTypesEnabled")
        }
    }

    private static func unused(_ servers: [PlacedServer], _ previous: Assignments) -> ServerID {
        let used = Set(servers.map(\.id) + previous.retired + previous.members.map(\.id))
        return (1...255).lazy.map { ServerID($0) }.first { !used.contains($0) } ?? 1
    }
}
