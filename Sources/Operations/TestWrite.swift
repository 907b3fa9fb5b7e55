enum TestWrite {
    static func perform(on member: Member, patience: Duration) async -> String? { nil }
}
final class Canary: Sendable {
    init(_ ensemble: Ensemble) {}
    func start() async {}
    func finish() async -> CanaryRecord { CanaryRecord(start: 0) }
}
