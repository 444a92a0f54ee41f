#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

// Texts as JSON writes them (RFC 8259, section 7). simdjson's own unescaping refuses a lone surrogate; a prompt that
// was cut in the middle of an emoji must not cost the page.
namespace page {

constexpr char kReplacement[] = "\xEF\xBF\xBD";

inline bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// A token as simdjson gives it runs up to the next token: without the white space at its end.
inline std::string_view trimmed(std::string_view token) {
    while (!token.empty() && isSpace(token.back())) token.remove_suffix(1);
    return token;
}

inline int hexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The four hex digits at `at`, or -1.
inline int32_t codeUnit(std::string_view text, size_t at) {
    if (at > text.size() || text.size() - at < 4) return -1;
    int32_t unit = 0;
    for (size_t i = at; i < at + 4; i++) {
        const int digit = hexDigit(text[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

inline void appendScalar(std::string &to, uint32_t scalar) {
    if (scalar < 0x80) {
        to.push_back(char(scalar));
    } else if (scalar < 0x800) {
        to.push_back(char(0xC0 | scalar >> 6));
        to.push_back(char(0x80 | (scalar & 0x3F)));
    } else if (scalar < 0x10000) {
        to.push_back(char(0xE0 | scalar >> 12));
        to.push_back(char(0x80 | (scalar >> 6 & 0x3F)));
        to.push_back(char(0x80 | (scalar & 0x3F)));
    } else {
        to.push_back(char(0xF0 | scalar >> 18));
        to.push_back(char(0x80 | (scalar >> 12 & 0x3F)));
        to.push_back(char(0x80 | (scalar >> 6 & 0x3F)));
        to.push_back(char(0x80 | (scalar & 0x3F)));
    }
}

/// Appends what `\u` at `at` (of the `u`) stands for, and moves `at` behind it. A lone
/// surrogate becomes U+FFFD.
inline bool unescapeUnicode(std::string_view raw, size_t &at, std::string &to) {
    const int32_t unit = codeUnit(raw, at + 1);
    if (unit < 0) return false;
    at += 5;
    if (unit < 0xD800 || unit > 0xDFFF) {
        appendScalar(to, uint32_t(unit));
        return true;
    }
    if (unit < 0xDC00 && at + 1 < raw.size() && raw[at] == '\\' && raw[at + 1] == 'u') {
        const int32_t low = codeUnit(raw, at + 2);
        if (low < 0) return false;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            appendScalar(to, 0x10000 + (uint32_t(unit - 0xD800) << 10) + uint32_t(low - 0xDC00));
            at += 6;
            return true;
        }
    }
    to += kReplacement;
    return true;
}

/// `raw` is what stands between the quotes. False where it is no text of JSON.
inline bool unescape(std::string_view raw, std::string &to) {
    to.clear();
    for (size_t at = 0; at < raw.size();) {
        const size_t next = std::min(raw.find('\\', at), raw.size());
        if (raw.substr(at, next - at).find('"') != raw.npos) return false;
        to.append(raw, at, next - at);
        if (next == raw.size()) return true;
        if (next + 1 == raw.size()) return false;
        at = next + 1;
        switch (raw[at]) {
        case '"': case '\\': case '/': to.push_back(raw[at]); break;
        case 'b': to.push_back('\b'); break;
        case 'f': to.push_back('\f'); break;
        case 'n': to.push_back('\n'); break;
        case 'r': to.push_back('\r'); break;
        case 't': to.push_back('\t'); break;
        case 'u':
            if (!unescapeUnicode(raw, at, to)) return false;
            continue;
        default: return false;
        }
        at++;
    }
    return true;
}

} // namespace page
