import Foundation

/// A directory for one test.
package struct TemporaryDirectory: Sendable {
    package let path: String

    package init(_ name: String = "paddock-test") throws {
        path = NSTemporaryDirectory() + "\(name)-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    package func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
