#include "include/cpage.h"
#include "page_fingerprint.hpp"

#include <cstring>
#include <random>

// Knows an answer again without taking it apart: its bytes must be the same, but for the tokens of signed URLs.
namespace {

/// Imprints live in one process only. A stranger's prompt must not be able to aim at one.
uint64_t seed() {
    static const uint64_t seed = [] {
        std::random_device device;
        return uint64_t(device()) << 32 | device();
    }();
    return seed;
}

/// Whether the bytes can stand in a URL's token whose end is a quote: then they change neither the page's grammar nor
/// what of the URL counts (page_fingerprint.hpp). No early exit: so the compiler compares many bytes at once.
bool isToken(const uint8_t *bytes, size_t length) {
    uint8_t odd = 0;
    for (size_t i = 0; i < length; i++) {
        odd |= uint8_t(bytes[i] <= 0x20) | uint8_t(bytes[i] >= 0x7F) | uint8_t(bytes[i] == '\\');
    }
    return odd == 0;
}

} // namespace

void cpage_make_pieces(
    const uint8_t *bytes, size_t length, const cpage_span *cuts, size_t count, cpage_piece *pieces
) {
    size_t at = 0;
    for (size_t i = 0; i <= count; i++) {
        const size_t end = i < count ? cuts[i].offset : length;
        pieces[i] = {XXH3_64bits_withSeed(bytes + at, end - at, seed()), uint32_t(end - at)};
        if (i < count) at = end + cuts[i].length;
    }
}

bool cpage_has_pieces(const uint8_t *bytes, size_t length, const cpage_piece *pieces, size_t count) {
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const cpage_piece &piece = pieces[i];
        if (length - at < piece.length) return false;
        if (XXH3_64bits_withSeed(bytes + at, piece.length, seed()) != piece.hash) return false;
        at += piece.length;
        if (i + 1 == count) break;
        if (at == length || (bytes[at] != '?' && bytes[at] != '#')) return false;
        const void *quote = std::memchr(bytes + at, '"', length - at);
        if (!quote) return false;
        const size_t end = size_t(static_cast<const uint8_t *>(quote) - bytes);
        if (!isToken(bytes + at, end - at)) return false;
        at = end;
    }
    return at == length;
}
