import CEL
import Core
import Dispatch

/// Appends each notification to a file as one line of JSON, in the form of the callback.
///
/// A line is on the disk before it counts as delivered. The file is opened for every line, so that a rotated one is
/// simply made anew.
struct FileSink: Sink {
    let name: String
    let kind = "file"
    let path: String
    let redaction: Redaction
    /// Disk waits happen here and not on the threads that all tasks share; one at a time, so lines never mix.
    private let queue: DispatchQueue

    init(_ configuration: SinkConfiguration, _ services: SinkServices) throws(SinkConfigurationError) {
        var reader = SettingReader(configuration)
        let path = reader.requiredText("path")?.reveal() ?? ""
        if path.utf8.contains(0) { reader.reject("path", "must not have a NUL in it") }
        redaction = Redaction(&reader)
        try reader.finish()
        name = configuration.name
        self.path = path
        queue = DispatchQueue(label: "auspex.sink.file.\(configuration.name)")
    }

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        String(decoding: line(delivery).dropLast(), as: UTF8.self)
    }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        let line = line(delivery)
        let failure: LineAppender.Failure? = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: LineAppender.append(line, to: path)) }
        }
        guard let failure else { return AttemptResult(.delivered, answer: "appended \(line.count) bytes") }
        return AttemptResult(.failed(reason: "\(path): \(failure.message)", after: nil))
    }

    private func line(_ delivery: OutgoingDelivery) -> [UInt8] {
        JSON.serializedBytes(CallbackBody.event(redaction.apply(to: delivery.notification))) + [UInt8(ascii: "\n")]
    }
}

extension SinkKind {
    static let file = SinkKind(
        name: "file",
        summary: "appends each notification to a file, one line of JSON each",
        settings: [
            SettingDeclaration("path", .path, isRequired: true, "the file; made if missing, readable by its owner")
        ],
        make: { (configuration, services) throws(SinkConfigurationError) in
            try FileSink(configuration, services)
        })
}
