import Jute
import Testing

struct JuteTests {
    @Test func everyTypeIsWrittenAsJavaWritesIt() {
        var writer = JuteWriter(capacity: 0)
        writer.write(0x7f as UInt8)
        writer.write(true)
        writer.write(-2 as Int32)
        writer.write(0x1_0000_0002 as Int64)
        writer.write("é" as String?)
        writer.write("" as String?)
        writer.write(nil as String?)
        writer.write([1, 2] as [UInt8]?)
        writer.write([] as [UInt8]?)
        writer.write(nil as [UInt8]?)
        writer.write(["a"])
        writer.write(nil as [String]?)
        #expect(
            hex(writer.bytes)
                == "7f01fffffffe0000000100000002" + "00000002c3a9" + "00000000" + "ffffffff" + "000000020102"
                + "00000000"
                + "ffffffff" + "000000010000000161" + "ffffffff")
    }

    @Test func whatWasWrittenIsReadBackNullAndEmptyApart() throws {
        var writer = JuteWriter()
        writer.write(0 as UInt8)
        writer.write(7 as UInt8)
        writer.write(Int32.min)
        writer.write(Int64.max)
        writer.write(nil as String?)
        writer.write("" as String?)
        writer.write("/a" as String?)
        writer.write(nil as [UInt8]?)
        writer.write([] as [UInt8]?)
        writer.write(["x", "y"])
        writer.write(nil as [String]?)
        try writer.withUnsafeBytes { (bytes) throws in
            var reader = JuteReader(bytes)
            #expect(try reader.readBool() == false)
            #expect(try reader.readBool() == true)
            #expect(try reader.readInt32() == .min)
            #expect(try reader.readInt64() == .max)
            #expect(try reader.readOptionalString() == nil)
            #expect(try reader.readOptionalString() == "")
            #expect(try reader.readString() == "/a")
            #expect(try reader.readBuffer() == nil)
            #expect(try reader.readBuffer() == [])
            #expect(try reader.readStrings() == ["x", "y"])
            #expect(try reader.readStrings() == nil)
            #expect(reader.isAtEnd)
            try reader.requireEnd()
        }
    }

    @Test(arguments: [
        ("000000", JuteError.truncated(at: 0, wanted: 4)),
        ("0000000561", .truncated(at: 4, wanted: 5)),
        ("fffffffe", .unreasonableLength(-2, at: 0, limit: 2_097_150)),
        ("001fffff", .unreasonableLength(2_097_151, at: 0, limit: 2_097_150)),
        ("7fffffff", .unreasonableLength(.max, at: 0, limit: 2_097_150)),
        ("ffffffff", .unexpectedNull(at: 0)),
    ])
    func aBadStringIsAnErrorWithItsPlace(input: String, error: JuteError) {
        #expect(throws: error) {
            try unhex(input).readJute { (reader) throws(JuteError) in
                _ = try reader.readString()
            }
        }
    }

    @Test func aHugeVectorCountCostsNothing() {
        #expect(throws: JuteError.truncated(at: 4, wanted: 4)) {
            try unhex("7fffffff").readJute { (reader) throws(JuteError) in
                _ = try reader.readStrings()
            }
        }
    }

    @Test func aNegativeVectorCountIsEmptyAsInJava() throws {
        try unhex("fffffffb").readJute { (reader) throws in
            #expect(try reader.readStrings() == [])
        }
    }

    @Test func malformedUTF8IsReadLeniently() throws {
        try unhex("00000003ff2f61").readJute { (reader) throws in
            #expect(try reader.readString() == "\u{fffd}/a")
        }
    }

    @Test func framesCarryTheirLengthAndTheWriterIsUsedAgain() {
        var writer = JuteWriter(capacity: 4)
        writer.frame { $0.write(1 as Int32) }
        writer.frame { _ in }
        #expect(hex(writer.bytes) == "000000040000000100000000")
        let capacity = writer.capacity
        writer.removeAll()
        #expect(writer.isEmpty)
        writer.frame { $0.write(2 as Int32) }
        #expect(hex(writer.bytes) == "0000000400000002")
        #expect(writer.capacity == capacity)
        writer.truncate(to: 4)
        #expect(hex(writer.bytes) == "00000004")
    }

    @Test func theExtraSizeIsNeverBelow1024() {
        #expect(JuteLimits.standard.maxFieldLength == 2_097_150)
        #expect(JuteLimits(maxBuffer: 100).maxFieldLength == 1124)
        #expect(JuteLimits(maxBuffer: 4096, extraSize: 2048).maxFieldLength == 6144)
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func unhex(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)!
    }
}
