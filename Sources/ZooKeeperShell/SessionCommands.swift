import ZooKeeperClient

/// The commands that ask the servers.
struct SessionCommands {
    let client: ZooKeeperClient
    let output: any ShellOutput

    func carryOut(_ command: ShellCommand) async throws(CommandError) {
        switch command {
        case .help, .quit, .history, .redo, .printWatches, .connect: break  // The shell's own.
        case .close: await client.close()
        case .version: output.result("ZooKeeper CLI version: \(ShellVersion.text)\n")
        case .whoAmI: output.result(ResultText.identities(try await about(nil) { try await $0.whoAmI() }))
        case .addAuth(let scheme, let credentials):
            // That they were refused is told by an event, and by every command to come.
            try? await client.addAuth(scheme: scheme, credentials: credentials.map { Array($0.utf8) })
        case .create(let path, let data, let mode, let timeToLive, let acl):
            try await create(path, data: data, mode: mode, timeToLive: timeToLive, acl: acl)
        case .delete(let path, let version):
            try await about(path) { try await $0.delete(path, version: version) }
        case .deleteAll(let path, let batchSize): try await deleteAll(path, batchSize: batchSize)
        case .get(let path, let watch, let stat, let format):
            let node = try await about(path) { try await $0.getData(path, watch: watch) }
            let text =
                switch format {
                case .json: JSONText.node(path, node.data, node.stat)
                case .text: ResultText.data(node.data)
                case .base64: ResultText.base64(node.data)
                case .hexadecimal: ResultText.hexadecimal(node.data)
                }
            output.result(text + (stat && format != .json ? ResultText.stat(node.stat) : ""))
        case .set(let path, let data, let version, let stat):
            let changed = try await about(path) { try await $0.setData(path, data, version: version) }
            if stat { output.result(ResultText.stat(changed)) }
        case .list(let path, let watch, let stat, let json):
            let children = try await about(path) { try await $0.getChildren(path, watch: watch) }
            if json { return output.result(JSONText.children(path, children.names.sortedAsJava, children.stat)) }
            output.result(ResultText.list(children.names.sortedAsJava) + (stat ? ResultText.stat(children.stat) : ""))
        case .listTree(let path, let watch, json: false):
            try await visit(path, watch: watch) { output.result($0 + "\n") }
        case .listTree(let path, let watch, json: true):
            var paths: [String] = []
            try await visit(path, watch: watch) { paths.append($0) }
            output.result(JSONText.tree(path, paths))
        case .stat(let path, let watch, let json):
            guard let stat = try await about(path, { try await $0.exists(path, watch: watch) }) else {
                throw CommandError(.noNode, path: path)
            }
            output.result(json ? JSONText.stat(path, stat) : ResultText.stat(stat))
        case .countDescendants(let path):
            output.result("\(try await about(path) { try await $0.countDescendants(of: path) })\n")
        case .getEphemerals(let prefix):
            output.result(ResultText.list(try await about(nil) { try await $0.getEphemerals(prefix: prefix) }))
        case .sync(let path): try await sync(path)
        case .getACL(let path, let stat):
            let node = try await about(path) { try await $0.getACL(path) }
            output.result(ResultText.acl(node.acl) + (stat ? ResultText.stat(node.stat) : ""))
        case .setACL(let path, let acl, let version, let stat):
            if acl.isEmpty { throw CommandError(.invalidACL, path: nil) }
            let changed = try await about(path) { try await $0.setACL(path, acl, aversion: version) }
            if stat { output.result(ResultText.stat(changed)) }
        case .setACLOfTree(let path, let acl, let version):
            try await visit(path, watch: false) { await setACL($0, acl, version: version) }
        case .addWatch(let path, let isRecursive):
            try await about(path) { try await $0.addWatch(path, recursive: isRecursive) }
        case .removeWatches(let path, let type, let isLocal):
            try await about(path) { try await $0.removeWatches(path, type: type, locally: isLocal) }
        case .setQuota(let path, let quota):
            try await QuotaCommands(client: client, output: output).set(quota, of: path)
        case .listQuota(let path): try await QuotaCommands(client: client, output: output).list(of: path)
        case .deleteQuota(let path, let limits):
            try await QuotaCommands(client: client, output: output).delete(limits, of: path)
        case .config(let clientsOnly, let watch, let stat, let json):
            let config = try await about("/zookeeper/config") { try await $0.getConfiguration(watch: watch) }
            if json { return output.result(JSONText.configuration(config.text, config.stat)) }
            let text = config.text ?? "null"
            output.result(
                (clientsOnly ? ResultText.clients(ofConfiguration: text) : text + "\n")
                    + (stat ? ResultText.stat(config.stat) : ""))
        case .reconfigure(let change): try await reconfigure(change)
        }
    }

