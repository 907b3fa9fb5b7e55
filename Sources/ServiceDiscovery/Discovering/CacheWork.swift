import ZooKeeperClient

/// What is to be read of a service, as the watch has told it. Pure.
enum CacheWork: Hashable, Sendable {
    /// These znodes; whether they were there, by name, when the watch told of them last.
    case some(instances: [String: Bool], rules: [String: Bool])
    /// Everything: what the watch has told before counts no more, and what it tells until the read begins is seen by that.
    case all

    static let nothing = CacheWork.some(instances: [:], rules: [:])

    mutating func add(_ change: ZNodeChange, layout: RegistryLayout, service: String) {
        switch (change, self) {
        case (.readAgain, _): self = .all
        case (.event, .all): break
        case (.event(let event), .some(var instances, var rules)):
            let exists = event.type != .nodeDeleted
            switch layout.place(of: event.path, service: service) {
            case .instance(let node): instances[node] = exists
            case .rule(let node): rules[node] = exists
            case .directory, .other: return
            }
            self = .some(instances: instances, rules: rules)
        }
    }
}
