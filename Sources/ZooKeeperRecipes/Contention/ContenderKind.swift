import ZooKeeperClient

/// What a contender contends for, which with the style gives its name.
enum ContenderKind: Hashable, Sendable {
    /// Curator's `InterProcessMutex` and `LeaderSelector`; kazoo's `Lock` and `Election`.
    case lock
    /// Curator's `LeaderLatch`. kazoo has none: there it is a lock.
    case latch
    case readLock
    case writeLock

    /// The beginning of the name, up to the number that the server appends.
    func prefix(_ style: NameStyle, _ id: RandomID) -> String {
        switch (style, self) {
        case (.curator, .lock): "_c_\(id.dashed)-lock-"
        case (.curator, .latch): "_c_\(id.dashed)-latch-"
        case (.curator, .readLock): "_c_\(id.dashed)-__READ__"
        case (.curator, .writeLock): "_c_\(id.dashed)-__WRIT__"
        case (.kazoo, .lock), (.kazoo, .latch), (.kazoo, .writeLock): "\(id.hex)__lock__"
        case (.kazoo, .readLock): "\(id.hex)__rlock__"
        }
    }
}
