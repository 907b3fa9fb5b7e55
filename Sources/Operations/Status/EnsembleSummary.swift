import Planning

/// A row of `paddock list`.
package struct EnsembleSummary: Encodable, Hashable, Sendable {
    package var name: String
    package var directory: String
    /// This and the rest is nil when the stored topology cannot be read; `problem` says why.
    @OrNull package var health: EnsembleStatus.Health?
    @OrNull package var participants: Int?
    @OrNull package var observers: Int?
    @OrNull package var connect: String?
    @OrNull package var problem: String?
}
