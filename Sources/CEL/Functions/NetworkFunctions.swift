/// IP addresses and networks, as cel-spec's network extension has them.
extension StandardLibrary {
    static let network: [LibraryFunction] =
        [
            .global(
                "ip", [([.string], .address)],
                .unary { (_, value) throws(EvaluationError) in .address(try address(value, "ip")) }),
            .member(
                "ip", [([.network], .address)],
                .unary { (_, value) throws(EvaluationError) in
                    .address(try network(value, "ip").address)
                }),
            .global(
                "cidr", [([.string], .network)],
                .unary { (_, value) throws(EvaluationError) in .network(try network(value, "cidr")) }),
            .global(
                "isIP", [([.string], .bool)],
                .unary { (_, value) throws(EvaluationError) in
                    guard case .string(let text) = value else { throw EvaluationError.noOverload("isIP", value) }
                    return .bool(IPAddress(text) != nil)
                }),
            .global(
                "isCIDR", [([.string], .bool)],
                .unary { (_, value) throws(EvaluationError) in
                    guard case .string(let text) = value else { throw EvaluationError.noOverload("isCIDR", value) }
                    return .bool(IPNetwork(text) != nil)
                }),
            .global(
                "ip.isCanonical", [([.string], .bool)],
                .unary { (_, value) throws(EvaluationError) in
                    guard case .string(let text) = value else {
                        throw EvaluationError.noOverload("ip.isCanonical", value)
                    }
                    return .bool(try address(value, "ip.isCanonical").description.hasSameBytes(as: text))
                }),
            .member(
                "family", [([.address], .int)],
                .unary { (_, value) throws(EvaluationError) in
                    .int(try own(value, "family").isIPv4 ? 4 : 6)
                }),
            property("isUnspecified") { $0.isUnspecified },
            property("isLoopback") { $0.isLoopback },
            property("isGlobalUnicast") { $0.isGlobalUnicast },
            property("isLinkLocalMulticast") { $0.isLinkLocalMulticast },
            property("isLinkLocalUnicast") { $0.isLinkLocalUnicast },
            .member(
                "containsIP", [([.network, .address], .bool), ([.network, .string], .bool)],
                .binary { (_, value, other) throws(EvaluationError) in
                    .bool(try ownNetwork(value, "containsIP").contains(try address(other, "containsIP")))
                }),
            .member(
                "containsCIDR", [([.network, .network], .bool), ([.network, .string], .bool)],
                .binary { (_, value, other) throws(EvaluationError) in
                    .bool(try ownNetwork(value, "containsCIDR").contains(try network(other, "containsCIDR")))
                }),
            .member(
                "masked", [([.network], .network)],
                .unary { (_, value) throws(EvaluationError) in
                    .network(try ownNetwork(value, "masked").masked)
                }),
            .member(
                "prefixLength", [([.network], .int)],
                .unary { (_, value) throws(EvaluationError) in
                    .int(Int64(try ownNetwork(value, "prefixLength").prefixLength))
                }),
        ]

    private static func property(_ name: String, _ body: @escaping @Sendable (IPAddress) -> Bool) -> LibraryFunction {
        .member(
            name, [([.address], .bool)],
            .unary { (_, value) throws(EvaluationError) in .bool(body(try own(value, name))) })
    }

    private static func own(_ value: CELValue, _ name: String) throws(EvaluationError) -> IPAddress {
        guard case .address(let address) = value else { throw EvaluationError.noOverload(name, value) }
        return address
    }

    private static func ownNetwork(_ value: CELValue, _ name: String) throws(EvaluationError) -> IPNetwork {
        guard case .network(let network) = value else { throw EvaluationError.noOverload(name, value) }
        return network
    }

    private static func address(_ value: CELValue, _ name: String) throws(EvaluationError) -> IPAddress {
        switch value {
        case .address(let address): return address
        case .string(let text):
            guard let address = IPAddress(text) else {
                throw EvaluationError.invalid("\(text.celQuoted) is no IP address")
            }
            return address
        default: throw EvaluationError.noOverload(name, value)
        }
    }

    private static func network(_ value: CELValue, _ name: String) throws(EvaluationError) -> IPNetwork {
        switch value {
        case .network(let network): return network
        case .string(let text):
            guard let network = IPNetwork(text) else {
                throw EvaluationError.invalid("\(text.celQuoted) is no network")
            }
            return network
        default: throw EvaluationError.noOverload(name, value)
        }
    }
}
