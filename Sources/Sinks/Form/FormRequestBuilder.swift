import CEL
import Core
import Transport

/// Why a request cannot be made; shows no secret.
struct FormProblem: Error {
    var message: String
}

/// Makes the request that a form describes.
struct FormRequestBuilder {
    let renderer: FormRenderer
    let connection: ConnectionSettings
    /// Of the keys that the form signs with.
    let signer: WebhookSignature
    /// Of the form that signs for AWS.
    let credentials: AWSCredentials?
    /// When the attempt is made.
    let now: Timestamp

    struct Exchange {
        var method: String
        var url: String
        var fields: [HeaderField]
        var body: [UInt8]?
        var signing: AWSSigning?
    }

    func exchange(_ request: FormRequest) throws(FormProblem) -> Exchange {
        let body = try body(request.body)
        var fields = try fields(request)
        for field in body.fields where !fields.contains(where: { $0.isNamed(field.name) }) { fields.append(field) }
        return Exchange(
            method: request.method, url: try url(request),
            fields: fields + signature(request.signing, of: body.bytes), body: body.bytes,
            signing: try aws(request.signing, credentials))
    }

    private func url(_ request: FormRequest) throws(FormProblem) -> String {
        var values: [String] = []
        for part in request.url.parts {
            guard case .insert(let insert) = part else { continue }
            let value = try text("the address") { () throws(EvaluationError) in try renderer.rawText(insert) }
            guard let value else { throw FormProblem(message: "a part of the address is not there") }
            // A path of dots would lead elsewhere.
            if !insert.isOwn, value == "." || value == ".." {
                throw FormProblem(message: "a value for the address is nothing but dots")
            }
            values.append(value)
        }
        var query = try pairs(request.query, raw: true)
        // AWS signs the query in this order, and the one who sends it has to know.
        if case .aws? = request.signing { query.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }
        let url = FormAddress.text(request.url.parts, values: values, query: query)
        if let problem = AddressRules.problem(of: url, connection) {
            throw FormProblem(message: "the address " + problem)
        }
        return url
    }

    private func fields(_ request: FormRequest) throws(FormProblem) -> [HeaderField] {
        var fields: [HeaderField] = []
        for (name, leaf) in request.headers {
            guard let value = try headerValue(leaf, name) else { continue }
            fields.append(HeaderField(name, value))
        }
        if let basic = request.basic {
            let user = try text("the user name") { () throws(EvaluationError) in try renderer.optionalText(basic.user) }
            let password = try text("the password") { () throws(EvaluationError) in
                try renderer.optionalText(basic.password)
            }
            if let user {
                let pair = "\(user):\(password ?? "")"
                fields.append(HeaderField("Authorization", "Basic " + Base64.encode(Array(pair.utf8))))
            }
        }
        return fields
    }

    /// Header fields hold printable ASCII; of what is inserted the rest is percent-encoded, as CloudEvents does.
    private func headerValue(_ leaf: FormLeaf, _ name: String) throws(FormProblem) -> String? {
        var result = ""
        for part in leaf.parts {
            switch part {
            case .markup(let markup): result += markup
            case .insert(let insert):
                let value = try text("the header field \(name)") { () throws(EvaluationError) in
                    try renderer.rawText(insert)
                }
                guard let value else {
                    if leaf.lone != nil { return nil }
                    continue
                }
                result += insert.isOwn ? value : PercentEncoding.encodeField(value)
            }
        }
        guard result.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
            throw FormProblem(message: "the header field \(name) would have a control character")
        }
        return result
    }

    private func pairs(
        _ leaves: [(name: String, value: FormLeaf)], raw: Bool
    ) throws(FormProblem) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for (name, leaf) in leaves {
            let value = try text("`\(name)`") { () throws(EvaluationError) in
                if raw, let lone = leaf.lone { return try renderer.rawText(lone) }
                return try renderer.optionalText(leaf)
            }
            if let value { pairs.append((name, value)) }
        }
        return pairs
    }

    private func text(
        _ place: String, _ evaluate: () throws(EvaluationError) -> String?
    ) throws(FormProblem) -> String? {
        do throws(EvaluationError) {
            return try evaluate()
        } catch {
            throw FormProblem(message: "\(place) cannot be made: \(error.message)")
        }
    }

    private func body(_ body: FormBody) throws(FormProblem) -> (bytes: [UInt8]?, fields: [HeaderField]) {
        switch body {
        case .none: return (nil, [])
        case .json(let tree):
            return (JSON.serializedBytes(renderer.value(tree) ?? .null), typed("application/json"))
        case .form(let leaves):
            // Blanks as %20: every reader of forms takes that as well as a plus sign.
            let pairs = try displayed(leaves).map {
                "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))"
            }
            return (Array(pairs.joined(separator: "&").utf8), typed("application/x-www-form-urlencoded"))
        case .text(let leaf):
            let text = renderer.value(leaf)?.inserted ?? ""
            return (Array(text.utf8), typed("text/plain; charset=utf-8"))
        case .document(let document): return self.body(document)
        case .chosen(let leaf):
            let name = try text(leaf.place) { () throws(EvaluationError) in try renderer.optionalText(leaf) }
            guard let document = FormDocument(rawValue: name ?? "") else {
                let known = FormDocument.allCases.map(\.rawValue).joined(separator: ", ")
                throw FormProblem(message: "there is no such body; there are \(known)")
            }
            return self.body(document)
        }
    }

    private func typed(_ type: String) -> [HeaderField] { [HeaderField("Content-Type", type)] }

    private func body(_ document: FormDocument) -> (bytes: [UInt8]?, fields: [HeaderField]) {
        let notification = renderer.situation.notification
        switch document {
        case .none: return (nil, [])
        case .callback: return (JSON.serializedBytes(CallbackBody.event(notification)), typed("application/json"))
        case .cloudEvent:
            return (
                JSON.serializedBytes(CallbackBody.cloudEvent(notification)), typed("application/cloudevents+json")
            )
        case .binaryCloudEvent:
            let event = CallbackBody.binaryCloudEvent(notification)
            return (JSON.serializedBytes(event.data), typed("application/json") + event.fields)
        }
    }

    /// A field that cannot be rendered says so, as in JSON.
    private func displayed(
        _ leaves: [(name: String, value: FormLeaf)]
    ) throws(FormProblem) -> [(name: String, value: String)] {
        leaves.compactMap { leaf in renderer.value(leaf.value).map { (leaf.name, $0.inserted) } }
    }
}
