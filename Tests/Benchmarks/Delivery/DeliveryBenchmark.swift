import Foundation

/// From pages of the API to the last 2xx that is on disk: durable (an fsync at each commit) and signed, over loopback
/// to a receiver in another process.
///
/// The figures to hold on two cores: 6,000 deliveries a second in less than 100 MB; a first attempt within 20 ms of the
/// commit at the median while idle; 100,000 deliveries waiting for a dead sink in less than 150 MB, the rest as fast.
enum DeliveryBenchmark {
    /// Changes in a burst: as many as one walk through a listing holds, 200 pages with the one that it ends at.
    static let burst = 19_900

    static func run() {
        do {
            try measure("burst", bursts: 1, singles: 0, hasDeadSink: false)
            try measure("burst that was decided before", bursts: 1, singles: 0, hasDeadSink: false, isHeldBack: true)
            try measure("idle", bursts: 0, singles: 200, hasDeadSink: false)
            try measure("beside a dead sink", bursts: 5, singles: 0, hasDeadSink: true)
        } catch {
            print("delivery: \(error)")
        }
        AlertmanagerComparison.run()
    }

    private static func measure(
        _ name: String, bursts: Int, singles: Int, hasDeadSink: Bool, isHeldBack: Bool = false
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auspex-delivery-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let receiver = try Child(["receiver"])
        guard let port = receiver.line() else { return print("delivery: the receiver does not start") }
        let circumstances = hasDeadSink ? "dead" : isHeldBack ? "held" : "alone"
        let worker = try Child(["worker", folder, port, "\(bursts)", "\(singles)", circumstances])
        while let line = worker.line() { tell(line, name) }
        receiver.endInput()
        let counts = (receiver.line() ?? "").split(separator: " ")
        if counts.count == 2 { print("delivery, \(name): \(counts[0]) callbacks arrived, \(counts[1]) of them twice") }
    }

    private static func tell(_ line: String, _ name: String) {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("burst", 5):
            let (size, seconds, cpu) = (Double(words[2]) ?? 0, Double(words[3]) ?? 1, Double(words[4]) ?? 0)
            print(
                "delivery, \(name): \(words[2]) changes in \(rounded(seconds)) s: \(Int(size / seconds)) a second, "
                    + "\(Int(cpu / size * 1e6)) µs of CPU each")
        case ("committed", 3):
            print(
                "delivery, \(name): first page committed after \(rounded(Double(words[1]) ?? 0)) s, the last after "
                    + "\(rounded(Double(words[2]) ?? 0)) s")
        case ("first", 3):
            print(
                "delivery, \(name): commit to first attempt \(rounded(Double(words[1]) ?? 0)) ms at the median, "
                    + "\(rounded(Double(words[2]) ?? 0)) ms at the 99th percentile")
        case ("memory", 3): print("delivery, \(name): \(words[1]) MB resident at most, \(words[2]) MB at the end")
        default: print("delivery, \(name): \(line)")
        }
    }

    private static func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }

    /// A line to the parent, at once.
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// This program again, in another part.
    final class Child {
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()
        private var rest = Data()

        init(_ arguments: [String]) throws {
            process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            process.arguments = ["delivery-part"] + arguments
            process.standardInput = input
            process.standardOutput = output
            try process.run()
        }

        func endInput() { try? input.fileHandleForWriting.close() }

        /// The next line that it prints; nil at the end.
        func line() -> String? {
            while true {
                if let end = rest.firstIndex(of: 10) {
                    defer { rest = Data(rest[(end + 1)...]) }
                    return String(decoding: rest[..<end], as: UTF8.self)
                }
                let more = output.fileHandleForReading.availableData
                guard !more.isEmpty else { return nil }
                rest += more
            }
        }
    }

    /// What a child does: `receiver`, or `worker FOLDER PORT BURSTS SINGLES dead|held|alone`.
    static func runPart(_ arguments: [String]) async {
        switch (arguments.first, arguments.count) {
        case ("receiver", _): LoopbackReceiver(isCounting: arguments.count > 1).run()
        case ("worker", 6):
            do {
                let worker = try DeliveryWorker(
                    folder: arguments[1], port: arguments[2], hasDeadSink: arguments[5] == "dead",
                    isHeldBack: arguments[5] == "held")
                await worker.run(
                    bursts: Int(arguments[3]) ?? 0, of: DeliveryBenchmark.burst, singles: Int(arguments[4]) ?? 0)
            } catch {
                say("the watch does not start: \(error)")
            }
        default: print("unknown part")
        }
    }
}
