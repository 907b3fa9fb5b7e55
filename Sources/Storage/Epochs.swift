import DurableFiles
import ZooKeeperProtocol

/// The epoch files of a quorum server: `acceptedEpoch` and `currentEpoch` in the snapshot directory.
///
/// Each is decimal text, replaced atomically and durably. A standalone server has none.
package struct Epochs: Sendable {
    /// The newest epoch this server promised to follow.
    package private(set) var accepted: Epoch
    /// The epoch of the leader it last synchronised with.
    package private(set) var current: Epoch
    private let directory: DataDirectory

    /// Reads the files, or creates them with the epoch of `lastZXID` when they are missing (a directory of a
    /// standalone server, or of ZooKeeper 3.3). Contradictions are refused, as Apache's `QuorumPeer.loadDataBase` does.
    package init(_ directory: DataDirectory, lastZXID: ZXID) throws(StorageError) {
        self.directory = directory
        let epochOfZxid = lastZXID.epoch
        let storedCurrent = try Self.read("currentEpoch", in: directory)
        current = storedCurrent ?? epochOfZxid
        if storedCurrent == nil { try Self.write(epochOfZxid, "currentEpoch", in: directory) }
        let storedAccepted = try Self.read("acceptedEpoch", in: directory)
        if epochOfZxid > current {
            // The crash came between the txns of a leader and NEWLEADER, or the rename: the epoch was promised before, and its
            // txns are behind all that came before them (ZOOKEEPER-1653).
            guard let storedAccepted, storedAccepted >= epochOfZxid else {
                throw .contradictingEpochs(
                    directory: directory.snapshots,
                    why:
                        "currentEpoch is \(current) and acceptedEpoch is \(storedAccepted?.description ?? "missing"), but the last txn \(lastZXID) is of epoch \(epochOfZxid)"
                )
            }
            current = epochOfZxid
            try Self.write(current, "currentEpoch", in: directory)
        }
        accepted = storedAccepted ?? current
        if storedAccepted == nil { try Self.write(accepted, "acceptedEpoch", in: directory) }
        guard accepted >= current else {
            throw .contradictingEpochs(
                directory: directory.snapshots, why: "acceptedEpoch is \(accepted), below currentEpoch \(current)")
        }
    }

    /// Durable when it returns; to be done before the ACK that promises it.
    package mutating func setAccepted(_ epoch: Epoch) throws(StorageError) {
        try Self.write(epoch, "acceptedEpoch", in: directory)
        accepted = epoch
    }

    /// Durable when it returns. The data of the new epoch must be durable before (ZOOKEEPER-4785).
    package mutating func setCurrent(_ epoch: Epoch) throws(StorageError) {
        try Self.write(epoch, "currentEpoch", in: directory)
        current = epoch
    }

    private static func read(_ name: String, in directory: DataDirectory) throws(StorageError) -> Epoch? {
        let path = directory.snapshots + "/" + name
        let content: [UInt8]
        do throws(FileError) {
            guard try directory.files.exists(path) else { return nil }
            content = try directory.files.readSmall(path)
        } catch { throw .file(error) }
        let text = String(decoding: content.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard let epoch = Int64(text.trimmingCarriageReturn), epoch >= 0 else {
            throw .badEpochFile(path: path, content: text)
        }
        return Epoch(rawValue: epoch)
    }

    private static func write(_ epoch: Epoch, _ name: String, in directory: DataDirectory) throws(StorageError) {
        do throws(FileError) {
            try directory.files.replace(directory.snapshots + "/" + name, with: Array(epoch.description.utf8))
        } catch { throw .file(error) }
    }
}

extension String {
    fileprivate var trimmingCarriageReturn: Substring { hasSuffix("\r") ? dropLast() : self[...] }
}
