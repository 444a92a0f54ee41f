#include "page_scanner.hpp"
#include "page_text.hpp"

#include <algorithm>
#include <string>
#include <string_view>

// Any JSON value: its grammar, its fingerprint, and where its texts lie.
namespace page {

bool Scanner::readObject(ondemand::object object, RowDraft *draft, uint32_t depth, uint64_t &hash) {
    const size_t from = members_.size();
    SeenKeys seen;
    bool mayRepeat = false;
    for (auto result : object) {
        ondemand::field field;
        std::string_view key;
        if (std::move(result).get(field) || !readKey(field, key)) return false;
        Member member = {hashText(key), 0, uint32_t(members_.size() - from), false};
        ondemand::value value = field.value();
        if (draft && !captureMember(*draft, key, value)) return false;
        // `keyScratch_`, to which an escaped key points, is used again by the members of the value.
        std::string ownKey;
        if (key.data() == keyScratch_.data()) key = ownKey = keyScratch_;
        if (!readValue(value, key, depth + 1, member.value, member.isNull)) return false;
        mayRepeat |= !seen.insert(member.key);
        members_.push_back(member);
    }
    hash = combine(from, mayRepeat);
    return true;
}

/// The hash of the object whose members lie from `from` on; takes them away.
uint64_t Scanner::combine(size_t from, bool mayRepeat) {
    const auto begin = members_.begin() + ptrdiff_t(from);
    if (mayRepeat) {
        std::sort(begin, members_.end(), [](const Member &a, const Member &b) {
            return a.key != b.key ? a.key < b.key : a.order < b.order;
        });
    }
    uint64_t sum = 0;
    for (auto member = begin; member != members_.end(); ++member) {
        const bool isReplaced = mayRepeat && member + 1 != members_.end() && (member + 1)->key == member->key;
        if (!isReplaced && !member->isNull) sum += hashPair(member->key, member->value);
    }
    members_.resize(from);
    return hashPair(kObject, sum);
}

bool Scanner::readArray(ondemand::array array, std::string_view key, uint32_t depth, uint64_t &hash) {
    hash = hashPair(kArray, 0);
    for (auto result : array) {
        ondemand::value value;
        uint64_t element;
        bool isNull;
        if (std::move(result).get(value) || !readValue(value, key, depth + 1, element, isNull)) return false;
        hash = hashPair(hash, element);
    }
    return true;
}

/// `depth` is that of the value, if it is an object or an array.
bool Scanner::readValue(
    ondemand::value value, std::string_view key, uint32_t depth, uint64_t &hash, bool &isNull
) {
    isNull = false;
    hash = 0;
    const std::string_view token = value.raw_json_token();
    const char first = token.empty() ? '\0' : token.front();
    if (first != '{' && first != '[') {
        // A text that is left unread simdjson would take for a key, were a colon behind it.
        ondemand::raw_json_string text;
        if (first == '"' && value.get_raw_json_string().get(text)) return false;
        return readScalar(trimmed(token), key, hash, isNull);
    }
    if (depth > CPAGE_MAX_DEPTH) {
        // Left unread; simdjson steps over it without recursion.
        isTooDeep_ = true;
        return true;
    }
    if (first == '{') {
        ondemand::object object;
        return !value.get_object().get(object) && readObject(object, nullptr, depth, hash);
    }
    ondemand::array array;
    return !value.get_array().get(array) && readArray(array, key, depth, hash);
}

bool Scanner::readScalar(std::string_view token, std::string_view key, uint64_t &hash, bool &isNull) {
    isNull = false;
    if (token.empty()) return false;
    switch (token.front()) {
    case '"': {
        std::string_view text;
        if (!readText(token, text)) return false;
        const std::string_view counted = withoutToken(text, key);
        if (counted.size() < text.size()) noteCut(text, counted.size(), key);
        hash = hashPair(kText, hashText(counted));
        return true;
    }
    case 'n':
        hash = hashPair(kNull, 0);
        isNull = true;
        return token == "null";
    case 't': hash = hashPair(kBool, 1); return token == "true";
    case 'f': hash = hashPair(kBool, 0); return token == "false";
    default: {
        bool isInteger = false;
        if (!isNumber(token, isInteger)) return false;
        hash = hashNumber(token, isInteger);
        return true;
    }
    }
}

/// The key unescaped: a span of the page, or of `keyScratch_` until the next key.
bool Scanner::readKey(ondemand::field &field, std::string_view &key) {
    const char *start = field.key().raw(), *end = start;
    bool isEscaped = false;
    // Every text is closed: simdjson's first stage has seen to it.
    for (; *end != '"'; end++) {
        if (*end != '\\') continue;
        isEscaped = true;
        end++;
    }
    key = {start, size_t(end - start)};
    if (!isEscaped) return true;
    if (!unescape(key, keyScratch_)) return false;
    key = keyScratch_;
    return true;
}

/// The text unescaped: a span of the page, or of `scratch_` until the next text.
bool Scanner::readText(std::string_view token, std::string_view &text) {
    if (token.size() < 2 || token.back() != '"') return false;
    text = token.substr(1, token.size() - 2);
    if (text.find('\\') == text.npos) return text.find('"') == text.npos;
    if (!unescape(text, scratch_)) return false;
    text = scratch_;
    return true;
}

/// Notes the part of a URL that does not count. What is captured counts whole, and so does what had to be unescaped.
void Scanner::noteCut(std::string_view text, size_t counted, std::string_view key) {
    const bool isCaptured = key == "id" || key == "status" || key == "created_at";
    if (!isInRow_ || isCaptured || text.data() == scratch_.data()) return;
    const size_t start = size_t(text.data() - buffer_.get());
    cuts_.push_back({uint32_t(start + counted), uint32_t(text.size() - counted), true});
}

/// Notes where a text lies. `state` says what was found instead.
bool Scanner::capture(ondemand::value value, cpage_span &span, TextState &state) {
    const std::string_view token = trimmed(value.raw_json_token());
    span = {};
    state = token == "null" ? TextState::absent : TextState::notAText;
    if (!token.starts_with('"')) return true;
    std::string_view text;
    if (!readText(token, text)) return false;
    state = TextState::present;
    if (text.data() == scratch_.data()) {
        span = {uint32_t(length_ + extra_.size()), uint32_t(text.size()), true};
        extra_ += text;
    } else {
        span = {uint32_t(text.data() - buffer_.get()), uint32_t(text.size()), true};
    }
    return true;
}

bool Scanner::captureMember(RowDraft &draft, std::string_view key, ondemand::value value) {
    TextState ignored;
    if (key == "id") return capture(value, draft.row.id, draft.id);
    if (key == "status") return capture(value, draft.row.status, draft.status);
    if (key == "created_at") return capture(value, draft.row.created_at, ignored);
    return true;
}

} // namespace page
