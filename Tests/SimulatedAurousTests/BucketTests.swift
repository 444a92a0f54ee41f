import SimulatedAurous
import Testing

@Suite struct `A rate limit` {
    @Test func `allows the burst, then refuses until a request has flowed back`() {
        var bucket = TokenBucket(perMinute: 600, burst: 1200, at: ManualClock.start)
        let taken = (0..<1300).count { _ in bucket.take(at: ManualClock.start) }
        #expect(taken == 1200)
        #expect(bucket.remaining == 0)
        #expect(bucket.retryAfter == 1)
        #expect(bucket.reset == ManualClock.start.seconds + 120)
        let later = [99, 100, 100].map { bucket.take(at: ManualClock.start.adding(milliseconds: $0)) }
        #expect(later == [false, true, false])
    }

    @Test func `never holds more than the burst, and survives a clock that leaps or goes back`() {
        var bucket = TokenBucket(perMinute: 120, burst: 240, at: ManualClock.start)
        let left = [Int64.max, 0, .min].map { milliseconds in
            _ = bucket.take(at: WorldTime(milliseconds: milliseconds))
            return bucket.remaining
        }
        #expect(left == [239, 238, 237])
        #expect(bucket.reset > 0)
    }

    @Test func `is shown on every response and enforced with 429 and Retry-After`() async throws {
        let clock = ManualClock()
        try await withServer(clock: clock) { server, client in
            let first = try await client.get("/v1/images")
            #expect(first[header: "X-RateLimit-Limit"] == "1200")
            #expect(first[header: "X-RateLimit-Remaining"] == "1199")
            #expect(first[header: "X-RateLimit-Reset"] == String(ManualClock.start.seconds + 1))
            let characters = try await client.get("/v1/characters")
            #expect(characters[header: "X-RateLimit-Limit"] == "240")
            server.drainBuckets(of: "studio", to: 0)
            let refused = try await client.get("/v1/images/img_1")
            #expect(refused.status == 429)
            #expect(refused[header: "Retry-After"] == "1")
            #expect(refused[header: "X-RateLimit-Remaining"] == "0")
            #expect(try refused.json["error"]?["type"] == "rate_limit")
            #expect(try refused.json["error"]?["code"] == "too_many_requests")
            clock.advance(seconds: 1)
            let later = try await client.get("/v1/images")
            #expect(later.status == 200)
        }
    }

    @Test func `can be told in the other headers, and be lifted for a team`() async throws {
        var options = SimulationOptions.scripted()
        options.rateHeaders = .plain
        options.teams[0].isRateLimited = false
        try await withServer(options) { server, client in
            server.drainBuckets(of: "other", to: 600)
            server.drainBuckets(of: "studio", to: 0)
            let other = try await SocketClient(port: client.port, key: SimulationOptions.otherKey).get("/v1/balance")
            #expect(other[header: "RateLimit-Remaining"] == "599")
            #expect(other[header: "RateLimit-Reset"] == "61")
            #expect(other[header: "X-RateLimit-Limit"] == nil)
            let lifted = try await client.get("/v1/images")
            #expect(lifted.status == 200)
        }
    }

    @Test func `is the team's, shared by its keys and by nobody else`() async throws {
        try await withServer { server, client in
            server.add(SimulatedTeam(name: "studio", key: "al_live_second"))
            server.drainBuckets(of: "studio", to: 0)
            let replies = try await [
                SocketClient(port: client.port, key: "al_live_second").get("/v1/images"),
                SocketClient(port: client.port, key: SimulationOptions.otherKey).get("/v1/images"),
            ]
            #expect(replies.map(\.status) == [429, 200])
        }
    }
}
