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
        var loader = DataTreeLoader(access: access, seed: seed)
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
        return loader.finish(lastZxid: snapshot.zxid, digest: digest)
    }
}

extension SnapshotInput {
    /// Sessions, ACLs and nodes up to the closing "/": the whole of a snapshot stream between servers, and the middle of a
    /// file.
    func readContent(into loader: inout DataTreeLoader) throws(StorageError) {
        let sessions = try read { (reader) throws(JuteError) in try reader.readInt32() }
        for _ in 0..<max(0, sessions) {
            let (id, timeout) = try read { (reader) throws(JuteError) in
                (try reader.readSessionID(), try reader.readInt32())
            }
            loader.addSession(id, timeout: timeout)
        }
        let acls = try read { (reader) throws(JuteError) in try reader.readInt32() }
        for _ in 0..<max(0, acls) {
            let (key, list) = try read { (reader) throws(JuteError) in
                let key = try reader.readInt64()
                var list = JuteWriter()
                list.write(try reader.readVector(of: ACL.self))
                return (key, list)
            }
            do throws(JuteError) {
                try list.withUnsafeBytes { (bytes) throws(JuteError) in try loader.addACL(key: key, list: bytes) }
            } catch { throw damaged(error.description) }
        }
        while try readNode(into: &loader) {}
    }

    /// False at the closing "/".
    private func readNode(into loader: inout DataTreeLoader) throws(StorageError) -> Bool {
        let outcome = try read { (reader) throws(JuteError) -> (isEnd: Bool, orphan: String?) in
            let path = try reader.readPresentSlice()
            if path.count == 1, path[0] == UInt8(ascii: "/") { return (true, nil) }
            let data = try reader.readSlice()
            let acl = try reader.readInt64()
            let stat = try StatPersisted(from: &reader)
            // The last step: `read` runs this again when the record was not whole.
            let added = loader.addNode(path, data: data, acl: acl, stat: stat)
            return (false, added ? nil : String(decoding: path, as: UTF8.self))
        }
        if let orphan = outcome.orphan { throw damaged("the parent of \(orphan) is missing") }
        return !outcome.isEnd
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
