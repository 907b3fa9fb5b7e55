import Quorum

/// The first command of a script, `ensemble voters=3 tickTime=100 …`.
extension Scenario {
    /// - Parameter words: those behind `ensemble`.
    init(_ words: some Sequence<Substring>, planted: Faults) throws(Script.Problem) {
        var numbers = ["voters": 3, "observers": 0, "spares": 0, "clients": 1, "sessionTimeout": 1000]
        var groups: [[Int64]] = []
        var weights: [(server: Int64, weight: Int64)] = []
        var clocks: [Int] = []
        var options = QuorumOptions()
        (options.tickTime, options.electionWait, options.maxNotificationInterval) = (100, 20, 1000)
        options.connectPatience = 200
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            let problem = Script.Problem(description: "what does \(word) mean for an ensemble?")
            guard parts.count == 2 else { throw problem }
            let (key, value) = (String(parts[0]), parts[1])
            let number = Int64(value)
            switch (key, number) {
            case ("groups", _):
                groups = value.split(separator: "/").map { $0.split(separator: ",").compactMap { Int64($0) } }
            case ("weights", _):
                for pair in value.split(separator: ",") {
                    let ends = pair.split(separator: ":").compactMap { Int64($0) }
                    guard ends.count == 2 else { throw problem }
                    weights.append((ends[0], ends[1]))
                }
            case ("clocks", _): clocks = value.split(separator: ",").compactMap { Int($0) }
            case (_, let number?) where numbers[key] != nil: numbers[key] = Int(number)
            case (_, let number?) where options.set(key, to: number): break
            default:
                guard let isOn = ["yes": true, "no": false][value], options.set(key, to: isOn) else { throw problem }
            }
        }
        options.faults = planted
        seed = 0
        voters = numbers["voters"] ?? 0
        observers = numbers["observers"] ?? 0
        spares = numbers["spares"] ?? 0
        clients = numbers["clients"] ?? 0
        sessionTimeout = Int32(numbers["sessionTimeout"] ?? 0)
        self.groups = groups
        self.weights = weights
        self.clocks = clocks
        self.options = options
        (reconfigPause, linkDelay, diskDelay, clientPause, faultPause) = (0, 0, 0, 0, 0)
        (stormLength, clockDrift, notificationLoss, purges, faults) = (.max, 0, 0, false, [])
        guard voters > 0, voters + observers + spares < 20, clocks.isEmpty || clocks.count == servers else {
            throw Script.Problem(description: "no such ensemble: \(Array(words).joined(separator: " "))")
        }
    }

    /// The command that makes this ensemble.
    func ensemble(clocks: [Int]) -> String {
        var words = ["ensemble voters=\(voters)"]
        for (name, number) in [("observers", observers), ("spares", spares)] where number > 0 {
            words.append("\(name)=\(number)")
        }
        words.append("clients=\(clients)")
        if !groups.isEmpty {
            words.append("groups=" + groups.map { $0.map(String.init).joined(separator: ",") }.joined(separator: "/"))
        }
        words += options.words
        words.append("sessionTimeout=\(sessionTimeout)")
        if clocks.contains(where: { $0 != 100 }) {
            words.append("clocks=" + clocks.map(String.init).joined(separator: ","))
        }
        return words.joined(separator: " ")
    }
}

extension QuorumOptions {
    fileprivate var words: [String] {
        [
            "tickTime=\(tickTime)", "initLimit=\(initLimit)", "syncLimit=\(syncLimit)", "electionWait=\(electionWait)",
            "minNotificationInterval=\(minNotificationInterval)",
            "maxNotificationInterval=\(maxNotificationInterval)", "connectPatience=\(connectPatience)",
            "historyLimit=\(historyLimit)", "syncFromDisk=\(syncFromDisk ? "yes" : "no")",
            "alwaysSnapshot=\(alwaysSnapshot ? "yes" : "no")", "reconfigEnabled=\(reconfigEnabled ? "yes" : "no")",
            "standaloneEnabled=\(standaloneEnabled ? "yes" : "no")",
        ]
    }

    fileprivate mutating func set(_ key: String, to number: Int64) -> Bool {
        switch key {
        case "tickTime": tickTime = number
        case "initLimit": initLimit = number
        case "syncLimit": syncLimit = number
        case "electionWait": electionWait = number
        case "minNotificationInterval": minNotificationInterval = number
        case "maxNotificationInterval": maxNotificationInterval = number
        case "connectPatience": connectPatience = number
        case "historyLimit": historyLimit = Int(number)
        default: return false
        }
        return true
    }

    fileprivate mutating func set(_ key: String, to isOn: Bool) -> Bool {
        switch key {
        case "syncFromDisk": syncFromDisk = isOn
        case "alwaysSnapshot": alwaysSnapshot = isOn
        case "reconfigEnabled": reconfigEnabled = isOn
        case "standaloneEnabled": standaloneEnabled = isOn
        default: return false
        }
        return true
    }
}
