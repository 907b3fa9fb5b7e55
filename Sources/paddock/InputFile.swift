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

    /// A topology; a zoo.cfg in its place is told apart, as YAML would say something strange of it.
    static func topology(_ path: String) throws(OperationError) -> [UInt8] {
        let bytes = try read(path)
        let text = String(decoding: bytes, as: UTF8.self)
        guard CheckedFile.Kind(file: path, text: text) == .topology || !text.contains("=") else {
            throw OperationError(
                .badInput, "\(name(path)) is a zoo.cfg, and no topology",
                mend: "`paddock import \(path) -o topology.yaml` writes the topology that has these settings")
        }
        return bytes
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
