import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `An HTTP exchange` {
    @Test func `puts exactly what it was given on the wire`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            let request = HTTPRequest(
                method: "POST", url: server.url + "/a?b=c#d",
                headerFields: [HeaderField("Content-Type", "application/json"), HeaderField("X-Empty", "")],
                body: Array(#"{"a":1}"#.utf8))
            let response = try await transport.send(request)

            #expect(response.status == 200)
            #expect(response.body == Array("ok".utf8))
            #expect(response.httpVersion == "HTTP/1.1")
            #expect(response.remoteAddress == "127.0.0.1")
            #expect(
                server.received == [
                    "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nAccept: */*\r\n"
                        + "Content-Type: application/json\r\nX-Empty:\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
                ])
        }
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY"])
    func `keeps the method, with a body and without`(method: String) async throws {
        try await withServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") { server, transport in
            _ = try await transport.send(HTTPRequest(method: method, url: server.url))
            if method != "HEAD" {
                _ = try await transport.send(HTTPRequest(method: method, url: server.url, body: Array("x".utf8)))
            }
            #expect(server.received.allSatisfy { $0.hasPrefix(method + " / HTTP/1.1\r\n") })
            #expect(server.received.count == (method == "HEAD" ? 1 : 2))
        }
    }

    @Test func `sends bodies of any size and any bytes`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            let large = [UInt8](repeating: 0x61, count: 3 << 20)
            for body in [[], [0x61, 0x00, 0x62], large] {
                _ = try await transport.send(HTTPRequest(method: "POST", url: server.url, body: body))
                let sent = try #require(server.received.last)
                #expect(sent.utf8.suffix(body.count).elementsEqual(body))
                #expect(sent.contains("Content-Length: \(body.count)\r\n"))
                #expect(!sent.contains("Expect"))
            }
        }
    }

    @Test func `uses one connection for one exchange after another`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            for _ in 0..<20 { _ = try await transport.send(HTTPRequest(url: server.url)) }
            #expect(server.connectionCount == 1)
            #expect(server.received.count == 20)
        }
    }

    @Test func `does not wait for others`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            let request = HTTPRequest(url: server.url)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<200 { group.addTask { try await transport.send(request).status } }
                var statuses: [Int] = []
                while let status = try await group.next() { statuses.append(status) }
                return statuses
            }
            #expect(statuses == Array(repeating: 200, count: 200))
        }
    }

    @Test func `carries nothing over to the next one`() async throws {
        try await withServer(answering: "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n") {
            server, transport in
            let first = HTTPRequest(
                method: "PUT", url: server.url, headerFields: [HeaderField("Authorization", "Bearer s3cret")],
                body: Array("secret".utf8))
            _ = try await transport.send(first)
            _ = try await transport.send(HTTPRequest(url: server.url + "/second"))
            #expect(
                server.received.last == "GET /second HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nAccept: */*\r\n\r\n")
        }
    }

    @Test func `does not follow redirects`() async throws {
        let redirect = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
        try await withServer(answering: redirect) { server, transport in
            let response = try await transport.send(HTTPRequest(url: server.url))
            #expect(response.status == 302)
            #expect(response.first(named: "location") == "/elsewhere")
            #expect(server.received.count == 1)
        }
    }

    @Test func `is answered past interim responses, without their fields`() async throws {
        let answer =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            + "HTTP/1.1 204 No Content\r\nX-Final: yes\r\n\r\n"
        try await withServer(answering: answer) { server, transport in
            let response = try await transport.send(HTTPRequest(url: server.url))
            #expect(response.status == 204)
            #expect(response.headerFields == [HeaderField("X-Final", "yes")])
            #expect(response.body.isEmpty)
            #expect(!response.isBodyTruncated)
        }
    }

    @Test func `reads fields in every odd form, and no trailers`() async throws {
        let answer =
            "HTTP/1.1 502 Bad Gateway\r\ncontent-TYPE:text/html\r\nX-Twice: 1\r\nX-Twice:  2 \r\nX-Folded: a\r\n  b\r\n"
            + "X-Empty:\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n0\r\nX-Trailer: t\r\n\r\n"
        try await withServer(answering: answer) { server, transport in
            let response = try await transport.send(HTTPRequest(url: server.url))
            #expect(response.status == 502)
            #expect(response.body == Array("<html>".utf8))
            #expect(response.first(named: "Content-Type") == "text/html")
            #expect(response.first(named: "x-twice") == "1")
            #expect(response.first(named: "X-Folded") == "a b")
            #expect(response.first(named: "X-Empty") == "")
            #expect(response.first(named: "X-Trailer") == nil)
            #expect(response.headerFields.filter { $0.isNamed("X-TWICE") }.map(\.value) == ["1", "2"])
        }
    }

    @Test func `leaves a compressed body as it came`() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
        try await withServer(answering: answer) { server, transport in
            let response = try await transport.send(HTTPRequest(url: server.url))
            #expect(response.body == Array("abc".utf8))
            #expect(server.received.first?.contains("Accept-Encoding") == false)
        }
    }

    @Test func `says where it failed without the secrets of the URL`() async throws {
        try await withServer(LoopbackServer { _ = $0.readRequest() }) { server, transport in
            let error = try await failure(
                transport, HTTPRequest(url: server.url + "/services/T0/B0/sEcReT?token=sEcReT#sEcReT"))
            #expect(!error.description.contains("sEcReT"))
            #expect(error.description.contains("http://127.0.0.1:\(server.port): "))
        }
    }
}

@Suite struct `What is printed of` {
    @Test func `a request and a mail has no secrets`() {
        let request = HTTPRequest(
            method: "POST", url: "https://hooks.example.com/s3cret",
            headerFields: [HeaderField("Authorization", "s3cret")])
        #expect("\(request)" == "POST https://hooks.example.com:443")
        let mail = MailTransaction(
            server: "smtps://mail.example.com", heloName: "a", username: "u", password: "s3cret", sender: "a@b",
            recipient: "c@d", message: Array("s3cret".utf8))
        #expect("\(mail)" == "mail by smtps://mail.example.com:465")
    }
}
