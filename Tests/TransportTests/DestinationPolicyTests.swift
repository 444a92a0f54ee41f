import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `The destination policy` {
    @Test(arguments: [
        "169.254.0.1", "169.254.169.254", "169.254.255.255", "168.63.129.16", "100.100.100.200", "fe80::1", "febf::1",
        "fd00:ec2::254", "::ffff:169.254.169.254", "::169.254.169.254", "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::169.254.169.254", "64:ff9b:1:a9fe:a9:fe00::", "2002:a9fe:a9fe::1", "2001:0:1234::5601:5601",
        "2001:db8::5efe:169.254.169.254", "::ffff:168.63.129.16", "64:ff9b::100.100.100.200", "fe80::1%eth0",
    ])
    func `refuses link-local addresses and metadata services in any guise`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!DestinationPolicy.standard.allows(address))
        #expect(DestinationPolicy(allowsLinkLocal: true).allows(address))
    }

    @Test(arguments: [
        "127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.253.255.255", "169.255.0.0", "8.8.8.8",
        "100.100.100.201", "2001:db8::1", "fd12::1", "::ffff:10.0.0.1", "64:ff9b::8.8.8.8", "2002:0808:0808::1",
        "fec0::1",
    ])
    func `allows all others, private ones included`(text: String) throws {
        #expect(DestinationPolicy.standard.allows(try #require(IPAddress(text))))
    }

    @Test func `with a list allows nothing else`() throws {
        let networks = try ["10.1.0.0/16", "2001:db8::/33", "192.0.2.7"].map {
            try #require(IPNetwork($0))
        }
        let policy = DestinationPolicy(allowedNetworks: networks)
        for text in ["10.1.0.0", "10.1.255.255", "192.0.2.7", "2001:db8:7fff::1", "::ffff:10.1.2.3"] {
            #expect(policy.allows(try #require(IPAddress(text))), "\(text)")
        }
        for text in [
            "10.2.0.0", "127.0.0.1", "192.0.2.8", "2001:db8:8000::1", "2002:0a01:0001::", "64:ff9b::10.1.0.1",
            "169.254.1.1",
        ] {
            #expect(!policy.allows(try #require(IPAddress(text))), "\(text)")
        }
        #expect(!DestinationPolicy(allowedNetworks: []).allows(try #require(IPAddress("8.8.8.8"))))
    }

    @Test func `allows what is link-local only in a network of nothing else`() throws {
        let address = try #require(IPAddress("169.254.10.1"))
        func allows(_ networks: [String]) throws -> Bool {
            DestinationPolicy(allowedNetworks: try networks.map { try #require(IPNetwork($0)) }).allows(address)
        }
        #expect(try allows(["169.254.10.0/24"]))
        #expect(try allows(["169.254.10.1"]))
        #expect(try !allows(["0.0.0.0/0", "169.0.0.0/8", "::/0"]))
        #expect(try !allows(["169.254.11.0/24"]))
    }

    @Test func `refuses what is denied, whatever is allowed and in any guise`() throws {
        let denied = [try #require(IPNetwork("10.1.0.0/16"))]
        for allowed in [nil, [try #require(IPNetwork("10.0.0.0/8")), try #require(IPNetwork("::/0"))]] {
            let policy = DestinationPolicy(allowedNetworks: allowed, deniedNetworks: denied)
            #expect(policy.allows(try #require(IPAddress("10.2.0.1"))))
            for text in ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"] {
                #expect(!policy.allows(try #require(IPAddress(text))), "\(text)")
            }
        }
    }

    @Test func `knows a network of IPv4 in the disguise of IPv6`() throws {
        let network = try #require(IPNetwork("::ffff:127.0.0.0/104"))
        let loopback = try #require(IPAddress("127.0.0.1"))
        #expect(!DestinationPolicy(deniedNetworks: [network]).allows(loopback))
        #expect(DestinationPolicy(allowedNetworks: [network]).allows(loopback))
        #expect(!network.contains(try #require(IPAddress("128.0.0.1"))))
    }

    @Test(arguments: ["0.0.0.0/0", "::/0"]) func `takes the widest network`(text: String) throws {
        let network = try #require(IPNetwork(text))
        #expect(network.contains(try #require(IPAddress("255.255.255.255"))) == (text == "0.0.0.0/0"))
        #expect(network.contains(try #require(IPAddress("ffff::ffff"))) == (text == "::/0"))
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "10.0.0.0/8/8", "x/8", "10.0.0.0/+8",
    ])
    func `knows what is not a network`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://2852039166/",
        "http://0xA9FEA9FE/",
        "http://0251.0376.0251.0376/", "http://169.254.43518/", "http://[64:ff9b::a9fe:a9fe]/", "http://[fe80::1]/",
        "https://[::ffff:a9fe:a9fe]:8443/", "http://168.63.129.16/",
    ])
    func `sees through every spelling in a URL, and a proxy does not help`(url: String) async throws {
        try await withServer(answering: okResponse) { server, transport in
            for proxy in [nil, server.url] {
                let error = try await failure(transport, HTTPRequest(url: url, trust: TrustSettings(proxy: proxy)))
                guard case .refusedByPolicy = error.kind else {
                    Issue.record("\(error)")
                    return
                }
                #expect(!error.mayHaveBeenReceived)
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `is asked about what a name resolves to`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            let elsewhere = DestinationPolicy(allowedNetworks: [try #require(IPNetwork("10.0.0.0/8"))])
            let request = HTTPRequest(url: "http://localhost:\(server.port)/", destination: elsewhere)
            let error = try await failure(transport, request)
            #expect([.refusedByPolicy(address: "127.0.0.1"), .refusedByPolicy(address: "::1")].contains(error.kind))
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `holds for kept connections, which it never shares with another`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            var request = HTTPRequest(url: "http://localhost:\(server.port)/")
            _ = try await transport.send(request)

            request.destination = DestinationPolicy(allowedNetworks: [try #require(IPNetwork("10.0.0.0/8"))])
            let error = try await failure(transport, request)
            guard case .refusedByPolicy = error.kind else {
                Issue.record("\(error)")
                return
            }
            #expect(server.received.count == 1)

            request.destination = DestinationPolicy(allowedNetworks: [try #require(IPNetwork("127.0.0.0/8"))])
            _ = try await transport.send(request)
            #expect(server.connectionCount == 2)

            request.destination = .standard
            _ = try await transport.send(request)
            #expect(server.connectionCount == 2)
            #expect(server.received.count == 3)
        }
    }
}
