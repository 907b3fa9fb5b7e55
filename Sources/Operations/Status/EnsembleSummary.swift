import Planning

/// A row of `paddock list`.
package struct EnsembleSummary: Encodable, Hashable, Sendable {
    package var name: String
    package var directory: String
    /// This and the rest is nil when the stored topology cannot be read; `problem` says why.
    package var health: EnsembleStatus.Health?
    package var participants: Int?
    package var observers: Int?
    package var connect: String?
    package var problem: String?

    private enum CodingKeys: String, CodingKey {
        case name, directory, health, participants, observers, connect, problem
    }

    /// Written by hand because the synthesised form leaves out what is nil.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(directory, forKey: .directory)
        try container.encode(health, forKey: .health)
        try container.encode(participants, forKey: .participants)
        try container.encode(observers, forKey: .observers)
        try container.encode(connect, forKey: .connect)
        try container.encode(problem, forKey: .problem)
    }
}
