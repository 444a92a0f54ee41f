import SimulatedAurous
import Testing

@Suite struct `A listing` {
    @Test func `pages through every row once, newest first`() async throws {
        try await withServer { server, client in
            server.putImages(45)
            var seen: [String] = []
            var target = "/v1/images"
            var pages = 0
            while pages < 10 {
                pages += 1
                let page = try await client.get(target)
                seen += try page.ids
                guard let cursor = try page.json["next_cursor"]?.text else {
                    #expect(try page.json["has_more"] == false)
                    break
                }
                #expect(try page.json["has_more"] == true)
                target = "/v1/images?starting_after=\(cursor)"
            }
            #expect(pages == 3)
            #expect(seen == (1...45).reversed().map { "img_\($0)" })
        }
    }

    @Test func `loses and repeats nothing while rows arrive between two pages`() async throws {
        try await withServer { server, client in
            server.putImages(30)
            let first = try await client.get("/v1/images?limit=10")
            _ = server.withWorld(of: "studio") { world in
                world.put(generation: ["id": "img_new", "status": "pending", "created_at": "2026-11-21T00:00:00Z"])
            }
            let cursor = try #require(try first.json["next_cursor"]?.text)
            let second = try await client.get("/v1/images?limit=10&starting_after=\(cursor)")
            let both = try first.ids + second.ids
            #expect(both == (11...30).reversed().map { "img_\($0)" })
        }
    }

    @Test func `orders rows of one instant by id, the greater first`() async throws {
        try await withServer { server, client in
            _ = server.withWorld(of: "studio") { world in
                for id in ["img_b", "img_c", "img_a"] {
                    world.put(generation: ["id": .string(id), "status": "x", "created_at": "2026-11-20T12:00:00Z"])
                }
            }
            let ids = try await client.ids("/v1/images")
            #expect(ids == ["img_c", "img_b", "img_a"])
        }
    }

    @Test func `gives the rows nearest to ending_before, and says that there are more`() async throws {
        try await withServer { server, client in
            server.putImages(20)
            let page = try await client.get("/v1/images?limit=3&ending_before=img_10")
            #expect(try page.ids == ["img_13", "img_12", "img_11"])
            #expect(try page.json["has_more"] == true)
            let none = try await client.get("/v1/images?ending_before=img_20")
            #expect(try none.ids.isEmpty)
            #expect(try none.json["has_more"] == false)
        }
    }

    @Test func `can give the newest rows before a cursor instead`() async throws {
        var options = SimulationOptions.scripted()
        options.newerOrder = .newestFirst
        try await withServer(options) { server, client in
            server.putImages(20)
            let ids = try await client.ids("/v1/images?limit=2&ending_before=img_10")
            #expect(ids == ["img_20", "img_19"])
        }
    }

    @Test(arguments: ["0", "101", "-1", "ten", "", "1.5", "99999999999999999999"])
    func `refuses a limit that is no number from 1 to 100`(limit: String) async throws {
        try await withServer { _, client in
            let reply = try await client.get("/v1/images?limit=\(limit)")
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?["code"] == "invalid_request")
            #expect(try reply.json["error"]?["param"] == "limit")
        }
    }

    @Test func `gives a hundred rows at most, and all of them when asked`() async throws {
        try await withServer { server, client in
            server.putImages(150)
            let most = try await client.ids("/v1/images?limit=100")
            #expect(most.count == 100)
            #expect(try await client.ids("/v1/images").count == 20)
            #expect(try await client.ids("/v1/images?limit=1") == ["img_150"])
        }
    }

    @Test func `refuses a cursor that it does not know`() async throws {
        try await withServer { server, client in
            server.putImages(3)
            for (target, parameter) in [
                ("/v1/images?starting_after=img_9", "starting_after"),
                ("/v1/images?ending_before=img_9", "ending_before"),
                ("/v1/characters?starting_after=img_1", "starting_after"),
            ] {
                let reply = try await client.get(target)
                #expect(reply.status == 400)
                #expect(try reply.json["error"]?["param"] == .string(parameter))
            }
        }
    }

    @Test func `takes the cursor of a softly deleted character, not of a removed one`() async throws {
        try await withServer { server, client in
            _ = server.withWorld(of: "studio") { world in
                for number in 1...3 {
                    world.put(character: [
                        "id": "char_\(number)", "status": "ready", "created_at": "2026-11-2\(number)T00:00:00Z",
                    ])
                }
                world.hide("char_2")
            }
            let listed = try await client.ids("/v1/characters")
            #expect(listed == ["char_3", "char_1"])
            #expect(try await client.get("/v1/characters/char_2").status == 404)
            #expect(try await client.ids("/v1/characters?starting_after=char_2") == ["char_1"])
            _ = server.withWorld(of: "studio") { $0.remove("char_2") }
            #expect(try await client.get("/v1/characters?starting_after=char_2").status == 400)
        }
    }
}
