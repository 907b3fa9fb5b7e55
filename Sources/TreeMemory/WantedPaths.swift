/// Paths that will soon be looked for, copied: see `NodeStore.fetch`.
package struct WantedPaths: ~Copyable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// More would push the first ones out of the nearest caches again.
    package static let limit = 256

    package init() {}

    package var count: Int { ends.count }
    package var isFull: Bool { ends.count == Self.limit }

    package mutating func append(_ path: Bytes) {
        bytes.append(contentsOf: path)
        ends.append(bytes.count)
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// - Parameter body: gets what gives each path by its number, in the order in which they were appended.
    func withPaths(_ body: ((Int) -> Bytes) -> Void) {
        bytes.withUnsafeBytes { bytes in
            body { Bytes(rebasing: bytes[($0 == 0 ? 0 : ends[$0 - 1])..<ends[$0]]) }
        }
    }
}
