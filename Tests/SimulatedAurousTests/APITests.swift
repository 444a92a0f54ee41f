import SimulatedAurous
import Testing

@Suite struct `The simulated API` {
    @Test(
        arguments: [
            (nil, 401, "missing_api_key"), ("al_live_wrong", 401, "invalid_api_key"),
            (SimulationOptions.otherKey, 200, ""),
        ] as [(String?, Int, String)])
    func `lets in only keys that it knows`(key: String?, status: Int, code: String) async throws {
        try await withServer { _, client in
            let reply = try await SocketClient(port: client.port, key: key).get("/v1/images")
            #expect(reply.status == status)
            #expect(try reply.json["error"]?["code"]?.text ?? "" == code)
        }
    }

    @Test func `turns away revoked keys and keys without the scope until they are good again`() async throws {
        try await withServer { server, client in
            server.setKey(SimulationOptions.defaultKey, .revoked)
            let revoked = try await client.get("/v1/images")
            server.setKey(SimulationOptions.defaultKey, .withoutScope)
            let scopeless = try await client.get("/v1/images")
            server.setKey(SimulationOptions.defaultKey, .active)
            let good = try await client.get("/v1/images")
            #expect([revoked.status, scopeless.status, good.status] == [401, 403, 200])
            #expect(try revoked.json["error"]?["code"] == "revoked_api_key")
            #expect(try scopeless.json["error"]?["code"] == "missing_scope")
        }
    }

    @Test func `wraps every error in the envelope, with the request id of the header`() async throws {
        try await withServer { _, client in
            let reply = try await client.get("/v1/images/img_none")
            let error = try #require(try reply.json["error"])
            #expect(reply.status == 404)
            #expect(error.members?.map(\.name) == ["type", "code", "message", "param", "doc_url", "request_id"])
            #expect(error["type"] == "not_found")
            #expect(error["code"] == "resource_not_found")
            #expect(error["request_id"]?.text == reply[header: "Aurous-Request-Id"])
            #expect(error["request_id"]?.text?.hasPrefix("req_") == true)
        }
    }

    @Test func `echoes a good version and refuses one that is no date`() async throws {
        try await withServer { _, client in
            let usual = try await client.get("/v1/images")
            let pinned = try await client.get("/v1/images", headers: [("Aurous-Version", "2026-06-19")])
            let wrong = try await client.get("/v1/images", headers: [("Aurous-Version", "latest")])
            #expect(usual[header: "Aurous-Version"] == "2026-05-15")
            #expect(pinned[header: "Aurous-Version"] == "2026-06-19")
            #expect(wrong.status == 400)
            #expect(try wrong.json["error"]?["param"] == "Aurous-Version")
        }
    }

    @Test func `signs URLs anew in every response and changes nothing else`() async throws {
        try await withServer { server, client in
            server.putImages(1)
            let targets = ["/v1/images", "/v1/images", "/v1/images/img_1"]
            var replies: [SocketReply] = []
            for target in targets { replies.append(try await client.get(target)) }
            let first = try #require(try replies[0].json["data"]?.elements?.first)
            let again = try #require(try replies[1].json["data"]?.elements?.first)
            let alone = try replies[2].json
            let urls = [first, again, alone].compactMap { $0["output_urls"]?.elements?.first?.text }
            #expect(Set(urls).count == 3)
            let frame = /https:\/\/api\.aurous-labs\.com\/v1\/images\/img_1\/output\/0\?token=[0-9a-f]{32}&v=1/
            #expect(urls.allSatisfy { $0.wholeMatch(of: frame) != nil })
            let others = [first, again, alone].map { $0.members?.filter { $0.name != "output_urls" } }
            #expect(Set(others).count == 1)
        }
    }

    @Test func `leaves reference images alone, whose URLs are the user's`() async throws {
        try await withServer { server, client in
            let url = "https://example.com/ref.png?token=mine"
            _ = server.withWorld(of: "studio") { world in
                world.put(generation: ["id": "img_1", "status": "pending", "reference_image_urls": [.string(url)]])
            }
            let item = try await client.get("/v1/images/img_1").json
            #expect(item["reference_image_urls"] == [.string(url)])
        }
    }

