import ZooKeeperClient

/// setquota, listquota and delquota: clients keep quotas as znodes below `/zookeeper/quota`, by these very steps.
struct QuotaCommands {
    let client: ZooKeeperClient
    let output: any ShellOutput

    func list(of path: String) async throws(CommandError) {
        output.problem("absolute path is \(QuotaPaths.limits(of: path))\n")
        try check(QuotaPaths.limits(of: path))
        do {
            let limits = try await read(QuotaPaths.limits(of: path))
            let usage = try await read(QuotaPaths.usage(of: path))
            output.result("Output quota for \(path) \(limits)\nOutput stat for \(path) \(usage)\n")
        } catch ErrorCode.noNode {
            output.problem("quota for \(path) does not exist.\n")
        } catch {
            try await rethrow(error)
        }
    }

    func delete(_ limits: Quota.Limits?, of path: String) async throws(CommandError) {
        let limitsPath = QuotaPaths.limits(of: path)
        try check(limitsPath)
        do {
            guard try await client.exists(limitsPath) != nil else {
                return output.result("Quota does not exist for \(path)\n")
            }
            var quota = try await read(limitsPath)
            if let limits {
                quota.remove(limits)
                try await client.setData(limitsPath, Array(quota.description.utf8))
            } else {
                let parent = QuotaPaths.root + path
                for child in try await client.getChildren(parent).names {
                    try await client.delete("\(parent)/\(child)")
                }
                try await trim(parent)
            }
        } catch ErrorCode.noNode {
            output.problem("quota for \(path) does not exist.\n")
        } catch {
            try await rethrow(error)
        }
    }

    /// Adds limits to those of `path`. A subtree has one quota: none may be above or below.
    func set(_ quota: Quota, of path: String) async throws(CommandError) {
        do {
            guard try await client.exists(path) != nil else { throw CommandError("\(path) does not exist.") }
            try await refuseQuotaBelow(path)
            try await refuseQuotaAbove(path)
            let limitsPath = QuotaPaths.limits(of: path)
            let usagePath = QuotaPaths.usage(of: path)
            if try await client.exists(limitsPath) != nil {
                var limits = try await read(limitsPath)
                limits.merge(quota)
                warn(limits, usage: try await read(usagePath))
                try await client.setData(limitsPath, Array(limits.description.utf8))
            } else {
                var parent = ""
                for name in (QuotaPaths.root + path).split(separator: "/") {
                    parent += "/" + name
                    if try await client.exists(parent) == nil { try await createUnlessThere(parent) }
                }
                try await client.create(limitsPath, data: Array(quota.description.utf8))
                var usage = Quota()
                usage.count = 0
                usage.bytes = 0
                try await client.create(usagePath, data: Array(usage.description.utf8))
                // The server has counted meanwhile.
                warn(try await read(limitsPath), usage: try await read(usagePath))
            }
        } catch let error as CommandError {
            throw error
        } catch {
            try await rethrow(error)
        }
    }

    // MARK: Helpers

    private func refuseQuotaBelow(_ path: String) async throws {
        let root = QuotaPaths.root + path
        try check(root)
        var stack = [root]
        while let parent = stack.popLast() {
            let names: [String]
            do { names = try await client.getChildren(parent).names } catch ErrorCode.noNode { continue }
            if parent != root, names.contains("zookeeper_limits") {
                let child = parent.dropFirst(QuotaPaths.root.count)
                throw CommandError("\(path) has a child \(child) which has a quota")
            }
            stack += names.sortedAsJava.reversed().map { "\(parent)/\($0)" }
        }
    }

    private func refuseQuotaAbove(_ path: String) async throws {
        var parent = QuotaPaths.root
        for name in path.split(separator: "/").dropLast() {
            parent += "/" + name
            let names: [String]
            do { names = try await client.getChildren(parent).names } catch ErrorCode.noNode { return }
            if names.contains("zookeeper_limits") {
                throw CommandError(
                    "\(path) has a parent \(parent.dropFirst(QuotaPaths.root.count)) which has a quota")
            }
        }
    }

    private func createUnlessThere(_ path: String) async throws {
        do { try await client.create(path, data: nil) } catch ErrorCode.nodeExists {}
    }

    /// Deletes the znodes of quotas above one that was deleted, as far as they are empty.
    private func trim(_ path: String) async throws {
        var path = path
        while path != QuotaPaths.root, try await client.getChildren(path).names.isEmpty {
            try await client.delete(path)
            path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        }
    }

    private func read(_ path: String) async throws -> Quota {
        Quota(text: String(decoding: try await client.getData(path).data ?? [], as: UTF8.self))
    }

    private func warn(_ limits: Quota, usage: Quota) {
        for line in limits.warnings(for: usage) { output.result(line + "\n") }
    }

    private func check(_ path: String) throws(CommandError) {
        if let problem = problem(inPath: path) { throw CommandError(problem) }
    }

    private func rethrow(_ error: any Error) async throws(CommandError) {
        let path = (error as? ZooKeeperError)?.path
        try await SessionCommands(client: client, output: output).about(path) { (_) -> Void in throw error }
    }
}
