import Diagnostics

/// A piece of a file that still knows where each of its characters stands there, so that a problem in the middle of a
/// value is reported at its column.
package struct PlacedText: Hashable, Sendable {
    package let text: String
    private let start: SourceLocation
    /// The place of each Unicode scalar, when they are not simply side by side (an escape, a continued line).
    private let places: [SourceLocation]?

    /// Text whose characters stand side by side from `start`.
    package init(_ text: String, at start: SourceLocation) {
        self.text = text
        self.start = start
        places = nil
    }

    /// Text that was decoded: `places` has one entry per Unicode scalar of `text`; `start` is the place of an empty one.
    init(_ text: String, places: [SourceLocation], start: SourceLocation) {
        self.text = text
        let first = places.first ?? start
        self.start = first
        let sideBySide = places.enumerated().allSatisfy { index, place in
            place.line == first.line && place.column == first.column + index
        }
        self.places = sideBySide ? nil : places
    }

    package var location: SourceLocation { start }

    /// Where the first `scalar` of the text stands; the begin of the text when there is none.
    func place(of scalar: Unicode.Scalar) -> SourceLocation {
        text.unicodeScalars.firstIndex(of: scalar).map(location) ?? location
    }

    /// Where `part` of the text stands; the begin of the text when it is no part.
    func place(of part: String) -> SourceLocation {
        text.firstRange(of: part).map { location(at: $0.lowerBound) } ?? location
    }

    /// Where the character at `index` of `text` stands; the end of the text is the place after its last character.
    package func location(at index: String.Index) -> SourceLocation {
        let offset = text.unicodeScalars.distance(from: text.startIndex, to: index)
        guard let places else { return SourceLocation(line: start.line, column: start.column + offset) }
        if offset < places.count { return places[offset] }
        let last = places[places.count - 1]
        return SourceLocation(line: last.line, column: last.column + 1)
    }
}
