import Operations
import Planning

/// What a rolling restart or a migration did, for people: a row a step, then what the canary saw.
struct RollingReportLines {
    var steps: [RollingRestart.Step]
    /// Seconds.
    var longestWriteGap: Double
    var writes: Int
    var lost: Int

    func lines(_ terminal: Terminal) -> [String] {
        var table = Table(("ID", .right), ("ROLE", .left), ("BACK AFTER", .right))
        for step in steps {
            table.rows.append([
                .init("\(step.id)"), .init(step.role.rawValue),
                .init(StatusTable.decimal(step.seconds, places: 1) + "s"),
            ])
        }
        let gap = StatusTable.decimal(longestWriteGap, places: 2)
        return table.lines(terminal) + [
            "\(writes) writes acknowledged meanwhile, \(lost) lost; the longest gap between two was \(gap)s"
        ]
    }
}
