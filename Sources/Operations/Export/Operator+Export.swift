import Diagnostics
import Planning
import Provisioning
import Topology

/// Whose tool is to run an ensemble, and what it has to be told besides.
package enum ExportTarget: Hashable, Sendable {
    /// Where the servers' files will be on their hosts.
    case systemd(PlaceTemplates)
    case compose(ContainerOptions)
    case kubernetes(KubernetesOptions, ContainerOptions)
}

extension Operator {
    /// The plan of `export`: the files below `directory`.
    package func exportPlan(
        _ bytes: [UInt8], file: String, to target: ExportTarget, into directory: String
    ) throws -> (plan: Plan, warnings: [Diagnostic]) {
        let (export, warnings) = try Self.export(bytes, file: file, to: target)
        let root = EnsembleStore.absolute(directory, from: EnsembleStore.workingDirectory())
        return (try export.plan(in: root), warnings)
    }

    /// The files themselves; the same wherever they are made.
    package static func export(
        _ bytes: [UInt8], file: String, to target: ExportTarget
    ) throws -> (export: Export, warnings: [Diagnostic]) {
        let text = String(decoding: bytes, as: UTF8.self)
        var (document, problems) = TopologyDocument.read(bytes, file: file)
        guard let document else { throw InvalidTopology(problems, file: file, text: text) }
        guard !document.takesFreePorts else {
            throw OperationError(
                .badInput,
                "\(file) takes ports that are free on the machine that asks, and an export is the same wherever it is made",
                mend:
                    "write base ports in the place of auto: ports: {client: 2181}, or remove 'ports' for the usual ones"
            )
        }
        let topology: Topology?
        (topology, problems) = document.resolved()
        guard let topology else { throw InvalidTopology(problems, file: file, text: text) }

        func moved(_ names: [Diagnostic], _ host: (TopologyServer) -> String) throws -> Topology {
            if names.hasErrors { throw InvalidTopology(problems + names, file: file, text: text) }
            let (moved, found) = document.moved(topology, to: host)
            guard let moved else { throw InvalidTopology(found, file: file, text: text) }
            return moved
        }
        let export: Export
        switch target {
        case .systemd(var place):
            place.prefix = place.prefix ?? AnsibleInventory.prefix
            export = SystemdExport(topology, layout: try place.layout(topology, root: "/")).export(file: file)
        case .compose(let containers):
            try containers.check()
            let moved = try moved(ComposeExport.nameProblems(topology, file: file)) {
                ComposeExport.service($0, topology.ensemble)
            }
            export = ComposeExport(topology, moved: moved, options: containers).export(file: file)
        case .kubernetes(let options, let containers):
            try containers.check()
            try options.check()
            let names = KubernetesExport.nameProblems(topology, file: file)
            let moved = try moved(names) { KubernetesExport.host($0, in: topology, options) }
            export = KubernetesExport(topology, moved: moved, options: options, containers: containers)
                .export(file: file)
        }
        if export.problems.hasErrors { throw InvalidTopology(problems + export.problems, file: file, text: text) }
        return (export, problems + export.problems)
    }
}

extension ContainerOptions {
    fileprivate func check() throws(OperationError) {
        for (option, image) in [("--apache-image", apacheImage), ("--paddock-image", paddockImage)] {
            guard image.isEmpty || image.utf8.count > 255 || !image.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                continue
            }
            throw OperationError(
                .badUsage, "\(option) is '\(image)', which is no name of an image",
                mend: "write it as REGISTRY/NAME:TAG, e.g. \(Self.apacheImage)")
        }
    }
}

extension KubernetesOptions {
    fileprivate func check() throws(OperationError) {
        guard Self.isLabel(namespace) else {
            throw OperationError(
                .badUsage, "--namespace is '\(namespace)', which is no name of a namespace",
                mend: "take small letters, digits and '-', at most 63, with a letter or a digit at both ends")
        }
        guard Self.isName(clusterDomain) else {
            throw OperationError(
                .badUsage, "--cluster-domain is '\(clusterDomain)', which is no name of a domain",
                mend: "it is what the search line of a pod's /etc/resolv.conf has behind svc., most often cluster.local"
            )
        }
        let digits = storage.prefix { $0.isASCII && $0.isNumber }
        let units = ["", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
        guard let number = Int(digits), number > 0, units.contains(String(storage.dropFirst(digits.count))) else {
            throw OperationError(
                .badUsage, "--storage is '\(storage)', which is no size of a volume", mend: "write it like 10Gi")
        }
        if let storageClass, !Self.isName(storageClass) {
            throw OperationError(
                .badUsage, "--storage-class is '\(storageClass)', which is no name of one",
                mend: "`kubectl get storageclass` lists those there are")
        }
    }

    /// Of DNS (RFC 1123): small letters, digits and `-`.
    private static func isLabel(_ text: some StringProtocol) -> Bool {
        (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 190
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    }
}
