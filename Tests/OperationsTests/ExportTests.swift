import Diagnostics
import DurableFiles
import Foundation
import Planning
import Provisioning
import TestSupport
import Testing
import Topology

@testable import Operations

/// Ensembles for somebody else's tools. What those tools think of the files is in Tests/Exports.
@Suite struct ExportTests {
    private static let containers = ContainerOptions(apacheImage: "zookeeper:3.8", paddockImage: "paddock:1")
    private static let kubernetes = ExportTarget.kubernetes(KubernetesOptions(namespace: "zoo"), containers)
    private static let compose = ExportTarget.compose(containers)
    private static let systemd = ExportTarget.systemd(PlaceTemplates())

    private func export(_ text: String, _ target: ExportTarget) throws -> (files: [String: String], warnings: [String])
    {
        let (export, warnings) = try Operator.export(Array(text.utf8), file: "t.yaml", to: target)
        let files = Dictionary(uniqueKeysWithValues: export.files.map { ($0.path, $0.content) })
        return (files, warnings.map { "\($0.rule.rawValue): \($0.message)" })
    }

    /// The errors' rules and messages, of a topology that cannot be exported.
    private func refusal(_ text: String, _ target: ExportTarget) throws -> String {
        do {
            _ = try export(text, target)
        } catch let error as InvalidTopology {
            return error.problems.filter { $0.severity == .error }.map { "\($0.rule.rawValue): \($0.message)" }
                .joined(separator: "\n")
        } catch let error as OperationError {
            return error.message
        }
        Issue.record("it was exported")
        return ""
    }

    @Test func aConfigMapHasALimit() throws {
        let long = String(repeating: "a", count: 5000)
        let text = "ensemble: e\nengine: bundled\nparticipants: 255\nsettings: {my.key: \(long)}\n"
        let error = #expect(throws: InvalidTopology.self) { try export(text, Self.kubernetes) }
        #expect(WrittenExample.difference(of: .exportSize, from: error?.problems ?? []) == nil)
    }

    private static let ensemble = "ensemble: e\nengine: bundled\nparticipants: 3\nobservers: 1\n"

