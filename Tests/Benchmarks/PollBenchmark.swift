import Foundation

/// What an unchanged page of 100 generations costs the built program, the whole way: HTTP, scan, fingerprints compared,
/// the store left alone. Beside it the Python poller, on the same server.
///
/// The figures to hold: a tenth of the poller's CPU per item; 1,500 pages a second.
enum PollBenchmark {
    private static let pairs = 5
    private static let window = 3.0
    /// Sources that together ask as fast as they can; one source asks at most every 50 ms.
    private static let manySources = 200

    static func run() {
        do {
            let folder = try ScratchFolder("poll")
            defer { folder.remove() }
            try measure(in: folder)
        } catch {
            Report.line("poll: \(error)")
        }
    }

    private static func measure(in folder: ScratchFolder) throws {
        guard let auspex = MeasuredProcess.auspex() else { return }
        Report.line(
            "poll: unchanged pages of 100 generations over HTTP; CPU per 1,000 items and pages a second, medians of "
                + "\(pairs) pairs of \(Int(window)) s; processors: \(ProcessInfo.processInfo.activeProcessorCount)")
        let one = try Contestant("Auspex, one source each 50 ms") { server in
            try start(auspex, sources: 1, server: server, in: folder)
        }
        let plain = try Contestant("Python, the same") { server in
            try poller(interval: 0.05, server: server, in: folder)
        }
        compare(one, plain)
        let many = try Contestant("Auspex, \(manySources) sources each 50 ms") { server in
            try start(auspex, sources: manySources, server: server, in: folder)
        }
        let fast = try Contestant("Python, without a pause") { server in
            try poller(interval: 0, server: server, in: folder)
        }
        compare(many, fast)
    }

    /// Measures both in turns, the other held still meanwhile, and prints them with their ratio.
    private static func compare(_ auspex: Contestant, _ python: Contestant?) {
        let both = [auspex, python].compactMap(\.self)
        defer { both.forEach { $0.stop() } }
        for contestant in both { contestant.process.pause() }
        var measured: [[Contestant.Window]] = both.map { _ in [] }
        for _ in 0..<pairs {
            for (index, contestant) in both.enumerated() { measured[index].append(contestant.measure(seconds: window)) }
        }
        let costs = measured.map { Samples($0.map(\.millisecondsPerThousandItems)).median }
        for (index, contestant) in both.enumerated() {
            let rates = Samples(measured[index].map(\.pagesPerSecond))
            let rate =
                "\(Report.number(rates.median, digits: 0)) pages/s (best \(Report.number(rates.largest, digits: 0)))"
            Report.row(
                contestant.name,
                "\(Report.number(costs[index])) ms/1,000   \(rate)   \(contestant.process.residentMB) MB")
        }
        guard costs.count == 2 else { return Report.line("  the Python poller does not run here") }
        let ratios = Samples(
            zip(measured[0], measured[1]).map {
                $1.millisecondsPerThousandItems / $0.millisecondsPerThousandItems
            })
        Report.row(
            "ratio of CPU",
            "\(Report.number(costs[1] / costs[0], digits: 1)) (pairwise "
                + "\(Report.number(ratios.percentile(1), digits: 1)) to \(Report.number(ratios.largest, digits: 1)))")
    }

    private static func start(
        _ auspex: URL, sources: Int, server: FixedPageServer, in folder: ScratchFolder
    ) throws -> MeasuredProcess {
        let listed = (0..<sources).map { number in
            """
              - name: team-\(number)
                api: http://127.0.0.1:\(server.port)
                key: al_live_\(String(repeating: "0", count: 60))\(1000 + number)
                watch: [generation]
                poll: { active: 50ms, idle: 50ms, sweep: 24h }
                budget: 1
            """
        }
        let name = "auspex-\(sources)"
        try folder.write(
            """
            sources:
            \(listed.joined(separator: "\n"))
            rules: [rules.yaml]
            sinks: { team: { kind: log } }
            notify: [team]
            """, to: "\(name)/auspex.yaml")
        try folder.write(
            """
            rules:
              - { name: failed, watch: generation, when: self.status == "failed" }
              - { name: stuck, watch: generation, when: self.status == "processing", for: 30m }
            """, to: "\(name)/rules.yaml")
        let process = try MeasuredProcess(auspex, ["run"], in: try folder.folder(name))
        // The baseline is read, and each source has polled for a while.
        try server.wait(forRequests: 2 * sources + 20 * sources, from: process)
        return process
    }

    private static func poller(
        interval: Double, server: FixedPageServer, in folder: ScratchFolder
    ) throws -> MeasuredProcess {
        let name = "poller-\(interval)"
        let process = try MeasuredProcess.python(
            "watch/poller.py",
            [
                "--api", "http://127.0.0.1:\(server.port)", "--key", "al_live_python", "--database", "poller.db",
                "--interval", "\(interval)",
            ], in: try folder.folder(name))
        try server.wait(forRequests: 22, from: process)
        return process
    }
}

/// A watcher under way, alone with a server of its own.
private final class Contestant {
    struct Window {
        var cpuSeconds: Double
        var seconds: Double
        var pages: Int

        var millisecondsPerThousandItems: Double { cpuSeconds * 1000 / (Double(pages) / 10) }
        var pagesPerSecond: Double { Double(pages) / seconds }
    }

    let name: String
    let process: MeasuredProcess
    private let server: FixedPageServer

    init(_ name: String, start: (FixedPageServer) throws -> MeasuredProcess) throws {
        self.name = name
        server = try FixedPageServer()
        process = try start(server)
    }

    func measure(seconds: Double) -> Window {
        process.resume()
        defer { process.pause() }
        // What piled up while it stood still.
        Thread.sleep(forTimeInterval: 0.5)
        let clock = ContinuousClock()
        let (began, cpu, pages) = (clock.now, process.cpuSeconds, server.requests)
        Thread.sleep(forTimeInterval: seconds)
        return Window(
            cpuSeconds: process.cpuSeconds - cpu, seconds: (clock.now - began) / .seconds(1),
            pages: server.requests - pages)
    }

    func stop() {
        process.stop()
        server.stop()
    }
}

extension FixedPageServer {
    /// Waits until so many have been answered, but not for ever, nor for a program that has ended.
    fileprivate func wait(forRequests count: Int, from process: MeasuredProcess) throws {
        for _ in 0..<600 where requests < count {
            guard process.isRunning else { break }
            Thread.sleep(forTimeInterval: 0.1)
        }
        guard requests < count else { return }
        process.stop()
        throw LoopbackSocket.Failure(description: "only \(requests) of the first \(count) requests came")
    }
}