    /// Calls the client, and puts what it throws in the shell's words.
    func about<Value>(
        _ path: String?, _ call: (ZooKeeperClient) async throws -> Value
    ) async throws(CommandError) -> Value {
        do {
            return try await call(client)
        } catch let error as ZooKeeperError {
            var failure = CommandError(error.code, path: path)
            // Java's client has a log for this.
            if let detail = error.detail { failure.message += "\n" + detail }
            throw failure
        } catch {
            throw CommandError("\(error)")
        }
    }

    // MARK: One command each

    private func create(
        _ path: String, data: String?, mode: CreateMode, timeToLive: Int64?, acl: [ACL]
    ) async throws(CommandError) {
        if acl.isEmpty {
            output.problem(ErrorCode.invalidACL.javaMessage + "\n")
            throw CommandError(.invalidACL, path: nil)
        }
        let created: (path: String, stat: Stat)
        do {
            created = try await client.create(
                path, data: data.map { Array($0.utf8) }, mode: mode, acl: acl,
                timeToLive: timeToLive.map { .milliseconds($0) })
        } catch {
            if case ErrorCode.invalidACL = error {
                output.problem(ErrorCode.invalidACL.javaMessage(for: path) + "\n")
            }
            if case ErrorCode.ephemeralOnLocalSession = error {
                output.problem("Unable to create ephemeral node on a local session\n")
            }
            return try await about(path) { (_) -> Void in throw error }
        }
        output.problem("Created \(created.path)\n")
    }

    /// The deepest first, in transactions of `batchSize`; the first that fails is the last.
    private func deleteAll(_ root: String, batchSize: Int) async throws(CommandError) {
        var tree = [root]
        var next = 0
        while next < tree.count {
            let parent = tree[next]
            let names = try await about(parent) { try await $0.getChildren(parent).names }
            tree += names.map { (parent == "/" ? "/" : parent + "/") + $0 }
            next += 1
        }
        while !tree.isEmpty {
            let batch = tree.suffix(batchSize > 0 ? batchSize : tree.count)
            do {
                try await client.transaction(batch.reversed().map { .delete(path: $0) })
            } catch {
                return output.problem("Failed to delete some node(s) in the subtree!\n")
            }
            tree.removeLast(batch.count)
        }
    }

    /// A znode, its children, then what is below each of them. What disappears meanwhile is passed over.
    private func visit(
        _ path: String, watch: Bool, _ body: (String) async -> Void
    ) async throws(CommandError) {
        _ = try await about(path) { try await $0.getData(path, watch: watch) }
        await body(path)
        var stack = [path]
        while let parent = stack.popLast() {
            let names = try await about(parent) { client in
                do { return try await client.getChildren(parent, watch: watch).names } catch ErrorCode.noNode {
                    return []
                }
            }
            let children = names.sortedAsJava.map { (parent == "/" ? "/" : parent + "/") + $0 }
            for child in children { await body(child) }
            stack += children.reversed()
        }
    }

    private func setACL(_ path: String, _ acl: [ACL], version: Int32?) async {
        if acl.isEmpty { return output.result(ErrorCode.invalidACL.javaMessage) }
        do {
            try await client.setACL(path, acl, aversion: version)
        } catch {
            // Without the end of the line, as Apache's shell.
            output.result((error as? ZooKeeperError)?.code.javaMessage(for: path) ?? "\(error)")
        }
    }

    private func sync(_ path: String) async throws(CommandError) {
        do {
            try await client.sync(path)
            output.result("Sync is OK\n")
        } catch let error as ZooKeeperError {
            output.result("Sync has failed. rc=\(error.code.rawValue)\n")
        } catch {
            throw CommandError("\(error)")
        }
    }

    private func reconfigure(_ change: ShellCommand.Reconfiguration) async throws(CommandError) {
        let members: String? =
            switch change.members {
            case nil: nil
            case .text(let text): text
            case .file(let file): try MembersFile.read(file)
            }
        let result = try await about("") {
            try await $0.reconfigure(
                joining: change.joining.map { [$0] } ?? [], leaving: change.leaving.map { [$0] } ?? [],
                members: members.map { [$0] }, version: change.version)
        }
        output.result(
            "Committed new configuration:\n\(result.configuration)\n"
                + (change.stat ? ResultText.stat(result.stat) : ""))
    }
}
