// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of ours is built with: honest existentials, no leaked imports, every import said.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "auspex",
    products: [
        .executable(name: "auspex", targets: ["auspex"]),
        // Preloaded into the program by tests, to spoil its disk.
        .library(name: "FaultyDisk", type: .dynamic, targets: ["FaultyDisk"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .target(name: "CProcess"),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),

        .target(name: "CEL", dependencies: ["CRE2", "CSimdJSON"], swiftSettings: house),
        .target(name: "Core", dependencies: ["CEL"], swiftSettings: house),
        .target(name: "Transport", dependencies: ["CCurl", "CMosquitto"], swiftSettings: house),
        .target(
            name: "AurousAPI", dependencies: ["Core", "CEL", "Transport", "CSimdJSON", crypto], swiftSettings: house),
        .target(name: "ConfigurationFiles", dependencies: ["CEL", yams], swiftSettings: house),
        .target(
            name: "Sinks",
            dependencies: ["CEL", "ConfigurationFiles", "Core", "CProcess", "Transport", crypto, logging],
            resources: [.embedInCode("Presets")], swiftSettings: house),
        .target(name: "Store", dependencies: ["Core", "CEL", grdb], swiftSettings: house),
        .target(
            name: "Engine",
            dependencies: [
                "ConfigurationFiles", "Core", "CEL", "Transport", "AurousAPI", "Sinks", "Store", logging,
            ],
            swiftSettings: house),
        .target(name: "HTTPServing", dependencies: [hummingbird, lifecycle, logging, nio], swiftSettings: house),
        .target(
            name: "SimulatedAurous", dependencies: ["HTTPServing", crypto, httpTypes, hummingbird, logging, nio],
            swiftSettings: house),
        .target(
            name: "AdminServer",
            dependencies: [
                "CEL", "Core", "HTTPServing", crypto, httpTypes, hummingbird, hummingbirdCore, logging, nio,
            ],
            swiftSettings: house),
        .executableTarget(
            name: "auspex",
            dependencies: [
                "AurousAPI", "CEL", "ConfigurationFiles", "Core", "Transport", "Sinks", "Store", "Engine",
                "AdminServer", "SimulatedAurous", argumentParser,
                logging, unixSignals,
            ],
            swiftSettings: house),

        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "AurousAPI", "CEL", "ConfigurationFiles", "Core", "Engine", "SimulatedAurous", "Sinks", "Store",
                "TestSupport", "Transport", "Trials", logging,
            ],
            path: "Tests/Benchmarks", exclude: ["cel", "watch"], swiftSettings: house),
        .testTarget(
            name: "AurousAPITests", dependencies: ["AurousAPI", "Core", "CEL", "TestSupport", "Transport", crypto],
            swiftSettings: house),
        .testTarget(
            name: "AdminServerTests",
            dependencies: [
                "AdminServer", "CEL", "Core", httpTypes, hummingbird, hummingbirdTesting, logging, nio, nioPosix,
            ],
            swiftSettings: house),
        .testTarget(name: "CELTests", dependencies: ["CEL"], exclude: ["Goldens"], swiftSettings: house),
        .target(name: "FaultyDisk", path: "Tests/FaultyDisk"),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "AdminServer", "AurousAPI", "CEL", "ConfigurationFiles", "Core", "Engine", "Sinks", "TestSupport",
                "Transport", crypto, logging,
            ],
            swiftSettings: house),
        .target(name: "TestSupport", dependencies: ["CEL", "Core"], path: "Tests/TestSupport", swiftSettings: house),
        .testTarget(
            name: "CoreTests", dependencies: ["Core", "CEL", "AurousAPI", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "StoreTests", dependencies: ["Store", "Core", "CEL", "TestSupport", grdb], exclude: ["Goldens"],
            swiftSettings: house),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "Store", "Sinks", "AurousAPI", "Transport", "SimulatedAurous", "ConfigurationFiles", "Core",
                "CEL", "TestSupport", logging,
            ],
            exclude: ["Goldens"], swiftSettings: house),
        .executableTarget(
            name: "Simulation",
            dependencies: [
                "AurousAPI", "CEL", "ConfigurationFiles", "Core", "Engine", "Sinks", "Store", "TestSupport",
                "Transport", argumentParser, crypto, logging,
            ],
            path: "Tests/Simulation", swiftSettings: house),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation"], swiftSettings: house),
        .testTarget(
            name: "TidyTests", dependencies: ["ConfigurationFiles", "Engine", "Core", "CEL", "TestSupport"],
            swiftSettings: house),
        .target(name: "Trials", dependencies: ["SimulatedAurous"], path: "Tests/Trials", swiftSettings: house),
        .testTarget(
            name: "CommandTests", dependencies: ["auspex", "FaultyDisk", "SimulatedAurous", "Trials"],
            swiftSettings: house),
        .testTarget(
            name: "SinksTests",
            dependencies: ["Sinks", "ConfigurationFiles", "CEL", "Core", "Transport", crypto, logging],
            swiftSettings: house),
        .testTarget(
            name: "SimulatedAurousTests",
            dependencies: ["SimulatedAurous", crypto, hummingbird, logging, nio, nioPosix], swiftSettings: house),
        .testTarget(name: "TransportTests", dependencies: ["Transport"], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
