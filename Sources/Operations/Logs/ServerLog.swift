import Glibc
import Supervision
import ZooKeeperProtocol

/// Reading the times of log lines, and merging the logs of several servers by them.
package enum ServerLog {
    /// The time at the start of `line`: `2026-11-24 03:54:05,123` in local time as Apache's log configurations print it,
    /// or `2026-11-24T03:54:05.123Z`. Nil when it does not begin with one.
    package static func time(of line: some StringProtocol) -> Timestamp? {
        let bytes = Array(line.utf8.prefix(24))
        guard bytes.count >= 19 else { return nil }
        func number(_ range: Range<Int>) -> Int32? {
            var value: Int32 = 0
            for byte in bytes[range] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int32(byte - UInt8(ascii: "0"))
            }
            return value
        }
        let isDelimited =
            bytes[4] == UInt8(ascii: "-") && bytes[7] == UInt8(ascii: "-") && bytes[13] == UInt8(ascii: ":")
            && bytes[16] == UInt8(ascii: ":") && (bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "T"))
        guard isDelimited, let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var moment = tm()
        moment.tm_year = year - 1900
        moment.tm_mon = month - 1
        moment.tm_mday = day
        moment.tm_hour = hour
        moment.tm_min = minute
        moment.tm_sec = second
        moment.tm_isdst = -1
        let isUTC = bytes.count == 24 && bytes[23] == UInt8(ascii: "Z")
        var time = Timestamp(milliseconds: Int64(isUTC ? timegm(&moment) : mktime(&moment)) * 1000)
        if bytes.count >= 23, bytes[19] == UInt8(ascii: ",") || bytes[19] == UInt8(ascii: "."),
            let milliseconds = number(20..<23)
        {
            time.milliseconds += Int64(milliseconds)
        }
        return time
    }

    /// The lines of one log, each with its time. `last` is the time of the line before the text, if any.
    package static func lines(_ text: some StringProtocol, server: ServerID, after last: Timestamp? = nil) -> [LogLine]
    {
        var time = last
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            time = Self.time(of: line) ?? time
            return LogLine(server: server, time: time, text: String(line))
        }
        if lines.last?.text.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// Several logs as one, in the order of time. Lines of one server keep their order, and at the same moment the
    /// server named first comes first.
    package static func merge(_ logs: [[LogLine]]) -> [LogLine] {
        var entries: [(time: Timestamp, log: Int, index: Int)] = []
        for (log, lines) in logs.enumerated() {
            var latest = Timestamp(milliseconds: .min)
            for (index, line) in lines.enumerated() {
                // A clock that was set back must not tear the lines of one server apart.
                latest = max(latest, line.time ?? latest)
                entries.append((latest, log, index))
            }
        }
        entries.sort { ($0.time, $0.log, $0.index) < ($1.time, $1.log, $1.index) }
        return entries.map { logs[$0.log][$0.index] }
    }
}
