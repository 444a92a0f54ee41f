#include "cjson.h"

#include <simdjson.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

using simdjson::dom::element;
using simdjson::dom::element_type;

struct cjson_document {
    simdjson::dom::parser parser;
    std::vector<cjson_node> nodes;
};

namespace {

const char outOfMemory[] = "out of memory";
const char tooLarge[] = "the document is too large";

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// The code unit of a `\uXXXX` at `position`, or -1.
int codeUnit(std::string_view text, size_t position) {
    if (position + 6 > text.size() || text[position] != '\\' || text[position + 1] != 'u') return -1;
    int unit = 0;
    for (size_t index = position + 2; index < position + 6; ++index) {
        const char c = text[index];
        int digit = 0;
        if (isDigit(c)) digit = c - '0';
        else if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
        else if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
        else return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/// Copies one escape sequence; a surrogate without its partner becomes U+FFFD.
size_t copyEscape(std::string_view text, size_t position, std::string &result) {
    const int unit = codeUnit(text, position);
    if (unit < 0) {
        result.append(text.substr(position, 2));
        return position + 2;
    }
    const int next = codeUnit(text, position + 6);
    if (unit >= 0xD800 && unit <= 0xDBFF && next >= 0xDC00 && next <= 0xDFFF) {
        result.append(text.substr(position, 12));
        return position + 12;
    }
    if (unit >= 0xD800 && unit <= 0xDFFF) result.append("\\ufffd");
    else result.append(text.substr(position, 6));
    return position + 6;
}

/// Copies one number; an integer that fits neither int64 nor uint64 gets a fraction, so that it reads as double, and one
/// that no double can hold becomes the text of itself: it is kept as written, and no number is made up.
size_t copyNumber(std::string_view text, size_t position, std::string &result) {
    const size_t before = result.size();
    size_t end = position + (text[position] == '-' ? 1 : 0);
    const size_t firstDigit = end;
    while (end < text.size() && isDigit(text[end])) ++end;
    const std::string integer(text.substr(position, end - position));
    result.append(integer);
    const bool whole = end == text.size() || (text[end] != '.' && text[end] != 'e' && text[end] != 'E');
    if (whole && end - firstDigit >= 19) {
        errno = 0;
        if (integer[0] == '-') std::strtoll(integer.c_str(), nullptr, 10);
        else std::strtoull(integer.c_str(), nullptr, 10);
        if (errno == ERANGE) result.append(".0");
    }
    const size_t rest = end;
    while (end < text.size() && (isDigit(text[end]) || text[end] == '.' || text[end] == 'e' || text[end] == 'E' ||
                                 text[end] == '+' || text[end] == '-')) {
        ++end;
    }
    const std::string number(text.substr(position, end - position));
    if (std::isinf(std::strtod(number.c_str(), nullptr))) {
        result.resize(before);
        result.append("\"" + number + "\"");
        return end;
    }
    result.append(text.substr(rest, end - rest));
    return end;
}

/// simdjson refuses lone surrogates and wide integers, which real producers emit: the same text without them.
std::string repaired(std::string_view text) {
    std::string result;
    result.reserve(text.size() + 64);
    bool inString = false;
    for (size_t position = 0; position < text.size();) {
        const char c = text[position];
        if (inString && c == '\\') {
            position = copyEscape(text, position, result);
        } else if (!inString && (isDigit(c) || c == '-')) {
            position = copyNumber(text, position, result);
        } else {
            if (c == '"') inString = !inString;
            result.push_back(c);
            ++position;
        }
    }
    return result;
}

bool appendText(std::string_view text, std::vector<cjson_node> &nodes) {
    if (text.size() > std::numeric_limits<uint32_t>::max()) return false;
    cjson_node node{CJSON_STRING, static_cast<uint32_t>(text.size()), {}};
    node.value.text = text.data();
    nodes.push_back(node);
    return true;
}

/// Recursion is bounded by the depth that the parser has already enforced.
bool append(element value, std::vector<cjson_node> &nodes) {
    cjson_node node{CJSON_NULL, 0, {}};
    switch (value.type()) {
    case element_type::ARRAY:
    case element_type::OBJECT: break;
    case element_type::STRING: return appendText(std::string_view(value), nodes);
    case element_type::INT64:
        node.kind = CJSON_INT;
        node.value.integer = int64_t(value);
        break;
    case element_type::UINT64:
        node.kind = CJSON_UINT;
        node.value.unsigned_integer = uint64_t(value);
        break;
    case element_type::DOUBLE:
        node.kind = CJSON_DOUBLE;
        node.value.number = double(value);
        break;
    case element_type::BOOL: node.kind = bool(value) ? CJSON_TRUE : CJSON_FALSE; break;
    case element_type::NULL_VALUE: break;
    }
    const size_t position = nodes.size();
    nodes.push_back(node);
    uint32_t count = 0;
    if (value.is_array()) {
        for (element child : simdjson::dom::array(value)) {
            if (!append(child, nodes)) return false;
            ++count;
        }
        nodes[position].kind = CJSON_ARRAY;
    } else if (value.is_object()) {
        for (auto field : simdjson::dom::object(value)) {
            if (!appendText(field.key, nodes) || !append(field.value, nodes)) return false;
            ++count;
        }
        nodes[position].kind = CJSON_OBJECT;
    }
    nodes[position].count = count;
    return true;
}

simdjson::error_code parse(simdjson::dom::parser &parser, std::string_view text, size_t maximumDepth, element &root) {
    if (parser.capacity() < text.size() || parser.max_depth() != maximumDepth) {
        const simdjson::error_code failed = parser.allocate(text.size(), maximumDepth);
        if (failed) return failed;
    }
    return parser.parse(text.data(), text.size()).get(root);
}

/// The thread's last document, for the next: making its buffers costs as much as reading a small text.
thread_local std::unique_ptr<cjson_document> spare;

/// What a thread may keep.
constexpr size_t largestSpare = 32 * 1024;

std::unique_ptr<cjson_document> freshDocument() {
    if (!spare) return std::make_unique<cjson_document>();
    spare->nodes.clear();
    return std::move(spare);
}

} // namespace

cjson_document *cjson_parse(const uint8_t *bytes, size_t length, size_t maximum_depth, const char **reason) {
    try {
        auto document = freshDocument();
        const std::string_view text(bytes == nullptr ? "" : reinterpret_cast<const char *>(bytes), length);
        element root;
        simdjson::error_code failed = parse(document->parser, text, maximum_depth, root);
        if (failed == simdjson::STRING_ERROR || failed == simdjson::NUMBER_ERROR) {
            failed = parse(document->parser, repaired(text), maximum_depth, root);
        }
        if (failed) {
            *reason = simdjson::error_message(failed);
            return nullptr;
        }
        document->nodes.reserve(length / 8 + 1);
        if (!append(root, document->nodes)) {
            *reason = tooLarge;
            return nullptr;
        }
        return document.release();
    } catch (const std::bad_alloc &) {
        *reason = outOfMemory;
        return nullptr;
    }
}

const cjson_node *cjson_nodes(const cjson_document *document, size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}

void cjson_free(cjson_document *document) {
    std::unique_ptr<cjson_document> freed(document);
    const size_t nodes = freed->nodes.capacity() * sizeof(cjson_node);
    if (freed->parser.capacity() <= largestSpare && nodes <= 4 * largestSpare) spare = std::move(freed);
}
