import NIOCore
import ZooKeeperProtocol

extension ServerCore {
    /// Starts what is done by the clock: expiry, containers, purging, a look at the certificates.
    func startChores() {
        let bound = bound
        let tick = TimeAmount.milliseconds(Int64(max(1, min(settings.tickTime, 1000))))
        loop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
            let server = bound.value
            if !server.isShuttingDown { server.expire() }
        }
        let check = TimeAmount.milliseconds(Int64(settings.containerCheckInterval))
        loop.scheduleRepeatedTask(initialDelay: check, delay: check) { _ in bound.value.checkContainers() }
        if !certificates.isEmpty {
            loop.scheduleRepeatedTask(initialDelay: .zero, delay: .hours(24)) { _ in
                let server = bound.value
                for warning in server.certificates.compactMap({ $0.warning(now: Clock.wall / 1000) }) {
                    server.logger.warning("\(warning)")
                }
            }
        }
        if settings.purgeIntervalHours > 0 {
            loop.scheduleRepeatedTask(initialDelay: .zero, delay: .hours(Int64(settings.purgeIntervalHours))) { _ in
                bound.value.purge()
            }
        }
    }

    /// Whether this server is the one that decides writes.
    private var decides: Bool {
        (service == .standalone || service == .leading) && !isShuttingDown && failure == nil
    }

    /// Looks for containers and TTL nodes whose time has come, and deletes them one by one, at most
    /// `znode.container.maxPerMinute`.
    private func checkContainers() {
        guard doomedContainers.isEmpty, decides else { return }
        doomedContainers.append(
            contentsOf: tree.expiredContainers(now: Clock.wall, maxNeverUsed: Int64(settings.containerMaxNeverUsed)))
        deleteNextContainer()
    }

    private func deleteNextContainer() {
        guard decides else { return doomedContainers.removeAll() }
        guard let path = doomedContainers.popFirst() else { return }
        logger.debug("deleting \(path): an empty container, or its time to live is over")
        proposeDeleteContainer(path)
        let bound = bound
        loop.scheduleTask(in: .milliseconds(Int64(60000 / settings.containerMaxPerMinute))) {
            bound.value.deleteNextContainer()
        }
    }
}
