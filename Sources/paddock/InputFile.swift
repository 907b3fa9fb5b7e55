import DurableFiles
import Operations

/// A file that the user named; `-` is the standard input.
enum InputFile {
    static func read(_ path: String) throws(OperationError) -> [UInt8] {
        do {
            return try DurableFile.read(path == "-" ? "/dev/stdin" : path)
        } catch {
            throw OperationError(.badInput, error.description)
        }
    }

    static func name(_ path: String) -> String { path == "-" ? "<stdin>" : path }
}
