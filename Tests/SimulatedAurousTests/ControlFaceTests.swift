import SimulatedAurous
import Testing

@Suite struct `The control face` {
    @Test func `places, changes and removes resources`() async throws {
        try await withServer(.scripted(controlFace: true)) { server, client in
            let placed = try await client.send(
                "/_sim/generations", method: "POST", body: #"[{"id":"img_a","status":"pending"},{"status":"failed"}]"#)
            #expect(placed?.status == 201)
            #expect(try placed?.json.elements?.last?["id"]?.text?.hasPrefix("img_") == true)
            let character = try await client.send("/_sim/characters", method: "POST", body: #"{"name":"Ren 蓮"}"#)
            let characterID = try #require(try character?.json["id"]?.text)
            let change = #"{"status":"succeeded","id":"x"}"#
            let patched = try await client.send("/_sim/img_a", method: "PATCH", body: change)
            #expect(try patched?.json == ["id": "img_a", "status": "succeeded"])
            let item = try await client.get("/v1/images/img_a").json
            #expect(item["status"] == "succeeded")
            let gone = try await client.send("/_sim/\(characterID)?soft=true", method: "DELETE")
            #expect(gone?.status == 204)
            #expect(server.withWorld(of: "studio") { $0.characterIDs } == [])
        }
    }

    @Test func `acts on the team of the key`() async throws {
        try await withServer(.scripted(controlFace: true)) { server, client in
            let other = SocketClient(port: client.port, key: SimulationOptions.otherKey)
            _ = try await other.send("/_sim/generations", method: "POST", body: #"{"id":"img_a"}"#)
            _ = try await client.send("/_sim/generations?team=other", method: "POST", body: #"{"id":"img_b"}"#)
            #expect(server.withWorld(of: "other") { $0.generationIDs } == ["img_b", "img_a"])
            #expect(server.withWorld(of: "studio") { $0.generationIDs } == [])
        }
    }

    @Test func `plans faults and shows requests without keys`() async throws {
        try await withServer(.scripted(controlFace: true)) { _, client in
            let body = #"{"fault":"status","status":429,"retry_after":3,"endpoint":"images"}"#
            let planned = try await client.send("/_sim/fault", method: "POST", body: body)
            #expect(planned?.status == 204)
            let reply = try await client.get("/v1/images")
            #expect((reply.status, reply[header: "Retry-After"]) == (429, "3"))
            let requests = try await client.get("/_sim/requests")
            #expect(try requests.json.elements?.map { $0["status"] } == [429])
            #expect(!requests.text.contains("al_live_"))
        }
    }

    @Test(arguments: ["{", "[1]", #"{"fault":"quake"}"#, #"{"fault":"hang","endpoint":"videos"}"#, "[[[[[[[["])
    func `refuses what it does not understand`(body: String) async throws {
        try await withServer(.scripted(controlFace: true)) { _, client in
            let place = body.contains("fault") ? "/_sim/fault" : "/_sim/generations"
            let reply = try await client.send(place, method: "POST", body: body)
            #expect(reply?.status == 400)
            let missing = try await client.send("/_sim/img_none", method: "DELETE")
            #expect(missing?.status == 404)
        }
    }
}