    @Test func `serves what tests put as it stands`() async throws {
        try await withServer { server, client in
            let odd: SimulatedJSON = [
                "id": "img_odd", "status": "upscaling", "prompt": .string(String(repeating: "🜁\r\n\"", count: 1 << 17)),
                "new_field": ["deep": [1, 2.5, nil]], "seed": .verbatim("123456789012345678901234567890"),
            ]
            _ = server.withWorld(of: "studio") { $0.put(generation: odd) }
            let reply = try await client.get("/v1/images")
            #expect(reply.text.contains(#""seed":123456789012345678901234567890"#))
            let item = try #require(try reply.json["data"]?.elements?.first)
            #expect(item["prompt"] == odd["prompt"])
            #expect(item["new_field"] == odd["new_field"])
            #expect(item["created_at"] == nil)
        }
    }

    @Test func `keeps teams apart, even with equal ids`() async throws {
        try await withServer { server, client in
            server.putImages(1)
            _ = server.withWorld(of: "other") { $0.put(generation: ["id": "img_1", "status": "failed"]) }
            let other = SocketClient(port: client.port, key: SimulationOptions.otherKey)
            let replies = try await [client.get("/v1/images/img_1"), other.get("/v1/images/img_1")]
            #expect(try replies.map { try $0.json["status"] } == ["succeeded", "failed"])
        }
    }

    @Test func `tells the balance`() async throws {
        try await withServer { server, client in
            _ = server.withWorld(of: "studio") { $0.balance.heldHundredths = 400 }
            let balance = try await client.get("/v1/balance").json
            #expect(
                balance == [
                    "credits": 1023.49, "held_credits": 4, "available_credits": 1019.49, "currency": "credit",
                    "billing_mode": "metered",
                ])
        }
    }

    @Test func `records every request with its key and status`() async throws {
        try await withServer { server, client in
            _ = try await client.get("/v1/images?limit=7")
            _ = try await SocketClient(port: client.port, key: "wrong").get("/v1/balance")
            let records = server.requests
            #expect(records.map(\.target) == ["/v1/images?limit=7", "/v1/balance"])
            #expect(records.map(\.status) == [200, 401])
            #expect(records.map(\.team) == ["studio", nil])
            #expect(records.map(\.endpoint) == [.images, .balance])
            #expect(records[1].key == "wrong")
        }
    }

    @Test func `comes back after an outage on the same port with the same world`() async throws {
        try await withServer { server, client in
            server.putImages(2)
            await server.stop()
            await #expect(throws: (any Error).self) { try await client.get("/v1/images") }
            #expect(try await server.start() == client.port)
            let ids = try await client.ids("/v1/images")
            #expect(ids == ["img_2", "img_1"])
        }
    }

    @Test func `closes idle and half-sent connections when it stops, and frees its port`() async throws {
        try await withServer { server, client in
            async let idle = client.exchange("")
            async let half = client.exchange("GET /v1/images HTTP/1.1\r\nHost:")
            _ = try await client.get("/v1/images")
            await server.stop()
            let replies = try await [idle, half]
            #expect(replies.allSatisfy { $0?.status != 200 })
            let successor = SimulatedAurousServer(.scripted()) { ManualClock.start }
            let port = try await successor.start(port: client.port)
            #expect(port == client.port)
            await #expect(throws: (any Error).self) { try await server.start() }
            await successor.stop()
        }
    }

    @Test func `serves no control face unless asked to`() async throws {
        try await withServer { server, client in
            let reply = try await client.send("/_sim/generations", method: "POST", body: #"{"id":"img_1"}"#)
            #expect(reply?.status == 404)
            #expect(server.withWorld(of: "studio") { $0.generationIDs } == [])
        }
    }
}
