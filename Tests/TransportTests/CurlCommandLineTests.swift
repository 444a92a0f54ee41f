import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `The curl line of a request` {
    @Test func `shows the whole request`() {
        let request = HTTPRequest(
            method: "POST", url: "https://hooks.example.com/a?b=c",
            headerFields: [HeaderField("Content-Type", "application/json"), HeaderField("User-Agent", "auspex/1.0")],
            body: Array(#"{"text":"it's here"}"#.utf8),
            timeouts: Timeouts(connect: .milliseconds(2500), exchange: .seconds(10)),
            trust: TrustSettings(
                caFile: "/etc/ca file.pem", clientCertificateFile: "/etc/c:1.pem", clientKeyFile: "/etc/key.pem",
                proxy: "http://proxy:3128"))
        #expect(
            curlCommandLine(for: request, masking: [])
                == #"curl --request POST --url 'https://hooks.example.com/a?b=c'"#
                + #" --header 'Content-Type: application/json'"#
                + #" --header 'User-Agent: auspex/1.0' --header Expect: --connect-timeout 2.5 --max-time 10 --tlsv1.2"#
                + #" --cacert '/etc/ca file.pem' --cert '/etc/c\:1.pem' --key /etc/key.pem --proxy http://proxy:3128"#
                + #" --data-binary '{"text":"it'\''s here"}'"#)
    }

    @Test func `hides secrets wherever they stand`() {
        let request = HTTPRequest(
            method: "POST", url: "https://example.com/services/T0KEN?key=T0KEN",
            headerFields: [HeaderField("Authorization", "Bearer pa'ss")],
            body: Array("T0KEN\u{301} and pa'ss and T0KEN-LONGER \u{0}T0KEN".utf8),
            trust: TrustSettings(proxy: "http://user:T0KEN@proxy:1"))
        let line = curlCommandLine(for: request, masking: ["", "T0KEN", "pa'ss", "T0KEN-LONGER"])
        #expect(!line.unicodeScalars.map(String.init).joined(separator: "|").contains("T|0|K|E|N"))
        #expect(!line.contains("ss'") && !line.contains("LONGER"))
        #expect(line.contains("https://example.com/services/***?key=***"))
        #expect(line.contains("'Authorization: Bearer ***'"))
        #expect(line.contains("http://user:***@proxy:1"))
    }

    @Test(.enabled(if: isInstalled("curl"), "the curl program runs the line"), arguments: Case.all)
    func `sends the same bytes as the request itself`(_ test: Case) async throws {
        try await withServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") { server, transport in
            var request = test.request
            request.url = server.url + request.url
            _ = try await transport.send(request)
            let line = curlCommandLine(for: request, masking: [])
            let shell = try #require(RunningProgram(["sh"]))
            shell.send(line + "\n")
            #expect(shell.finish() == 0)
            #expect(server.received.count == 2)
            #expect(server.received.first == server.received.last)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: HTTPRequest

        init(
            _ name: String, _ method: String, _ path: String = "/", _ fields: [HeaderField] = [], body: [UInt8]? = nil
        ) {
            testDescription = name
            request = HTTPRequest(method: method, url: path, headerFields: fields, body: body)
        }

        static let all = [
            Case("a plain GET", "GET"),
            Case("a HEAD", "HEAD"),
            Case("a DELETE", "DELETE", "/a%20b?c=d&e=[1]{2}"),
            Case("a GET with a body", "GET", body: Array("x".utf8)),
            Case("an empty POST", "POST"),
            Case("a PUT of nothing", "PUT", body: []),
            Case(
                "odd fields", "POST", "/", [HeaderField("X-Empty", ""), HeaderField("X-Odd", #"$HOME `id` "'\ !"#)],
                body: [0x61]),
            Case(
                "JSON", "POST", "/", [HeaderField("Content-Type", "application/json")],
                body: Array(#"{"a":"it's\n"}"#.utf8)),
            Case("lines", "POST", body: Array("a\r\nb\n\n".utf8)),
            Case("a body like a file name", "POST", body: Array("@/etc/hostname".utf8)),
            Case("a body like an option", "POST", body: Array("--help".utf8)),
            Case("every byte", "POST", body: Array(UInt8.min...UInt8.max)),
            Case("emoji", "POST", body: Array("🎨 ünï\u{301}".utf8)),
            Case("a long body", "POST", body: Array(repeating: 0x61, count: 300_000)),
        ]
    }
}
