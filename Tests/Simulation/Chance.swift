/// The only source of chance in a run: SplitMix64, the same numbers for the same seed on every machine.
struct Chance {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 ^ 0xD1B5_4A32_D192_ED03 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in the range; both ends may come.
    mutating func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[pick(0...list.count - 1)] }

    mutating func happens(percent: Int) -> Bool { pick(0...99) < percent }

    /// Mostly near `mean`, sometimes many times as much: the sum of two draws, one in sixteen stretched.
    mutating func delay(mean: Int) -> Int {
        let base = pick(0...mean) + pick(0...mean) / 2
        return next() % 16 == 0 ? base * 8 : base
    }
}
