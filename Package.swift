// swift-tools-version: 6.3
import PackageDescription

let package = Package(
    name: "paddock",
    products: [
        .library(name: "ZooKeeperClient", targets: ["ZooKeeperClient"]),
        .library(name: "ZooKeeperRecipes", targets: ["ZooKeeperRecipes"]),
        .library(name: "ServiceDiscovery", targets: ["ServiceDiscovery"]),
        .library(name: "ZooKeeperClientService", targets: ["ZooKeeperClientService"]),
        .library(name: "ZooKeeperClientTLS", targets: ["ZooKeeperClientTLS"]),
        .library(name: "PaddockTesting", targets: ["PaddockTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CChecksums"),
        .target(name: "CLinux"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Diagnostics"),
        .target(name: "Digests"),
        .target(name: "DurableFiles", dependencies: ["CLinux"]),
        .target(name: "Jute"),
        .target(name: "Mustache"),
        .target(name: "SASL", dependencies: ["Digests"]),
        .target(name: "ZooKeeperProtocol", dependencies: ["Jute"]),
        .target(
            name: "ZooKeeperClient",
            dependencies: [
                "Jute", "Membership", "SASL", "ZooKeeperProtocol",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        .target(
            name: "ZooKeeperRecipes",
            dependencies: ["ZooKeeperClient", .product(name: "NIOConcurrencyHelpers", package: "swift-nio")]),
        .target(name: "ServiceDiscovery", dependencies: ["DurableFiles", "ZooKeeperClient"]),
        // Apart, so that only who wants them builds BoringSSL and swift-service-lifecycle.
        .target(
            name: "ZooKeeperClientTLS",
            dependencies: [
                "ZooKeeperClient", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(
            name: "ZooKeeperClientService",
            dependencies: [
                "ZooKeeperClient", .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // For tests of programs that use ZooKeeper, with the paddock that is installed.
        .target(name: "PaddockTesting"),
        .target(name: "Membership", dependencies: ["ZooKeeperProtocol"]),
        .target(
            name: "Quorum",
            dependencies: [
                "Diagnostics", "Jute", "Membership", "ZooKeeperProtocol",
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(
            name: "ServerConfig", dependencies: ["Diagnostics", "Membership", "ZooKeeperProtocol"]),
        .target(
            name: "TreeMemory", dependencies: ["CChecksums", "CLinux", "Diagnostics", "Jute", "ZooKeeperProtocol"]),
        .target(
            name: "DataTree", dependencies: ["Diagnostics", "Digests", "Jute", "TreeMemory", "ZooKeeperProtocol"]),
        .target(
            name: "Storage",
            dependencies: [
                "CChecksums", "CLinux", "CZlib", "DataTree", "Diagnostics", "DurableFiles", "Jute", "ZooKeeperProtocol",
            ]),
        .target(
            name: "Backup",
            dependencies: ["CZlib", "DataTree", "Digests", "DurableFiles", "Jute", "Storage", "ZooKeeperProtocol"]),
        .target(
            name: "RequestPipeline",
            dependencies: [
                "DataTree", "Digests", "Jute", "Membership", "Quorum", "SASL", "ZooKeeperProtocol",
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(
            name: "ZooKeeperServer",
            dependencies: [
                "CLinux", "DataTree", "Diagnostics", "DurableFiles", "Jute", "Membership", "Quorum", "RequestPipeline",
                "SASL", "ServerConfig", "Storage", "ZooKeeperProtocol",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "zkserver",
            dependencies: ["ZooKeeperServer"]),
        // TLS is apart: BoringSSL triples what there is to build, and most who try Paddock never need it.
        .target(
            name: "ZooKeeperServerTLS",
            dependencies: [
                "ZooKeeperServer", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "zkserver-tls", dependencies: ["ZooKeeperServer", "ZooKeeperServerTLS"]),
        .target(
            name: "ZooKeeperShell",
            dependencies: [
                "Diagnostics", "Digests", "DurableFiles", "Membership", "ServerConfig", "ZooKeeperClient",
                "ZooKeeperProtocol",
            ]),
        .target(
            name: "ShellTerminal", dependencies: ["CLibEdit", "DurableFiles", "ZooKeeperClient", "ZooKeeperShell"]),
        .executableTarget(name: "zkcli", dependencies: ["ShellTerminal"]),
        .executableTarget(name: "zkcli-tls", dependencies: ["ShellTerminal", "ZooKeeperClientTLS", "ZooKeeperShell"]),
        .target(name: "YAML", dependencies: ["CLibYAML", "Diagnostics"]),
        .target(
            name: "Topology", dependencies: ["Diagnostics", "Membership", "ServerConfig", "YAML"]),
        .target(
            name: "Templates", dependencies: ["Mustache"], path: "templates",
            exclude: ["examples", "topology.schema.json"],
            resources: [
                .embedInCode("zoo.cfg.mustache"), .embedInCode("topology.yaml.mustache"),
                .embedInCode("compose.yaml.mustache"), .embedInCode("compose-note.md.mustache"),
                .embedInCode("kubernetes-configuration.yaml.mustache"),
                .embedInCode("kubernetes-services.yaml.mustache"),
                .embedInCode("kubernetes-servers.yaml.mustache"), .embedInCode("kubernetes-note.md.mustache"),
                .embedInCode("server.service.mustache"), .embedInCode("systemd-note.md.mustache"),
            ]),
        .target(
            name: "Provisioning",
            dependencies: [
                "Diagnostics", "Digests", "DurableFiles", "Membership", "Mustache", "ServerConfig", "Templates",
                "Topology", "YAML",
            ]),
        .target(
            name: "Planning", dependencies: ["Membership", "ServerConfig", "Topology", "ZooKeeperProtocol"]),
        .target(
            name: "Supervision",
            dependencies: [
                "CLinux", "DurableFiles", "Planning", "ServerConfig", "ZooKeeperClient", "ZooKeeperProtocol",
            ]),
        .target(
            name: "Operations",
            dependencies: [
                "Backup", "CLinux", "DataTree", "Diagnostics", "DurableFiles", "Membership", "Mustache", "Planning",
                "Provisioning", "ServerConfig", "ServiceDiscovery", "Storage", "Supervision", "Topology", "YAML",
                "ZooKeeperClient", "ZooKeeperProtocol",
            ]),
        .executableTarget(
            name: "paddock",
            dependencies: [
                "Diagnostics", "DurableFiles", "Membership", "Operations", "Planning", "Provisioning", "ServerConfig",
                "ServiceDiscovery", "Supervision", "Templates", "Topology", "ZooKeeperClient", "ZooKeeperProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .executableTarget(
            name: "example-consumer", dependencies: ["ServiceDiscovery", "ZooKeeperClient"],
            path: "Examples/registry/Consumer"),

        .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"]),
        .testTarget(name: "DigestsTests", dependencies: ["Digests"]),
        .testTarget(name: "SASLTests", dependencies: ["SASL"]),
        .testTarget(name: "DurableFilesTests", dependencies: ["DurableFiles"]),
        .testTarget(name: "MustacheTests", dependencies: ["Mustache"]),
        .testTarget(name: "MembershipTests", dependencies: ["Membership", "TestSupport"]),
        .testTarget(
            name: "QuorumTests", dependencies: ["Jute", "Membership", "Quorum", "TestSupport", "ZooKeeperProtocol"]),
        .target(
            name: "Simulation",
            dependencies: [
                "DataTree", "Jute", "Membership", "Quorum", "RequestPipeline", "ZooKeeperProtocol",
                .product(name: "DequeModule", package: "swift-collections"),
            ], path: "Tests/Simulation"),
        .executableTarget(
            name: "simulate",
            dependencies: [
                "Quorum", "Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Tests/SimulateCommand"),
        .testTarget(
            name: "SimulationTests", dependencies: ["DurableFiles", "Quorum", "Simulation", "simulate"],
            exclude: ["Scripts"]),
        .testTarget(
            name: "ServerConfigTests", dependencies: ["Diagnostics", "Membership", "ServerConfig", "TestSupport"],
            exclude: ["Fixtures"]),
        .executableTarget(
            name: "GenerateBenchmark", dependencies: ["Provisioning", "ServerConfig", "Topology"],
            path: "Benchmarks/GenerateBenchmark"),
        .executableTarget(
            name: "DataTreeBenchmark", dependencies: ["DataTree", "Jute", "ZooKeeperProtocol"],
            path: "Benchmarks/DataTreeBenchmark", exclude: ["README.md"]),
        .executableTarget(name: "WriteFloor", path: "Benchmarks/WriteFloor"),
        .executableTarget(
            name: "LoadGenerator",
            dependencies: [
                "Jute", "ZooKeeperProtocol", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            path: "Benchmarks/LoadGenerator"),
        .executableTarget(
            name: "RegistryConsumer", dependencies: ["ServiceDiscovery", "ZooKeeperClient"],
            path: "Benchmarks/RegistryConsumer", exclude: ["RegistryConsumer.java"]),
        .executableTarget(
            name: "ClientBenchmark",
            dependencies: ["ZooKeeperClient", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Benchmarks/ClientBenchmark"),
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .executableTarget(
            name: "allocations",
            dependencies: [
                "AllocationCounter", "DataTree", "Jute", "Membership", "Quorum", "RequestPipeline", "ZooKeeperProtocol",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            path: "Tests/Allocations", exclude: ["instructions.txt", "thresholds.txt"]),
        .testTarget(
            name: "DataTreeTests", dependencies: ["DataTree", "Jute", "TestSupport", "TreeMemory", "ZooKeeperProtocol"]),
        .testTarget(
            name: "StorageTests",
            dependencies: ["DataTree", "DurableFiles", "Jute", "Storage", "ZooKeeperProtocol"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "BackupTests",
            dependencies: ["Backup", "DataTree", "Jute", "Storage", "TestSupport", "ZooKeeperProtocol"]),
        .executableTarget(
            name: "SupervisionTestTool", dependencies: ["Supervision"], path: "Tests/SupervisionTestTool"),
        .testTarget(
            name: "SupervisionTests",
            dependencies: ["DurableFiles", "Planning", "Supervision", "SupervisionTestTool", "TestSupport", "zkserver"]),
        .testTarget(
            name: "RequestPipelineTests",
            dependencies: ["DataTree", "Jute", "Quorum", "RequestPipeline", "SASL", "ZooKeeperProtocol"]),
        .testTarget(
            name: "ZooKeeperServerTests",
            dependencies: [
                "DataTree", "Jute", "Membership", "Quorum", "RequestPipeline", "SASL", "ServerConfig", "Storage",
                "TestSupport",
                "ZooKeeperProtocol", "ZooKeeperServer",
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "ZooKeeperServerTLSTests",
            dependencies: [
                "ServerConfig", "ZooKeeperServer", "ZooKeeperServerTLS",
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .testTarget(name: "TreeMemoryTests", dependencies: ["TestSupport", "TreeMemory", "ZooKeeperProtocol"]),
        .testTarget(name: "YAMLTests", dependencies: ["Diagnostics", "TestSupport", "YAML"]),
        .testTarget(name: "JuteTests", dependencies: ["Jute"]),
        .testTarget(
            name: "ZooKeeperProtocolTests", dependencies: ["Jute", "TestSupport", "ZooKeeperProtocol"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "TopologyTests",
            dependencies: ["Diagnostics", "Membership", "ServerConfig", "TestSupport", "Topology", "YAML"]),
        .testTarget(
            name: "ProvisioningTests",
            dependencies: ["Diagnostics", "DurableFiles", "Membership", "Provisioning", "ServerConfig", "Topology"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "PlanningTests",
            dependencies: ["Membership", "Planning", "ServerConfig", "Topology", "ZooKeeperProtocol"]),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "Backup", "DataTree", "Diagnostics", "DurableFiles", "Jute", "Membership", "Operations", "Planning",
                "Provisioning", "ServerConfig", "ServiceDiscovery",
                "Supervision", "SupervisionTestTool", "TestSupport", "Topology", "ZooKeeperClient", "ZooKeeperProtocol",
                "zkserver",
            ]),
        .testTarget(
            name: "ZooKeeperShellTests", dependencies: ["ZooKeeperClient", "ZooKeeperShell"]),
        .testTarget(
            name: "ZooKeeperClientTests",
            dependencies: [
                "Jute", "SASL", "TestSupport", "ZooKeeperClient", "ZooKeeperProtocol",
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            resources: [.copy("Fixtures")]),
        .executableTarget(
            name: "lock-holder", dependencies: ["ZooKeeperClient", "ZooKeeperRecipes"], path: "Tests/LockHolder"),
        .testTarget(
            name: "ZooKeeperRecipesTests",
            dependencies: [
                "lock-holder", "TestSupport", "ZooKeeperClient", "ZooKeeperRecipes", "zkserver",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            exclude: ["Interop/Scripts"]),
        .testTarget(
            name: "ServiceDiscoveryTests", dependencies: ["ServiceDiscovery", "TestSupport", "ZooKeeperClient"]),
        .target(
            name: "TestSupport",
            dependencies: [
                "Diagnostics", "Jute", "ZooKeeperClient", "ZooKeeperProtocol",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            path: "Tests/TestSupport"),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "Diagnostics", "ServerConfig", "ServiceDiscovery", "TestSupport", "ZooKeeperClient",
                "ZooKeeperClientService",
                "ZooKeeperClientTLS", "zkcli", "zkcli-tls", "zkserver", "zkserver-tls",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Fixtures", "Scripts"]),
        .testTarget(name: "PaddockTestingTests", dependencies: ["PaddockTesting"]),
        .testTarget(
            name: "PaddockTests", dependencies: ["TestSupport", "example-consumer", "zkcli", "zkserver"],
            exclude: ["Fixtures"]),
    ],
    swiftLanguageModes: [.v6]
)

// The programs that bin/build-release wants, as one target: `swift build` takes one, and builds what it depends on side by side. The tests
// are only planned for then, which takes time and room.
if let programs = Context.environment["PADDOCK_TOGETHER"] {
    package.targets.removeAll { $0.type == .test }
    package.targets.append(
        .target(name: "Together", dependencies: programs.split(separator: ",").map { .target(name: String($0)) }))
}

// Every target of ours: warnings are errors, and an existential says `any`.
for target in package.targets where target.type != .system {
    target.swiftSettings = [.enableUpcomingFeature("ExistentialAny"), .treatAllWarnings(as: .error)]
}