    /// Servers of one machine have ports of their own; each at an address of its own has the first one's.
    @Test func podsHaveTheBasePorts() throws {
        let (files, warnings) = try export(Self.ensemble + "ports: {client: 2281, offset: 10}\n", Self.kubernetes)
        #expect(warnings == [])
        let topology = try #require(files["topology.yaml"])
        let (moved, problems) = Topology.load(text: topology)
        #expect(problems == [])
        #expect(
            try #require(moved).connectString
                == "e-0.e-headless.zoo.svc.cluster.local:2281,e-1.e-headless.zoo.svc.cluster.local:2281,e-2.e-headless.zoo.svc.cluster.local:2281,e-observer-0.e-headless.zoo.svc.cluster.local:2281"
        )
    }

    /// The topology that is written beside the files means them.
    @Test(
        arguments: [compose, kubernetes],
        [
            ensemble, "ensemble: e\nparticipants: 1\n", ensemble + "serverLines: classic\nlogLevel: debug\n",
            """
            ensemble: e
            hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
            servers:
              - {id: 1, host: a, group: 1, settings: {maxCnxns: 7}}
              - {id: 2, host: b, group: 2, weight: 2}
              - {id: 3, host: c, group: 3}
              - {id: 9, host: c, role: observer, ports: {client: 2191}}
            ports: {metrics: 7000, secure: 2281}
            engine: {apache: {heap: 2g, jvmFlags: [-XX:+UseG1GC], environment: {TZ: UTC}}}
            settings:
              ssl.keyStore.location: /etc/zookeeper/tls/server.pem
              ssl.trustStore.location: /etc/zookeeper/tls/ca.pem
              serverCnxnFactory: org.apache.zookeeper.server.NettyServerCnxnFactory
              jute.maxbuffer: 4194304
            """,
        ])
    func zooCfgIsWhatGenerateWrites(_ target: ExportTarget, _ text: String) throws {
        let files = try export(text, target).files
        let (moved, problems) = Topology.load(text: try #require(files["topology.yaml"]))
        #expect(!problems.hasErrors, "\(problems)")
        let topology = try #require(moved)
        let generated = ServerFiles(
            topology: topology,
            layout: EnsembleLayout(root: "/", templates: DirectoryTemplates(data: "/data")))
        for server in topology.servers {
            let zooCfg = generated.zooCfg(server)
            if let file = files["server.\(server.id)/conf/zoo.cfg"] {
                #expect(file == zooCfg)
            } else {
                let indented = zooCfg.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                    .map { $0.isEmpty ? "" : "    \($0)" }.joined(separator: "\n")
                let configuration = try #require(files["manifests/configuration.yaml"])
                #expect(
                    configuration.contains(
                        "  zoo.cfg.\(server.id): |\n\(indented)\n  myid.\(server.id): |\n    \(server.id)\n"))
            }
        }
        #expect(try export(text, target).files == files, "the same again")
    }

    /// What is in zoo.cfg, or needed beside it, does not get lost.
    @Test func filesSecretsAndFlagsAreCarriedOver() throws {
        let text = """
            ensemble: e
            engine: bundled
            servers:
              - {id: 1, settings: {dataLogDir: /fast/1}}
              - {id: 2, settings: {dataLogDir: /fast/2}}
              - {id: 3, settings: {dataLogDir: /fast/3}}
            ports: {secure: 2281}
            settings:
              ssl.keyStore.location: /etc/zookeeper/tls/server.pem
              ssl.keyStore.password: "100% s'cret"
              ssl.trustStore.location: /etc/ca/ca.pem
              session.secretPath: /etc/zookeeper/tls/secret
            """
        let (files, warnings) = try export(text, Self.kubernetes)
        let set = try #require(files["manifests/participants.yaml"])
        #expect(set.contains("command: [\"/usr/lib/paddock/zkserver-tls\"]"))
        #expect(set.contains("\n          secret:\n            secretName: e-configuration\n"))
        #expect(set.contains("- name: files\n              mountPath: \"/etc/ca\"\n"))
        #expect(set.contains("- name: files-2\n              mountPath: \"/etc/zookeeper/tls\"\n"))
        #expect(set.contains("mountPath: /datalog\n") && set.contains("name: datalog\n"))
        #expect(files["README.md"]?.contains("generic e-files-2 --from-file=secret --from-file=server.pem") == true)
        #expect(files["manifests/configuration.yaml"]?.contains("\nkind: Secret\n") == true)
        #expect(
            warnings == [
                "export-data-log: dataLogDir is /datalog in the containers, a volume of its own, and not /fast/1"
            ])

        let composed = try export(text, Self.compose)
        let project = try #require(composed.files["compose.yaml"])
        #expect(
            project.contains(
                "source: \"./files/etc/zookeeper/tls/server.pem\"\n        target: \"/etc/zookeeper/tls/server.pem\""))
        #expect(composed.warnings.contains { $0.hasPrefix("export-secrets: zoo.cfg holds passwords") })

        let apache = try export(
            "ensemble: e\nengine: {apache: {heap: 2g, home: /opt/zk, jvmFlags: [-Dx=$HOME], environment: {TZ: $A}}}\nlogLevel: warn\nparticipants: 3\nsettings: {jute.maxbuffer: 4194304}\n",
            Self.kubernetes)
        let servers = try #require(apache.files["manifests/participants.yaml"])
        #expect(servers.contains("-Xmx2g ") && servers.contains(" -Djute.maxbuffer=4194304 -Dx=$$HOME\""))
        #expect(servers.contains("-Dpaddock.log.level=WARN ") && servers.contains("memory: 2816Mi"))
        #expect(servers.contains("- name: \"TZ\"\n              value: \"$$A\""))
        #expect(servers.contains("/dev/tcp/$HOSTNAME/2181"))
        #expect(apache.warnings.count == 3 && apache.warnings.allSatisfy { $0.hasPrefix("export-home: ") })
    }

    @Test(arguments: [
        (1, "0\n", "The quorum does not stay"), (2, "0\n", "The quorum does not stay"), (3, "1\n", "One at a time."),
        (5, "1\n", "One at a time."),
    ])
    func aDisruptionLeavesTheQuorum(_ participants: Int, _ most: String, _ why: String) throws {
        let services = try #require(
            try export("ensemble: e\nparticipants: \(participants)\n", Self.kubernetes).files["manifests/services.yaml"]
        )
        #expect(services.contains("# \(why)") && services.contains("maxUnavailable: \(most)"))
    }

    /// Two servers of one port of this machine: the second gets the next.
    @Test func composePublishesEachPortOnce() throws {
        let project = try #require(
            try export(
                "ensemble: e\nhosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}\nservers: [{id: 1, host: a}, {id: 2, host: b}, {id: 3, host: c}]\n",
                Self.compose
            ).files["compose.yaml"])
        for port in ["2181:2181", "2182:2181", "2183:2181"] { #expect(project.contains("\"127.0.0.1:\(port)\"")) }
    }

    @Test(arguments: [
        (
            "ensemble: e\nparticipants: 3\nsettings: {reconfigEnabled: true}\n", compose,
            "export-reconfig: server 1 has reconfigEnabled: true"
        ),
        ("ensemble: e\nports: auto\nparticipants: 3\n", kubernetes, "takes ports that are free on the machine"),
        (
            "ensemble: e\nservers: [{id: 1}, {id: 2}, {id: 4}]\n", kubernetes,
            "export-ids: participant number 3 is pod e-2, which is server 3, and not server 4"
        ),
        (
            "ensemble: e\nservers: [{id: 1}, {id: 2}, {id: 3}, {id: 7, role: observer}, {id: 9, role: observer}]\n",
            kubernetes, "export-ids: observers are numbered on from the first, server 7"
        ),
        (
            "ensemble: e\nservers: [{id: 1}, {id: 2, engine: apache}, {id: 3}]\n", kubernetes,
            "export-differ: server 2 differs from server 1 in its engine"
        ),
        (
            "ensemble: e\nservers: [{id: 1}, {id: 2, ports: {client: 9999}}, {id: 3}]\n", kubernetes,
            "export-differ: server 2 differs from server 1 in its ports"
        ),
        ("ensemble: 1e\nparticipants: 3\n", kubernetes, "export-name: the name '1e'"),
        (
            "ensemble: e\(String(repeating: "x", count: 43))\nparticipants: 3\nobservers: 1\n", kubernetes,
            "export-name: the name 'ex"
        ),
        ("ensemble: e\(String(repeating: "x", count: 61))\nparticipants: 3\n", compose, "export-name: "),
        (
            "ensemble: e\nhosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}\nservers: [{id: 1, host: a, settings: {admin.serverAddress: 10.0.0.1}}, {id: 2, host: b}, {id: 3, host: c}]\n",
            compose, "export-address: admin.serverAddress of server 1 is 10.0.0.1, an address that no container has"
        ),
        (
            "ensemble: e\nparticipants: 3\nsettings: {session.secretPath: /data/secret}\n", kubernetes,
            "export-file: server 1 reads the file /data/secret, which has no place of its own in a container"
        ),
        (
            "ensemble: e\nparticipants: 3\nengine: {apache: {jvmFlags: ['-Da=b c']}}\n", kubernetes,
            "export-flag: the image's script cannot pass on the flag -Da=b c of server 1"
        ),
        (
            "ensemble: e\nparticipants: 3\nengine: {apache: {environment: {SERVER_JVMFLAGS: x}}}\n", compose,
            "export-environment: server 1 sets the variable SERVER_JVMFLAGS"
        ),
        (
            "ensemble: e\nparticipants: 3\nengine: {apache: {jvmFlags: [-Da=$b]}}\n", systemd,
            "export-flag: systemd would replace"
        ),
    ])
    func whatCannotBeIsRefused(_ text: String, _ target: ExportTarget, _ message: String) throws {
        let said = try refusal(text, target)
        #expect(said.contains(message), "\(said)")
    }

    @Test(arguments: [
        (KubernetesOptions(namespace: "Zoo"), "--namespace is 'Zoo'"),
        (KubernetesOptions(clusterDomain: "a..b"), "--cluster-domain is 'a..b'"),
        (KubernetesOptions(storage: "0Gi"), "--storage is '0Gi'"),
        (KubernetesOptions(storage: "10 Gi"), "--storage is '10 Gi'"),
        (KubernetesOptions(storageClass: "a b"), "--storage-class is 'a b'"),
    ])
    func badOptionsAreNamed(_ options: KubernetesOptions, _ message: String) throws {
        let said = try refusal(Self.ensemble, .kubernetes(options, Self.containers))
        #expect(said.contains(message), "\(said)")
    }

    @Test func tooManyServersForOneObject() throws {
        let said = try refusal("ensemble: e\nparticipants: 101\n", Self.kubernetes)
        #expect(said.contains("export-size: the files of 101 servers are "), "\(said)")
    }

    /// Idempotent; what was edited is kept, what is left over is told.
    @Test func filesAreWrittenOnceAndEditsKept() throws {
        let directory = try TemporaryDirectory("export")
        defer { directory.remove() }
        let root = directory.path + "/out"
        func plan(_ text: String) throws -> Plan {
            try Operator.export(Array(text.utf8), file: "t.yaml", to: Self.compose).export.plan(in: root)
        }
        let first = try plan(Self.ensemble)
        #expect(first.files.allSatisfy { $0.change == .created })
        try first.apply()
        var status = stat()
        #expect(stat(root + "/server.1/conf/zoo.cfg", &status) == 0 && status.st_mode & 0o777 == 0o644)
        #expect(stat(root + "/server.1/conf", &status) == 0 && status.st_mode & 0o777 == 0o755)
        #expect(try !plan(Self.ensemble).hasChanges)

        try DurableFile.write("mine\n".utf8, to: root + "/compose.yaml")
        let smaller = try plan("ensemble: e\nengine: bundled\nparticipants: 3\n")
        let words = Dictionary(uniqueKeysWithValues: smaller.files.map { ($0.path.dropFirst(root.count + 1), $0.word) })
        #expect(words["compose.yaml"] == "hand-edited" && words["server.1/conf/zoo.cfg"] == "changed")
        #expect(words["server.1/myid"] == "unchanged")
        #expect(
            smaller.problems.map { $0.file?.dropFirst(root.count) } == ["/server.4/conf/zoo.cfg", "/server.4/myid"])
        try smaller.apply()
        #expect(try DurableFile.read(root + "/compose.yaml.orig") == Array("mine\n".utf8))
        #expect(try !plan("ensemble: e\nengine: bundled\nparticipants: 3\n").hasChanges)
    }
}
