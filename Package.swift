// swift-tools-version: 6.3
import PackageDescription

/// Every target of ours: warnings are errors, and an existential says `any`.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "paddock",
    products: [
        .library(name: "ZooKeeperClient", targets: ["ZooKeeperClient"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: [
        .systemLibrary(name: "CLibEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CLinux"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Diagnostics", swiftSettings: settings),
        .target(name: "DurableFiles", swiftSettings: settings),
        .target(name: "Jute", swiftSettings: settings),
        .target(name: "ZooKeeperProtocol", dependencies: ["Jute"], swiftSettings: settings),
        .target(
            name: "ZooKeeperClient",
            dependencies: [
                "Jute", "ZooKeeperProtocol", .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "Quorum",
            dependencies: [
                "Diagnostics", "Jute", "ZooKeeperProtocol", .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "ServerConfig", dependencies: ["Diagnostics", "ZooKeeperProtocol"], swiftSettings: settings),
        .target(
            name: "DataTree", dependencies: ["CLinux", "Diagnostics", "Jute", "ZooKeeperProtocol"],
            swiftSettings: settings),
        .target(
            name: "Storage",
            dependencies: ["CZlib", "DataTree", "Diagnostics", "DurableFiles", "Jute", "ZooKeeperProtocol"],
            swiftSettings: settings),
        .target(
            name: "ZooKeeperServer",
            dependencies: [
                "CLinux", "DataTree", "Diagnostics", "DurableFiles", "Jute", "Quorum", "ServerConfig", "Storage",
                "ZooKeeperProtocol",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "zkserver",
            dependencies: ["ZooKeeperServer"], swiftSettings: settings),
        // TLS is apart: BoringSSL triples what there is to build, and most who try Paddock never need it.
        .target(
            name: "ZooKeeperServerTLS",
            dependencies: [
                "ZooKeeperServer", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "zkserver-tls", dependencies: ["ZooKeeperServer", "ZooKeeperServerTLS"], swiftSettings: settings),
        .target(
            name: "ZooKeeperShell",
            dependencies: ["Diagnostics", "DurableFiles", "ServerConfig", "ZooKeeperClient", "ZooKeeperProtocol"],
            swiftSettings: settings),
        .executableTarget(
            name: "zkcli", dependencies: ["CLibEdit", "DurableFiles", "ZooKeeperShell"], swiftSettings: settings),
        .target(name: "YAML", dependencies: ["CLibYAML", "Diagnostics"], swiftSettings: settings),
        .target(
            name: "Topology", dependencies: ["Diagnostics", "ServerConfig", "YAML"], swiftSettings: settings),
        .target(
            name: "Templates", dependencies: [.product(name: "Mustache", package: "swift-mustache")], path: "templates",
            exclude: ["examples", "zkserver.service.j2"],
            resources: [.embedInCode("zoo.cfg.mustache"), .embedInCode("topology.yaml.mustache")],
            swiftSettings: settings),
        .target(
            name: "Provisioning",
            dependencies: [
                "Diagnostics", "DurableFiles", "ServerConfig", "Templates", "Topology",
            ], swiftSettings: settings),
        .target(
            name: "Planning", dependencies: ["ServerConfig", "Topology", "ZooKeeperProtocol"], swiftSettings: settings),
        .target(
            name: "Supervision", dependencies: ["CLinux", "DurableFiles", "Planning", "ZooKeeperClient"],
            swiftSettings: settings),
        .target(
            name: "Operations",
            dependencies: [
                "CLinux", "Diagnostics", "DurableFiles", "Planning", "Provisioning", "ServerConfig", "Supervision",
                "Topology", "YAML", "ZooKeeperClient", "ZooKeeperProtocol",
            ], swiftSettings: settings),
        .executableTarget(
            name: "paddock",
            dependencies: [
                "Diagnostics", "DurableFiles", "Operations", "Planning", "Provisioning", "ServerConfig", "Supervision",
                "Templates", "Topology",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: settings),

        .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"], swiftSettings: settings),
        .testTarget(name: "DurableFilesTests", dependencies: ["DurableFiles"], swiftSettings: settings),
        .testTarget(
            name: "QuorumTests", dependencies: ["Jute", "Quorum", "ZooKeeperProtocol"], swiftSettings: settings),
        .target(
            name: "Simulation",
            dependencies: [
                "Jute", "Quorum", "ZooKeeperProtocol", .product(name: "DequeModule", package: "swift-collections"),
            ], path: "Tests/Simulation", swiftSettings: settings),
        .executableTarget(
            name: "simulate",
            dependencies: ["Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/SimulateCommand", swiftSettings: settings),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "simulate"], swiftSettings: settings),
        .testTarget(
            name: "ServerConfigTests", dependencies: ["Diagnostics", "ServerConfig", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: settings),
        .executableTarget(
            name: "GenerateBenchmark", dependencies: ["Provisioning", "ServerConfig", "Topology"],
            path: "Benchmarks/GenerateBenchmark", swiftSettings: settings),
        .executableTarget(
            name: "DataTreeBenchmark", dependencies: ["DataTree", "Jute", "ZooKeeperProtocol"],
            path: "Benchmarks/DataTreeBenchmark", exclude: ["README.md"], swiftSettings: settings),
        .executableTarget(
            name: "LoadGenerator",
            dependencies: [
                "Jute", "ZooKeeperProtocol", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            path: "Benchmarks/LoadGenerator", swiftSettings: settings),
        .testTarget(
            name: "DataTreeTests", dependencies: ["DataTree", "Jute", "ZooKeeperProtocol"], swiftSettings: settings),
        .testTarget(
            name: "StorageTests",
            dependencies: ["DataTree", "DurableFiles", "Jute", "Storage", "ZooKeeperProtocol"],
            exclude: ["Fixtures"], swiftSettings: settings),
        .executableTarget(
            name: "SupervisionTestTool", dependencies: ["Supervision"], path: "Tests/SupervisionTestTool",
            swiftSettings: settings),
        .testTarget(
            name: "SupervisionTests",
            dependencies: ["DurableFiles", "Planning", "Supervision", "SupervisionTestTool", "zkserver"],
            swiftSettings: settings),
        .testTarget(
            name: "ZooKeeperServerTests",
            dependencies: [
                "DataTree", "Jute", "Quorum", "ServerConfig", "Storage", "TestSupport", "ZooKeeperProtocol",
                "ZooKeeperServer",
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "ZooKeeperServerTLSTests",
            dependencies: [
                "ServerConfig", "ZooKeeperServer", "ZooKeeperServerTLS",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(name: "YAMLTests", dependencies: ["Diagnostics", "YAML"], swiftSettings: settings),
        .testTarget(name: "JuteTests", dependencies: ["Jute"], swiftSettings: settings),
        .testTarget(
            name: "ZooKeeperProtocolTests", dependencies: ["Jute", "ZooKeeperProtocol"], resources: [.copy("Fixtures")],
            swiftSettings: settings),
        .testTarget(
            name: "TopologyTests", dependencies: ["Diagnostics", "ServerConfig", "Topology", "YAML"],
            swiftSettings: settings),
        .testTarget(
            name: "ProvisioningTests",
            dependencies: ["Diagnostics", "DurableFiles", "Provisioning", "ServerConfig", "Topology"],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "PlanningTests", dependencies: ["Planning", "ServerConfig", "Topology", "ZooKeeperProtocol"],
            swiftSettings: settings),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "DurableFiles", "Operations", "Planning", "Provisioning", "ServerConfig", "Supervision",
                "SupervisionTestTool", "Topology", "ZooKeeperClient", "ZooKeeperProtocol", "zkserver",
            ], swiftSettings: settings),
        .testTarget(
            name: "ZooKeeperShellTests", dependencies: ["ZooKeeperClient", "ZooKeeperShell"], swiftSettings: settings),
        .testTarget(
            name: "ZooKeeperClientTests",
            dependencies: ["Jute", "TestSupport", "ZooKeeperClient", "ZooKeeperProtocol"],
            resources: [.copy("Fixtures")],
            swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["Jute", "ZooKeeperClient", "ZooKeeperProtocol"],
            path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "Diagnostics", "ServerConfig", "TestSupport", "ZooKeeperClient", "zkcli", "zkserver", "zkserver-tls",
            ],
            exclude: ["Fixtures", "Scripts"], swiftSettings: settings),
        .testTarget(name: "PaddockTests", dependencies: ["TestSupport", "zkcli", "zkserver"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
