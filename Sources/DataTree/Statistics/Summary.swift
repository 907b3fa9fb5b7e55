/// Count, sum and extremes of a quantity.
package struct Summary: Hashable, Sendable {
    package private(set) var count: Int64 = 0
    package private(set) var sum: Int64 = 0
    package private(set) var max: Int64 = 0
    private var smallest = Int64.max

    package init() {}

    package var min: Int64 { count == 0 ? 0 : smallest }
    package var average: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    package mutating func add(_ value: Int64) {
        count += 1
        sum += value
        if value > max { max = value }
        if value < smallest { smallest = value }
    }
}
