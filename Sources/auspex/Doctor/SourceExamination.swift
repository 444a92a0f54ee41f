import AurousAPI
import CEL
import Core
import Engine
import Synchronization
import Transport

/// Whether a source can be polled: its key, the way there, and whether our clock and the API's agree.
struct SourceExamination: Sendable {
    let source: SourceSettings
    let http: any HTTPTransport

    /// Remembers what the API's clock said.
    private final class DatedTransport: HTTPTransport {
        private let http: any HTTPTransport
        private let state = Mutex<Duration?>(nil)

        init(_ http: any HTTPTransport) { self.http = http }

        /// The API's clock minus ours, as far as whole seconds tell; nil where it does not say.
        var skew: Duration? { state.withLock { $0 } }

        func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
            let response = try await http.send(request)
            let half = response.duration / 2
            // `Date` is cut to seconds, so on average half a second has passed since.
            let ours = Composition.now().advanced(by: .zero - half)
            if let written = response.first(named: "Date"),
                let theirs = HTTPDate.epochSeconds(written, now: ours.seconds)
            {
                let stamp = Timestamp(clampedSeconds: theirs, nanoseconds: 500_000_000)
                state.withLock { $0 = stamp.duration(since: ours) }
            }
            return response
        }
    }

    /// What a clock may be off without harm, and from where on receivers refuse our signatures.
    private static let harmless = Duration.seconds(5)
    private static let harmful = Duration.seconds(240)

    func findings() async -> [Finding] {
        let dated = DatedTransport(http)
        let key = source.key
        let client = AurousClient(
            transport: dated, base: source.api, key: { try key.read() }, version: source.version,
            userAgent: Version.userAgent, timeouts: Timeouts(connect: .seconds(10), exchange: .seconds(30)),
            trust: TrustSettings(caFile: source.caFile, proxy: source.proxy), destination: DestinationPolicy(),
            now: Composition.now)
        var findings: [Finding] = []
        for kind in source.watch { findings.append(await ask(client, kind)) }
        findings.append(clock(dated.skew))
        if case .file(let path) = source.key, let mode = FileMode(path), mode.isReadableByAll {
            findings.append(
                .warning("source/\(source.name)/key", "\(path) can be read by everybody", "chmod 600 \(path)"))
        }
        return findings
    }

    private func ask(_ client: AurousClient, _ kind: ResourceKind) async -> Finding {
        let id = "source/\(source.name)/\(kind.rawValue)"
        do throws(AurousError) {
            let (received, limits): (Duration, RateLimitReading?)
            if let resource = AurousResource(kind) {
                let answer = try await client.list(resource, limit: 1)
                (received, limits) = (answer.received, answer.limits)
            } else {
                let answer = try await client.balance()
                (received, limits) = (answer.received, answer.limits)
            }
            let left = limits?.remaining.map { "; \($0) requests are left for now" } ?? ""
            return .ok(id, "\(source.api) answers within \(received.wholeMilliseconds) ms and accepts the key\(left)")
        } catch {
            return .failed(id, "\(error)")
        }
    }

    private func clock(_ skew: Duration?) -> Finding {
        let id = "source/\(source.name)/clock"
        guard let skew else { return .warning(id, "the API does not say what time it is") }
        let size = skew < .zero ? .zero - skew : skew
        let seconds = size.components.seconds
        guard size > SourceExamination.harmless else { return .ok(id, "our clock and the API's agree") }
        let message = "our clock is \(seconds) s \(skew < .zero ? "ahead of" : "behind") the API's"
        let advice = "set this machine's clock, for example with systemd-timesyncd or chrony"
        return size > SourceExamination.harmful
            ? .failed(id, message + "; receivers refuse callbacks that seem so old", advice)
            : .warning(id, message, advice)
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
