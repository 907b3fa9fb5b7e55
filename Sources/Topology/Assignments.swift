import Membership

/// What an ensemble keeps for life, beside its topology: ids and ports do not move when the file changes.
///
/// The shorthand (`participants: 5`) takes the ids that are recorded here and adds new ones; a server that leaves takes
/// its id with it. A server keeps its place in the port plan, and its ports when they were taken by `ports: auto`.
package struct Assignments: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var id: ServerID
        package var role: ServerRole
        /// `HostAddress.machine` of its host.
        package var machine: String
        /// k in `base + k × offset`: its place among the servers of its machine.
        package var slot: Int
        /// The ports that `ports: auto` took.
        package var ports: ServerPorts?
    }

    /// Ascending by id.
    package private(set) var members: [Member]
    /// Ids of servers that left, ascending. The shorthand never gives them out again.
    package private(set) var retired: [ServerID]

    /// Of an ensemble that was never applied.
    package init() {
        members = []
        retired = []
    }

    init(members: [Member], retired: some Sequence<ServerID>) {
        self.members = members.sorted { $0.id < $1.id }
        self.retired = Set(retired).sorted()
    }

    subscript(id: ServerID) -> Member? { members.first { $0.id == id } }
}

// MARK: - Text form

/// A text that is not a record of assignments: the number of the line and what is wrong with it.
package struct AssignmentsError: Error, Hashable, Sendable, CustomStringConvertible {
    package var line: Int
    package var problem: String

    package var description: String { "line \(line): \(problem)" }
}

extension Assignments {
    /// One line a server, `server 4 observer loopback 3 -`, or with the ports that were taken in the place of `-`
    /// (`2181:2888:3888:8080`), then one line with each retired id.
    package var text: String {
        var lines = ["# ids and ports this ensemble keeps for life"]
        for member in members {
            let ports = member.ports.map { "\($0.client):\($0.quorum):\($0.election):\($0.admin)" } ?? "-"
            lines.append("server \(member.id) \(member.role.rawValue) \(member.machine) \(member.slot) \(ports)")
        }
        lines += retired.map { "retired \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    package init(text: String) throws(AssignmentsError) {
        var members: [Member] = []
        var retired: [ServerID] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ")
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            func fail(_ problem: String) -> AssignmentsError { AssignmentsError(line: index + 1, problem: problem) }
            guard words.count > 1, let id = ServerID(words[1]), ServerID.conventional.contains(id) else {
                throw fail("no server id from 1 to 255")
            }
            guard !members.contains(where: { $0.id == id }), !retired.contains(id) else {
                throw fail("server \(id) is there twice")
            }
            switch (first, words.count) {
            case ("server", 6):
                guard let role = ServerRole(rawValue: String(words[2])) else { throw fail("no role '\(words[2])'") }
                guard let slot = Int(words[4]), (0..<255).contains(slot) else { throw fail("no slot '\(words[4])'") }
                var ports: ServerPorts?
                if words[5] != "-" {
                    let numbers = words[5].split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
                    guard numbers.count == 4, numbers.allSatisfy({ (1...65535).contains($0) }) else {
                        throw fail("no four ports '\(words[5])'")
                    }
                    ports = ServerPorts(
                        client: numbers[0], quorum: numbers[1], election: numbers[2], admin: numbers[3])
                }
                members.append(Member(id: id, role: role, machine: String(words[3]), slot: slot, ports: ports))
            case ("retired", 2): retired.append(id)
            default: throw fail("neither 'server ID ROLE MACHINE SLOT PORTS' nor 'retired ID'")
            }
        }
        self.init(members: members, retired: retired)
    }
}
