#pragma once

#include "include/cpage.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

// THE RULE OF THE FINGERPRINT, version 1. It is stored in databases: the same resource must give the same 64 bits with
// every later version and on every machine, or CPAGE_FINGERPRINT_VERSION must be raised.
//
// H(text) is XXH3-64 of the UTF-8 after unescaping, with the seed kSeed. P(a, b) is XXH3-64 of the 16 bytes of a and b,
// each little-endian, with the seed kSeed. A lone surrogate escape (`\ud800`) counts as U+FFFD.
//
//   null           P(1, 0), where it counts: in an array. A member that is null counts as absent.
//   false, true    P(2, 0), P(2, 1)
//   number         by value, however it is spelled. The value of a spelling without fraction and exponent within
//                  -2^63 ..< 2^64 is that integer; of any other the nearest IEEE 754 double. An integral value within
//                  that range (2, 2.0, 20e-1; -0.0 is 0) gives P(3, value), a negative one P(4, two's complement);
//                  other doubles P(5, bits); a spelling that is beyond the range of doubles P(6, H(spelling)).
//   text           P(7, H(text)). Of a text that begins with `http://` or `https://` and has no character at or below
//                  U+0020, only the part before the first `?` or `#` counts: signed URLs carry a fresh token in every
//                  answer. This holds at any depth and for unknown members, but not for the members `prompt`,
//                  `negative_prompt`, `error_message` and `name` of any object (nor for texts in arrays right in them).
//   array          h = P(8, 0), then h = P(h, element) for each element in order
//   object         P(9, sum), the sum modulo 2^64 of P(H(key), value) over the members that are not null; of members
//                  with the same key only the last counts. So neither order nor white space counts.
namespace page {

constexpr uint64_t kSeed = 0x4175737065780000u + CPAGE_FINGERPRINT_VERSION;
enum Tag : uint64_t { kNull = 1, kBool, kNatural, kNegative, kDouble, kBeyond, kText, kArray, kObject };

inline uint64_t hashText(std::string_view text) { return XXH3_64bits_withSeed(text.data(), text.size(), kSeed); }

inline uint64_t hashPair(uint64_t first, uint64_t second) {
    if constexpr (std::endian::native == std::endian::big) {
        first = __builtin_bswap64(first);
        second = __builtin_bswap64(second);
    }
    const uint64_t both[2] = {first, second};
    return XXH3_64bits_withSeed(both, sizeof both, kSeed);
}

inline bool isProse(std::string_view key) {
    return key == "prompt" || key == "negative_prompt" || key == "error_message" || key == "name";
}

/// The part of a text that counts, by the rule above.
inline std::string_view withoutToken(std::string_view text, std::string_view key) {
    if (!(text.starts_with("https://") || text.starts_with("http://")) || isProse(key)) return text;
    size_t end = text.size();
    for (size_t i = 0; i < text.size(); i++) {
        const unsigned char c = text[i];
        if (c <= 0x20) return text;
        if ((c == '?' || c == '#') && end == text.size()) end = i;
    }
    return text.substr(0, end);
}

/// Whether `token` is a number by RFC 8259 section 6, and whether it has neither fraction nor exponent.
inline bool isNumber(std::string_view token, bool &isInteger) {
    const char *p = token.data(), *end = p + token.size();
    auto digits = [&] {
        const char *start = p;
        while (p < end && *p >= '0' && *p <= '9') p++;
        return p - start;
    };
    if (p < end && *p == '-') p++;
    const char *first = p;
    const auto count = digits();
    if (count == 0 || (count > 1 && *first == '0')) return false;
    isInteger = p == end;
    if (p < end && *p == '.') {
        p++;
        if (digits() == 0) return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-')) p++;
        if (digits() == 0) return false;
    }
    return p == end;
}

inline uint64_t hashNumber(std::string_view token, bool isInteger) {
    const char *begin = token.data(), *end = begin + token.size();
    if (isInteger && *begin != '-') {
        uint64_t value;
        if (std::from_chars(begin, end, value).ec == std::errc()) return hashPair(kNatural, value);
    } else if (isInteger) {
        int64_t value;
        if (std::from_chars(begin, end, value).ec == std::errc())
            return hashPair(value < 0 ? kNegative : kNatural, uint64_t(value));
    }
    double value = 0;
    if (std::from_chars(begin, end, value).ec != std::errc()) return hashPair(kBeyond, hashText(token));
    if (value == std::trunc(value)) {
        if (value >= 0 && value < 0x1p64) return hashPair(kNatural, uint64_t(value));
        if (value < 0 && value >= -0x1p63) return hashPair(kNegative, uint64_t(int64_t(value)));
    }
    return hashPair(kDouble, std::bit_cast<uint64_t>(value));
}

/// A member as the object's hash sees it.
struct Member {
    uint64_t key;
    uint64_t value;
    uint32_t order;
    bool isNull;
};

/// Tells cheaply that all keys of an object differ, as they nearly always do.
struct SeenKeys {
    uint64_t bits[64] = {};
    bool insert(uint64_t hash) {
        uint64_t &word = bits[hash >> 58];
        const uint64_t bit = uint64_t(1) << (hash >> 52 & 63);
        const bool wasThere = word & bit;
        word |= bit;
        return !wasThere;
    }
};

} // namespace page
