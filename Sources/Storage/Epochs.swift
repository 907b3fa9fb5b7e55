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
    /// What deserves a line in the server's log: an epoch that the last txn put right.
    package private(set) var notes: [String] = []
    private let directory: DataDirectory

    /// Reads the files, or creates them with the epoch of `lastZXID` when they are missing (a directory of a
    /// standalone server, or of ZooKeeper 3.3).
    ///
    /// A learner logs the txns of a new epoch before it writes currentEpoch (ZOOKEEPER-4785), so a crash leaves a log that is
    /// ahead of the file: the server has entered that epoch, and the file follows. Apache's server refuses to start there
    /// (ZOOKEEPER-1653). A currentEpoch above acceptedEpoch no order of writes explains: that is refused.
    package init(_ directory: DataDirectory, lastZXID: ZXID) throws(StorageError) {
        self.directory = directory
        let storedCurrent = try Self.read("currentEpoch", in: directory)
        current = max(storedCurrent ?? lastZXID.epoch, lastZXID.epoch)
        let storedAccepted = try Self.read("acceptedEpoch", in: directory)
        accepted = storedAccepted ?? current
        guard accepted >= current else {
            throw .contradictingEpochs(
                directory: directory.snapshots,
                why:
                    "acceptedEpoch is \(accepted), below the epoch \(current) of \(storedCurrent == current ? "currentEpoch" : "the last txn \(lastZXID)")"
            )
        }
        if storedAccepted == nil { try Self.write(accepted, "acceptedEpoch", in: directory) }
        if storedCurrent != current { try Self.write(current, "currentEpoch", in: directory) }
        if let storedCurrent, storedCurrent < current {
            notes.append(
                "currentEpoch was \(storedCurrent), but the last txn \(lastZXID) is of epoch \(current): a crash came between the two, the server is in epoch \(current)"
            )
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
