import DataTree
import Jute
import Quorum
import ZooKeeperProtocol

/// What requests and txns that came together will look at in a large tree is fetched before they are dealt with one by one.
extension RequestPipeline {
    /// Bytes came from a client, and will be taken.
    package mutating func foresee(requests bytes: UnsafeRawBufferPointer) {
        guard Fetcher.isWorthwhile(for: tree) else { return }
        var reader = JuteReader(bytes, maxFieldLength: options.maxFrame)
        while !fetcher.isFull, let frame = try? reader.readPresentSlice() {
            var request = JuteReader(frame)
            guard let header = try? RequestHeader(from: &request) else { break }
            // A learner does not look at what it hands to its leader.
            if service == .learning, TxnPreparer.isWrite(header.op) { continue }
            fetcher.add(header.op, request.readRest())
        }
        fetcher.fetch(from: tree)
    }

    /// Leader: bytes came from a learner, in packets.
    package mutating func foresee(packets bytes: UnsafeRawBufferPointer) {
        guard service == .leading, Fetcher.isWorthwhile(for: tree) else { return }
        var reader = JuteReader(bytes)
        while !fetcher.isFull, let forwarded = try? QuorumPacket.skim(&reader) {
            if let (op, body) = forwarded.operation { fetcher.add(op, body) }
        }
        fetcher.fetch(from: tree)
    }

    /// Learner: these txns will be applied next, `first` before the others.
    mutating func foresee(_ first: Transaction, _ others: some Sequence<Transaction>) {
        guard Fetcher.isWorthwhile(for: tree) else { return }
        first.bytes.withUnsafeBytes { fetcher.add(entry: $0) }
        for transaction in others { transaction.bytes.withUnsafeBytes { fetcher.add(entry: $0) } }
        fetcher.fetch(from: tree)
    }
}
