import DurableFiles
import Operations
import Planning
import Provisioning

/// A file that the user named; `-` is the standard input.
enum InputFile {
    static func read(_ path: String) throws(OperationError) -> [UInt8] {
        do {
            return try DurableFile.read(path == "-" ? "/dev/stdin" : path)
        } catch {
            throw OperationError(.badInput, error.description)
        }
    }

    /// The files that the user means by a path: those found in a directory, else itself.
    static func find(_ path: String) throws(OperationError) -> [String] {
        guard path != "-", let found = ConfigurationFinder.files(in: path) else { return [path] }
        guard !found.isEmpty else {
            throw OperationError(
                .badInput,
                "\(path) has no zoo*.cfg, no directory with one, no dynamic file and no topology; name the files to check"
            )
        }
        return found
    }

    static func name(_ path: String) -> String { path == "-" ? "<stdin>" : path }
}
