import Diagnostics

/// Ticks, limits and session timeouts that cannot work.
extension ConfigChecker {
    mutating func checkLimits() {
        if isDistributed {
            for key in ["initLimit", "syncLimit"] where effective[key] == nil {
                let usual = key == "initLimit" ? "10" : "5"
                error(
                    .limitMissing, nil, "\(key) is not set, and a quorum needs it",
                    mend: "write \(key)=\(usual)", edit: .set(key: key, value: usual))
            }
        }
        guard let tick else { return }
        for key in ["initLimit", "syncLimit", "connectToLearnerMasterLimit"] {
            guard let entry = effective[key], let limit = number(key), limit > 0, limit <= Int64(Int32.max) else {
                continue
            }
            if tick * limit > Int64(Int32.max) {
                error(
                    .limitOverflow, entry.location,
                    "\(key) × tickTime is \(tick * limit) ms, more than a Java int holds: the timeout turns negative",
                    mend: "make \(key) × tickTime less than \(Int32.max) ms")
            }
        }
        checkSessionTimeouts(tick: tick)
    }

    /// Values that are wrong by themselves were reported with the key.
    private var tick: Int64? { number("tickTime").flatMap { (1...Int64(Int32.max)).contains($0) ? $0 : nil } }

    /// Limits that work, and not for long.
    mutating func adviseOnLimits() {
        guard let tick else { return }
        if let initEntry = effective["initLimit"], let initLimit = number("initLimit"),
            let syncLimit = number("syncLimit"), initLimit > 0, syncLimit > 0, initLimit < syncLimit
        {
            warn(
                .limitOrder, initEntry.location,
                "initLimit (\(initLimit)) is less than syncLimit (\(syncLimit)): joining and syncing takes longer than staying",
                mend: "make initLimit at least \(syncLimit)", edit: .set(key: "initLimit", value: "\(syncLimit)"))
        }
        if let entry = effective["syncLimit"], let syncLimit = number("syncLimit"), syncLimit == 1 {
            warn(
                .limitTight, entry.location,
                "syncLimit is 1: a follower that misses one ping is dropped by the leader", mend: "write syncLimit=5",
                edit: .set(key: "syncLimit", value: "5"))
        }
        if let entry = effective["initLimit"], let initLimit = number("initLimit"), initLimit > 0,
            initLimit * tick < 1000
        {
            warn(
                .limitTight, entry.location,
                "initLimit × tickTime is \(initLimit * tick) ms: too short for a follower to connect and sync",
                mend: "make it 10000 ms or more",
                edit: .set(key: "initLimit", value: "\((10000 + tick - 1) / tick)"))
        }
        if let entry = effective["tickTime"], tick < 100 {
            warn(
                .tickShort, entry.location,
                "tickTime is \(tick) ms: any pause of the machine expires sessions and drops followers",
                mend: "write tickTime=2000", edit: .set(key: "tickTime", value: "2000"))
        }
    }

    private mutating func checkSessionTimeouts(tick: Int64) {
        if tick * 20 > Int64(Int32.max), effective["maxSessionTimeout"] == nil, let entry = effective["tickTime"] {
            error(
                .limitOverflow, entry.location,
                "tickTime × 20, the longest session, is \(tick * 20) ms, more than a Java int holds",
                mend: "write a smaller tickTime, or set maxSessionTimeout")
            return
        }
        guard let minimum = number("minSessionTimeout"), let maximum = number("maxSessionTimeout"),
            let entry = effective["minSessionTimeout"] ?? effective["maxSessionTimeout"]
        else { return }
        let shortest = minimum == -1 ? tick * 2 : minimum
        let longest = maximum == -1 ? tick * 20 : maximum
        if shortest > longest {
            error(
                .sessionTimeout, entry.location,
                "minSessionTimeout (\(shortest) ms\(minimum == -1 ? ", 2 ticks" : "")) is larger than maxSessionTimeout "
                    + "(\(longest) ms\(maximum == -1 ? ", 20 ticks" : ""))",
                mend: "make minSessionTimeout at most \(longest)",
                edit: .set(key: "minSessionTimeout", value: "\(longest)"))
        } else if longest < tick {
            warn(
                .sessionTimeout, entry.location,
                "the longest session is \(longest) ms, less than a tick (\(tick) ms): sessions expire between pings",
                mend: "make maxSessionTimeout at least \(2 * tick)",
                edit: .set(key: "maxSessionTimeout", value: "\(2 * tick)"))
        }
    }
}
