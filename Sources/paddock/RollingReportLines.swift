import Operations
import Planning

/// What a rolling restart or a migration did, for people: a row a step, then what the canary saw.
struct RollingReportLines {
    var steps: [RollingRestart.Step]
    var longestWriteGap: Seconds
    var writes: Int
    var lost: Int

    func lines(_ terminal: Terminal) -> [String] {
        var table = Table(("ID", .right), ("ROLE", .left), ("BACK AFTER", .right))
        for step in steps {
            table.rows.append([
                .init("\(step.id)"), .init(step.role.rawValue),
                .init(StatusTable.decimal(step.seconds.duration.seconds, places: 1) + "s"),
            ])
        }
        let gap = StatusTable.decimal(longestWriteGap.duration.seconds, places: 2)
        return table.lines(terminal) + [
            "\(writes) writes acknowledged meanwhile, \(lost) lost; the longest gap between two was \(gap)s"
        ]
    }
}
