import Foundation
import Jute
import TestSupport
import Testing
import ZooKeeperProtocol

struct TxnGoldenTests {
    /// A record of Fixtures/log: the entry's bytes, and what an independent reader saw in them.
    struct Record: Decodable {
        struct Header: Decodable {
            var clientId: Int64
            var cxid: Int32
            var zxid: Int64
            var time: Int64
            var type: Int32
        }
        struct Digest: Decodable {
            var version: Int32
            var treeDigest: UInt64
        }
        struct Body: Decodable {
            var path: String?
            var parentCVersion: Int32?
            var version: Int32?
            var ttl: Int64?
            var timeOut: Int32?
            var err: Int32?
            var paths2Delete: [String]?
        }

        var hdr: Header
        var txn: Body?
        var digest: Digest?
        var hex: String
    }

    @Test func logRecordsSurviveDecodingAndEncodingAndMeanWhatTheyMeanToOthers() throws {
        let records = Fixtures.lines("log/records.jsonl", as: Record.self)
        #expect(records.count == 120)
        for record in records {
            let entry = try TxnEntry(decoding: unhex(record.hex))
            #expect(hex(entry.encoded) == record.hex)
            #expect(
                entry.header
                    == TxnHeader(
                        session: SessionID(rawValue: record.hdr.clientId), cxid: record.hdr.cxid,
                        zxid: ZXID(rawValue: record.hdr.zxid), time: record.hdr.time,
                        type: OpCode(rawValue: record.hdr.type)))
            #expect(entry.header.type == entry.txn.type)
            #expect(entry.digest?.tree == record.digest?.treeDigest)
            switch entry.txn {
            case .create(let body), .create2(let body):
                #expect(body.path == record.txn?.path)
                #expect(body.parentCVersion == record.txn?.parentCVersion)
            case .createTTL(let body): #expect(body.ttl == record.txn?.ttl)
            case .setData(let body): #expect(body.version == record.txn?.version)
            case .createSession(let timeout): #expect(timeout == record.txn?.timeOut)
            case .closeSession(let paths): #expect(paths == record.txn?.paths2Delete)
            case .error(let code): #expect(code.rawValue == record.txn?.err)
            default: break
            }
        }
    }

    static let header = TxnHeader(
        session: SessionID(rawValue: 7), cxid: 1, zxid: ZXID(rawValue: 0x1_0000_0002), time: 3, type: .closeSession)
    static let digest = TxnDigest(tree: 0x1234_5678_9abc)

    @Test(arguments: [
        TxnEntry(header: header, txn: .closeSession(paths: nil), digest: nil),
        TxnEntry(header: header, txn: .closeSession(paths: nil), digest: digest),
        TxnEntry(header: header, txn: .closeSession(paths: []), digest: nil),
        TxnEntry(header: header, txn: .closeSession(paths: []), digest: digest),
        TxnEntry(header: header, txn: .closeSession(paths: ["/a", "/b"]), digest: nil),
        TxnEntry(header: header, txn: .closeSession(paths: ["/a", "/b"]), digest: digest),
    ])
    func aCloseSessionIsUnderstoodWithAndWithoutListAndDigest(entry: TxnEntry) throws {
        #expect(try TxnEntry(decoding: entry.encoded) == entry)
    }

    @Test func aCreateWithoutParentCVersionIsOfAnOldServer() throws {
        var header = Self.header
        header.type = .create
        let body = CreateTxn(path: "/a", data: nil, acl: .open, ephemeral: true, parentCVersion: -1)
        let entry = TxnEntry(header: header, txn: .create(body), digest: nil)
        #expect(try TxnEntry(decoding: Array(entry.encoded.dropLast(4))) == entry)
    }

    @Test(arguments: [OpCode.check, .ping, .multiRead, .getData, OpCode(rawValue: 99)])
    func aTypeThatIsNoTxnIsAnError(type: OpCode) {
        var header = Self.header
        header.type = type
        #expect(throws: JuteError.unknownValue(Int64(type.rawValue), at: 32)) {
            try TxnEntry(decoding: header.encoded + [UInt8](repeating: 0, count: 20))
        }
    }

    @Test func aMultiInsideAMultiIsAnErrorHoweverDeep() {
        var txn = Txn.multi([])
        for _ in 0..<1000 { txn = .multi([txn]) }
        var header = Self.header
        header.type = .multi
        #expect(throws: JuteError.unknownValue(14, at: 0)) {
            try TxnEntry(decoding: TxnEntry(header: header, txn: txn, digest: nil).encoded)
        }
    }
}
