/// Why a path is not one (Apache's `PathUtils.validatePath`).
public enum PathError: Error, Hashable, Sendable {
    case empty
    case notAbsolute
    case endsWithSlash
    /// Two slashes in a row, at this byte.
    case emptyComponent(at: Int)
    /// `.` or `..` as a component, which ends before this byte.
    case relativeComponent(at: Int)
    /// A character that ZooKeeper refuses, at this byte: control characters, private use, everything above U+FFEF.
    case invalidCharacter(at: Int)
}

extension PathError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "a path must not be empty"
        case .notAbsolute: "a path must start with /"
        case .endsWithSlash: "a path must not end with /"
        case .emptyComponent(let offset): "empty node name at byte \(offset)"
        case .relativeComponent(let offset): "relative paths (. and ..) are not allowed, at byte \(offset)"
        case .invalidCharacter(let offset): "invalid character at byte \(offset)"
        }
    }
}

/// Rules and pieces of znode paths, over their UTF-8 bytes.
@usableFromInline
package enum ZNodePath {
    /// The first problem of a path, or nil. Where it must be called, and where a bad path is simply a missing node,
    /// is for the operation to know: reads are not validated.
    ///
    /// Java's test goes by UTF-16 unit, so every character beyond the basic plane is refused as a surrogate, and
    /// bytes that are not UTF-8 are refused as the U+FFFD which Java would have made of them.
    package static func problem(in path: UnsafeRawBufferPointer) -> PathError? {
        guard let first = path.first else { return .empty }
        guard first == slash else { return .notAbsolute }
        if path.count == 1 { return nil }
        if path[path.count - 1] == slash { return .endsWithSlash }
        var start = 1
        var index = 1
        while index < path.count {
            let byte = path[index]
            if byte == slash {
                if let problem = problem(inComponent: start..<index, of: path) { return problem }
                start = index + 1
                index += 1
            } else if byte >= 0x20 && byte < 0x7f {
                index += 1
            } else if let next = endOfCharacter(at: index, in: path) {
                index = next
            } else {
                return .invalidCharacter(at: index)
            }
        }
        return problem(inComponent: start..<path.count, of: path)
    }

    package static func problem(in path: String) -> PathError? {
        var path = path
        return path.withUTF8 { problem(in: UnsafeRawBufferPointer($0)) }
    }

    /// Where the last `/` is: the parent's path ends before it, and the node's name begins after it.
    @inlinable
    package static func lastSlash(of path: UnsafeRawBufferPointer) -> Int? {
        path.lastIndex(of: slash)
    }

    /// The text before the last slash; "/" for a child of the root, nil for the root and for what has no slash.
    package static func parent(of path: String) -> String? {
        guard path.utf8.count > 1, let last = path.utf8.lastIndex(of: slash) else { return nil }
        return last == path.startIndex ? "/" : String(path[..<last])
    }

    @usableFromInline static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    private static func problem(
        inComponent range: Range<Int>, of path: UnsafeRawBufferPointer
    ) -> PathError? {
        switch range.count {
        case 0: .emptyComponent(at: range.lowerBound)
        case 1 where path[range.lowerBound] == dot: .relativeComponent(at: range.upperBound)
        case 2 where path[range.lowerBound] == dot && path[range.lowerBound + 1] == dot:
            .relativeComponent(at: range.upperBound)
        default: nil
        }
    }

    /// The offset behind a character of two or three bytes that a path may hold; nil for any other.
    private static func endOfCharacter(at index: Int, in path: UnsafeRawBufferPointer) -> Int? {
        func continuation(_ offset: Int) -> UInt32? {
            guard index + offset < path.count, path[index + offset] & 0xc0 == 0x80 else { return nil }
            return UInt32(path[index + offset] & 0x3f)
        }
        let lead = UInt32(path[index])
        if lead & 0xe0 == 0xc0, let second = continuation(1) {
            let scalar = (lead & 0x1f) << 6 | second
            return scalar > 0x9f ? index + 2 : nil
        }
        if lead & 0xf0 == 0xe0, let second = continuation(1), let third = continuation(2) {
            let scalar = (lead & 0x0f) << 12 | second << 6 | third
            let allowed = scalar >= 0x800 && !(0xd800...0xf8ff).contains(scalar) && scalar < 0xfff0
            return allowed ? index + 3 : nil
        }
        return nil
    }
}
