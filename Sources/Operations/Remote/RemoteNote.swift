import Diagnostics
import Planning

/// What will need care of an ensemble that answered to somebody elsewhere, or could not be known of it.
struct RemoteNote: Hashable, Sendable {
    /// What `check --remote` calls it.
    var rule: Rule
    var advice: Advice

    init(_ rule: Rule, _ seen: String, mend: String) {
        self.rule = rule
        advice = Advice(seen, mend: mend)
    }
}
