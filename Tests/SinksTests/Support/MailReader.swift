import CEL
import Testing

/// A mail as Python's strict parser reads it.
struct ReadMail {
    var fields: [String]
    var subject: String
    var text: String
    var html: String
    /// What a browser would show.
    var visible: String
    var tags: [String]
    var links: [String]
    /// All there is to complain about.
    var problems: [String]

    subscript(field: String) -> String? {
        fields.first { $0.lowercased().hasPrefix(field.lowercased() + ": ") }
            .map { String($0.dropFirst(field.count + 2)) }
    }

    private static let script = """
        import sys, json, email.policy, email.parser, html.parser, re
        class Reader(html.parser.HTMLParser):
            def __init__(self): super().__init__(); self.tags, self.links, self.text = [], [], ""
            def handle_starttag(self, tag, attrs):
                self.tags.append(tag)
                for name, value in attrs:
                    if name in ("href", "src"): self.links.append(value)
                    elif name not in ("style", "dir", "charset", "name", "content", "rel"):
                        self.tags.append("attribute " + name)
            def handle_data(self, data): self.text += data
        data = sys.stdin.buffer
        result = []
        while True:
            size = data.readline()
            if not size: break
            raw = data.read(int(size))
            problems = []
            if re.search(rb"(?<!\\r)\\n|\\r(?!\\n)|\\x00", raw): problems.append("a bare CR, LF or a NUL")
            if any(len(line) > 78 for line in raw.split(b"\\r\\n")): problems.append("a line over 78 bytes")
            if any(byte > 126 for byte in raw): problems.append("a byte beyond ASCII")
            if any(line.startswith((b".", b"From ")) for line in raw.split(b"\\r\\n")):
                problems.append("a line that begins with a dot or From")
            message = email.parser.BytesParser(policy=email.policy.strict + email.policy.SMTP).parsebytes(raw)
            for part in message.walk():
                problems += [repr(d) for d in part.defects]
                for name, value in part.items(): problems += [name + " " + repr(d) for d in value.defects]
            if [p.get_content_type() for p in message.walk()] != ["multipart/alternative", "text/plain", "text/html"]:
                problems.append("other parts")
            text, page = (part.get_content() for part in message.iter_parts())
            reader = Reader(); reader.feed(page); reader.close()
            result.append({
                "fields": [n + ": " + str(v) for n, v in message.items()], "subject": str(message["subject"]),
                "text": text.replace("\\r\\n", "\\n"), "html": page, "visible": reader.text.replace("\\r\\n", "\\n"),
                "tags": reader.tags, "links": reader.links, "problems": problems})
        sys.stdout.buffer.write(json.dumps(result, ensure_ascii=False).encode())
        """

    static func read(_ messages: [[UInt8]]) throws -> [ReadMail] {
        let input = messages.flatMap { Array("\($0.count)\n".utf8) + $0 }
        let output = try Programs.python(script, input: input)
        guard case .list(let mails) = try JSON.parse(Array(output.utf8)) else { return [] }
        return mails.map { mail in
            ReadMail(
                fields: strings(mail.at("fields")), subject: mail.text("subject") ?? "", text: mail.text("text") ?? "",
                html: mail.text("html") ?? "", visible: mail.text("visible") ?? "", tags: strings(mail.at("tags")),
                links: strings(mail.at("links")), problems: strings(mail.at("problems")))
        }
    }

    private static func strings(_ value: CELValue?) -> [String] {
        guard case .list(let list)? = value else { return [] }
        return list.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
}
