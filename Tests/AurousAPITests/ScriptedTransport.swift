import AurousAPI
import CEL
import Core
import Synchronization
import Testing
import Transport

/// Answers requests from a script, in order, and remembers what was asked.
final class ScriptedTransport: HTTPTransport {
    private let script: Mutex<[Result<HTTPResponse, TransportError>]>
    private let log = Mutex<[HTTPRequest]>([])

    init(_ script: [Result<HTTPResponse, TransportError>]) {
        self.script = Mutex(script.reversed())
    }

    var requests: [HTTPRequest] { log.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        log.withLock { $0.append(request) }
        guard let next = script.withLock({ $0.popLast() }) else {
            throw TransportError(kind: .internalFailure, cause: "the script is over")
        }
        return try next.get()
    }
}

struct TestKeyMissing: Error, CustomStringConvertible {
    let description = "no such file: key.txt"
}

let testKey = "al_live_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func client(
    _ transport: ScriptedTransport,
    base: String = "https://api.example.com",
    now: Int64 = 1_800_000_000,
    key: @escaping @Sendable () throws -> Secret = { Secret(testKey) }
) -> AurousClient {
    AurousClient(
        transport: transport, base: base, key: key, version: "2026-05-15", userAgent: "auspex/test",
        timeouts: Timeouts(connect: .seconds(3), exchange: .seconds(9)), trust: TrustSettings(),
        destination: .standard, now: { Timestamp(seconds: now, nanoseconds: 0) ?? Timestamp(clampingMilliseconds: 0) })
}

func response(
    _ status: Int, _ body: String, type: String? = "application/json", _ fields: [String: String] = [:]
) -> Result<HTTPResponse, TransportError> {
    var headerFields = fields.map { HeaderField($0.key, $0.value) }
    if let type { headerFields.append(HeaderField("content-type", type)) }
    return .success(
        HTTPResponse(status: status, headerFields: headerFields, body: Array(body.utf8), duration: .milliseconds(12)))
}

let emptyPage = #"{"object":"list","data":[],"has_more":false,"next_cursor":null}"#

/// The error of one request to the generations' list that is answered so.
func failure(_ answer: Result<HTTPResponse, TransportError>) async -> AurousError? {
    do throws(AurousError) {
        _ = try await client(ScriptedTransport([answer])).list(.generation, limit: 20)
        return nil
    } catch {
        return error
    }
}

func page(_ rows: String..., more: String = #""has_more":false,"next_cursor":null"#) -> [UInt8] {
    Array(#"{"object":"list","data":[\#(rows.joined(separator: ","))],\#(more)}"#.utf8)
}

func single(_ row: String) throws -> PageScan.Row {
    try #require(try PageScan.single(Array(row.utf8)).rows.first)
}

/// SplitMix64, so that a failure can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
