/// Sizes of serialised proposals, bytes; -1 before the first.
package struct ProposalSizes: Hashable, Sendable {
    package private(set) var last: Int64 = -1
    package private(set) var min: Int64 = -1
    package private(set) var max: Int64 = -1

    package init() {}

    package mutating func add(_ size: Int64) {
        last = size
        min = min < 0 ? size : Swift.min(min, size)
        max = Swift.max(max, size)
    }
}
