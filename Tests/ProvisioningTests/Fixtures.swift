import DurableFiles
import Glibc

/// Files below `Fixtures/` and, of the project, below `templates/examples/`.
enum Fixtures {
    static let directory = "\(here)/Fixtures"
    static let examples = "\(here)/../../templates/examples"

    static func text(_ name: String) throws -> String {
        String(decoding: try DurableFile.read("\(directory)/\(name)"), as: UTF8.self)
    }

    /// The directory of this file.
    private static var here: String {
        let path = #filePath
        return String(path[..<path.lastIndex(of: "/")!])
    }
}
