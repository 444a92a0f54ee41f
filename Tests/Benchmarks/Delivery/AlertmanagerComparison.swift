import Foundation

/// The same burst through Alertmanager, where it is installed (Debian: `prometheus-alertmanager`): 20,000 alerts posted
/// to its API, one webhook call each. It neither stores its notifications before it sends them nor signs them.
enum AlertmanagerComparison {
    private static let alerts = 20_000

    static func run() {
        let paths = ["/usr/bin/prometheus-alertmanager", "/usr/local/bin/alertmanager", "/usr/bin/alertmanager"]
        guard let program = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            return print("delivery: Alertmanager is not installed, so there is nothing beside it")
        }
        do {
            try measure(program)
        } catch {
            print("delivery, Alertmanager: \(error)")
        }
    }

    private static func measure(_ program: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("alertmanager-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let receiver = try DeliveryBenchmark.Child(["receiver", "counting"])
        guard let port = receiver.line() else { return }
        let configuration = """
            route: { receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1m, repeat_interval: 1h }
            receivers: [{ name: hook, webhook_configs: [{ url: "http://127.0.0.1:\(port)/", send_resolved: false }] }]
            """
        try configuration.write(toFile: folder + "/alertmanager.yml", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [
            "--config.file=\(folder)/alertmanager.yml", "--storage.path=\(folder)/data", "--cluster.listen-address=",
            "--web.listen-address=127.0.0.1:19093", "--log.level=error",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { process.terminate() }
        Thread.sleep(forTimeInterval: 2)
        let began = Date()
        for batch in 0..<(alerts / 1000) { try post(batch) }
        var seconds = 0.0
        while let line = receiver.line(), let count = Int(line) {
            seconds = Date().timeIntervalSince(began)
            if count >= alerts { break }
        }
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }?.filter(\.isNumber) ?? "0"
        print(
            "delivery, Alertmanager: \(alerts) alerts in \((seconds * 100).rounded() / 100) s: "
                + "\(Int(Double(alerts) / seconds)) a second, \((Int(peak) ?? 0) / 1024) MB resident at most")
        receiver.endInput()
    }

    private static func post(_ batch: Int) throws {
        let alerts = (0..<1000).map { #"{"labels":{"alertname":"done","id":"img_\#(batch * 1000 + $0)"}}"# }
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        curl.arguments = [
            "-sf", "-H", "Content-Type: application/json", "--data-binary", "@-",
            "http://127.0.0.1:19093/api/v2/alerts",
        ]
        let input = Pipe()
        curl.standardInput = input
        try curl.run()
        try input.fileHandleForWriting.write(contentsOf: Data("[\(alerts.joined(separator: ","))]".utf8))
        try input.fileHandleForWriting.close()
        curl.waitUntilExit()
        guard curl.terminationStatus == 0 else { throw CocoaError(.fileReadUnknown) }
    }
}
