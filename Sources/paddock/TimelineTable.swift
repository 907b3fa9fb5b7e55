import Operations
import Planning

/// `up --timeline`: when each server passed each station, in seconds since the first one was spawned.
struct TimelineTable {
    private let timeline: Timeline

    init(_ timeline: Timeline) { self.timeline = timeline }

    func lines(_ terminal: Terminal) -> [String] {
        var table = Table(
            ("ID", .right), ("SPAWNED", .right), ("BOUND", .right), ("LOOKING", .right), ("ELECTED", .right),
            ("SYNCED", .right), ("FIRST WRITE", .right))
        for server in timeline.servers {
            table.rows.append(
                [.init("\(server)")]
                    + Timeline.Station.allCases.map { station in
                        .init(
                            timeline.elapsed(server, station).map { StatusTable.decimal($0.seconds, places: 2) + "s" }
                                ?? "–")
                    })
        }
        return table.lines(terminal)
    }
}
