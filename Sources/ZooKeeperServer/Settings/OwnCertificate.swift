/// A certificate that this server shows, and when it stops being one.
struct OwnCertificate: Hashable {
    /// The `ssl.` or `ssl.quorum.` of its keys in the zoo.cfg.
    var prefix: String
    var path: String
    /// Seconds since 1970: the last in which it, and those that signed it, are good.
    var end: Int64

    /// From so many days before its end on it is spoken of.
    private static let notice: Int64 = 30

    /// What whoever runs the server should know now; nil as long as there is time.
    ///
    /// - Parameter now: seconds since 1970.
    func warning(now: Int64) -> String? {
        let days = (end - now) / 86400
        guard days < Self.notice else { return nil }
        let mend = "put a new one there and restart the server"
        let what = "the certificate in \(path) (\(prefix)keyStore.location)"
        if end < now {
            return
                "\(what) ran out at \(DateText.minute(Int(end))): whoever checks it does not talk to this server any more; \(mend)"
        }
        return
            "\(what) runs out at \(DateText.minute(Int(end))), in \(days) \(days == 1 ? "day" : "days"): \(mend) before then"
    }

    /// As `mntr` and the metrics show it, beside Apache's names: seconds since 1970.
    var metric: Metric {
        .gauge((prefix.split(separator: ".") + ["certificate_end"]).joined(separator: "_"), end)
    }
}
