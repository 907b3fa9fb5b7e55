import DataTree
import DurableFiles
import Jute
import ZooKeeperProtocol

extension DataDirectory {
    /// Loads one snapshot file (Apache's `FileSnap.deserialize`), whatever its compression.
    ///
    /// Parts behind the digest, which versions from 3.9 on write, are ignored.
    package func load(
        _ snapshot: SnapshotFile, access: AccessControl = AccessControl(), seed: UInt64 = 0
    ) throws(StorageError) -> DataTree {
        let file: any StorageFile
        do throws(FileError) { file = try files.open(snapshot.path) } catch { throw .file(error) }
        let input = try SnapshotInput(file, compression: snapshot.compression)
        let header = try input.read { (reader) throws(JuteError) in [UInt8](try reader.readRaw(16)) }
        guard header.starts(with: SnapshotWriter.header.prefix(8)) else {
            throw input.damaged("it does not begin with ZKSN, version 2")
        }
        var loader = DataTreeLoader(access: access, seed: seed, bytes: input.fileSize)
        try input.readContent(into: &loader)
        try input.readSeal()
        var digest: (zxid: ZXID, value: UInt64)?
        if try !input.isAtEnd() {
            let (zxid, version, value) = try input.read { (reader) throws(JuteError) in
                (try reader.readZXID(), try reader.readInt32(), try reader.readInt64())
            }
            try input.readSeal()
            if version == 2 { digest = (zxid, UInt64(bitPattern: value)) }
        }
        return loader.finish(lastZXID: snapshot.zxid, digest: digest, isFuzzy: digest == nil)
    }
}

extension SnapshotInput {
    /// Sessions, ACLs and nodes up to the closing "/".
    func readContent(into loader: inout DataTreeLoader) throws(StorageError) {
        var content = SnapshotContent()
        while true {
            switch try read({ (reader) throws(JuteError) in try content.step(&reader, into: &loader) }) {
            case .more: continue
            case .end: return
            case .orphan(let path): throw damaged("the parent of \(path) is missing")
            }
        }
    }

    /// The Adler-32 of everything before it, and a "/".
    fileprivate func readSeal() throws(StorageError) {
        let expected = Int64(checksum.value)
        let (sum, end) = try read { (reader) throws(JuteError) in
            (try reader.readInt64(), try reader.readString())
        }
        guard sum == expected, end == "/" else { throw damaged("its checksum is wrong") }
    }
}
