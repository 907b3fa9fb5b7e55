import DurableFiles

/// Reads a zoo.cfg.
package enum ConfigFile {
    package static func read(_ path: String) throws(FileError) -> [UInt8] { try DurableFile.read(path, limit: 1 << 20) }
}
