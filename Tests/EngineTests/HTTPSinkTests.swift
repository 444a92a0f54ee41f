import ConfigurationFiles
import Engine
import Foundation
import Logging
import Sinks
import TestSupport
import Testing
import Transport

/// The example of the manual, which a reader will copy.
@Suite struct `A service that is described in the configuration` {
    private let folder: TemporaryDirectory
    private let example: String

    init() throws {
        folder = try TemporaryDirectory()
        try folder.write("rules: []\n", to: "rules.yaml")
        let manual = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../deploy/README.md").standardizedFileURL
        let blocks = try String(contentsOf: manual, encoding: .utf8).components(separatedBy: "```")
        let block = try #require(blocks.first { $0.contains("kind: http") })
        example =
            "sources: [{ name: studio, key: { env: KEY } }]\nrules: [rules.yaml]\nnotify: [rooms]"
            + block.drop { $0 != "\n" }
    }

    private func load(_ text: String) throws -> ConfigurationLoader.Result {
        try folder.write(text, to: "auspex.yaml")
        let transport = CurlTransport(options: CurlTransport.Options())
        defer { transport.shutdown() }
        let services = SinkServices(
            http: transport, mail: transport, productVersion: "1", hostName: "h",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try ConfigurationLoader.load(
            path: folder.path("auspex.yaml"), environment: ["KEY": "al_live_1", "ROOMS_TOKEN": "r00ms-s3cret"],
            services: services)
    }

    private func said(_ text: String) throws -> String {
        try load(text).diagnostics.map(\.rendered).joined(separator: "\n")
    }

    @Test func `is what the manual says`() throws {
        let result = try load(example)
        #expect(result.diagnostics.map(\.rendered) == [])
        #expect(result.configuration?.sinks.first?.kind == "http")
    }

    @Test func `is told what is wrong with it at its place in the configuration`() throws {
        let said = try said(example.replacing("${severity ==", with: "${severty =="))
        #expect(said.contains("\"${severty == 'critical'}\""))
        #expect(said.contains("^~~~~~~ did you mean 'severity'?"))
        #expect(try self.said(example.replacing("settings.room}", with: "settings.rom}")).contains("mean 'room'?"))
    }

    @Test func `shows no secret when something is wrong with it`() throws {
        let said = try said(
            example.replacing("token: { env: ROOMS_TOKEN }", with: "token: plain-s3cret")
                .replacing("\"Bearer ${settings.token}\"", with: "\"Bearer wr1tten-s3cret\", X: \"${settings.tokn}\""))
        #expect(said.contains("no field 'tokn'"))
        #expect(!said.contains("s3cret"))
    }
}
