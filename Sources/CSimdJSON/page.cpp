#include "include/cpage.h"
#include "page_scanner.hpp"
#include "page_text.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace page {

/// Whether nothing follows the value that was read.
static bool isAtEnd(ondemand::document &document) {
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

cpage_outcome Scanner::open(const uint8_t *bytes, size_t length, ondemand::document &document) {
    rows_.clear();
    problems_.clear();
    members_.clear();
    extra_.clear();
    cuts_.clear();
    isInRow_ = isTooDeep_ = hasTooManyRows_ = false;
    if (length > CPAGE_MAX_BYTES) return CPAGE_TOO_LARGE;
    if (length == 0) return CPAGE_NOT_JSON;
    if (capacity_ < length + simdjson::SIMDJSON_PADDING) {
        capacity_ = std::max(length + length / 2, size_t(64 * 1024)) + simdjson::SIMDJSON_PADDING;
        buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
    }
    length_ = length;
    std::memcpy(buffer_.get(), bytes, length);
    std::memset(buffer_.get() + length, 0, simdjson::SIMDJSON_PADDING);
    // RFC 8259 section 8.1 lets a reader ignore a byte order mark.
    const size_t mark = std::string_view(buffer_.get(), length).starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const auto failure = parser_.iterate(buffer_.get() + mark, length - mark, capacity_ - mark).get(document);
    switch (failure) {
    case simdjson::SUCCESS: return CPAGE_OK;
    case simdjson::UTF8_ERROR: return CPAGE_NOT_UTF8;
    case simdjson::MEMALLOC: return CPAGE_OUT_OF_MEMORY;
    default: return CPAGE_NOT_JSON;
    }
}

cpage_outcome Scanner::list(const uint8_t *bytes, size_t length, cpage_page &page) {
    ondemand::document document;
    const cpage_outcome opened = open(bytes, length, document);
    if (opened != CPAGE_OK) return opened;
    ondemand::object root;
    if (document.get_object().get(root)) return refuseOther(document);
    bool hasData = false;
    if (!readPage(root, page, hasData) || !isAtEnd(document)) {
        return hasTooManyRows_ ? CPAGE_TOO_MANY_ROWS : CPAGE_NOT_JSON;
    }
    if (isTooDeep_) return CPAGE_TOO_DEEP;
    if (!hasData) return CPAGE_NOT_EXPECTED;
    hand(page);
    return CPAGE_OK;
}

cpage_outcome Scanner::single(const uint8_t *bytes, size_t length, cpage_page &page) {
    ondemand::document document;
    const cpage_outcome opened = open(bytes, length, document);
    if (opened != CPAGE_OK) return opened;
    ondemand::object root;
    if (document.get_object().get(root)) return refuseOther(document);
    RowDraft draft;
    if (!readObject(root, &draft, 1, draft.row.fingerprint) || !isAtEnd(document)) return CPAGE_NOT_JSON;
    const std::string_view all = trimmed({buffer_.get(), length_});
    const size_t start = all.find('{');
    draft.row.body = {uint32_t(start), uint32_t(all.size() - start), true};
    judge(draft, 0);
    hand(page);
    return CPAGE_OK;
}

/// Tells other JSON from what is no JSON, for an answer that does not begin as an object.
cpage_outcome Scanner::refuseOther(ondemand::document &document) {
    ondemand::array array;
    uint64_t hash;
    bool isNull;
    if (!document.get_array().get(array)) {
        return readArray(array, {}, 1, hash) && isAtEnd(document) ? CPAGE_NOT_EXPECTED : CPAGE_NOT_JSON;
    }
    std::string_view text(buffer_.get(), length_);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
    return readScalar(trimmed(text), {}, hash, isNull) ? CPAGE_NOT_EXPECTED : CPAGE_NOT_JSON;
}

bool Scanner::readPage(ondemand::object object, cpage_page &page, bool &hasData) {
    bool saysWhetherMore = false;
    for (auto result : object) {
        ondemand::field field;
        std::string_view key;
        if (std::move(result).get(field) || !readKey(field, key)) return false;
        ondemand::value value = field.value();
        std::string_view token = trimmed(value.raw_json_token());
        uint64_t hash;
        bool isNull;
        if (key == "data") {
            // Of members with the same key the last counts, here too.
            rows_.clear();
            problems_.clear();
            isTooDeep_ = false;
            ondemand::array rows;
            hasData = token.starts_with('[');
            if (hasData) {
                if (value.get_array().get(rows) || !readRows(rows)) return false;
                continue;
            }
        } else if (key == "has_more") {
            page.has_more = token == "true";
            saysWhetherMore = page.has_more || token == "false";
        } else if (key == "next_cursor") {
            if (!readCursor(value, page)) return false;
        }
        if (!readValue(value, {}, 2, hash, isNull)) return false;
    }
    // To take it for the end would lose what lies below, or make it look deleted.
    if (!saysWhetherMore) page.has_more = page.next_cursor.present;
    return true;
}

bool Scanner::readCursor(ondemand::value value, cpage_page &page) {
    TextState state = TextState::absent;
    if (!capture(value, page.next_cursor, state)) return false;
    const uint32_t length = page.next_cursor.length;
    page.cursor_unusable = state == TextState::notAText
        || (state == TextState::present && (length == 0 || length > CPAGE_MAX_TEXT_BYTES));
    if (page.cursor_unusable) page.next_cursor = {};
    return true;
}

bool Scanner::readRows(ondemand::array rows) {
    uint32_t position = 0;
    for (auto result : rows) {
        ondemand::value value;
        if (std::move(result).get(value)) return false;
        if (position == CPAGE_MAX_ROWS) {
            hasTooManyRows_ = true;
            return false;
        }
        if (!readRow(value, position++)) return false;
    }
    return true;
}

bool Scanner::readRow(ondemand::value value, uint32_t position) {
    const std::string_view token = value.raw_json_token();
    const bool pageIsTooDeep = isTooDeep_;
    isTooDeep_ = false;
    if (token.starts_with('{')) {
        RowDraft draft;
        ondemand::object object;
        if (value.get_object().get(object)) return false;
        isInRow_ = true;
        if (!readObject(object, &draft, 1, draft.row.fingerprint)) return false;
        isInRow_ = false;
        // Behind the whole object simdjson stands at the next token.
        const char *next;
        if (value.current_location().get(next)) return false;
        const char *start = token.data();
        const std::string_view body = trimmed({start, size_t(next - start)});
        draft.row.body = {uint32_t(start - buffer_.get()), uint32_t(body.size()), true};
        judge(draft, position);
    } else {
        uint64_t hash;
        bool isNull;
        if (!readValue(value, {}, 1, hash, isNull)) return false;
        problems_.push_back({CPAGE_ROW_NOT_AN_OBJECT, position, {}});
    }
    isTooDeep_ = pageIsTooDeep;
    return true;
}

/// Files the row with the rows, or with the problems and why.
void Scanner::judge(RowDraft &draft, uint32_t position) {
    cpage_row &row = draft.row;
    cpage_fault fault;
    const bool hasID = draft.id == TextState::present && row.id.length > 0 && row.id.length <= CPAGE_MAX_TEXT_BYTES;
    if (draft.id == TextState::absent) fault = CPAGE_ROW_ID_MISSING;
    else if (draft.id == TextState::notAText) fault = CPAGE_ROW_ID_NOT_A_TEXT;
    else if (!hasID) fault = row.id.length == 0 ? CPAGE_ROW_ID_EMPTY : CPAGE_ROW_ID_TOO_LONG;
    else if (isTooDeep_) fault = CPAGE_ROW_TOO_DEEP;
    else if (draft.status == TextState::absent) fault = CPAGE_ROW_STATUS_MISSING;
    else if (draft.status == TextState::notAText) fault = CPAGE_ROW_STATUS_NOT_A_TEXT;
    else if (row.status.length == 0) fault = CPAGE_ROW_STATUS_EMPTY;
    else if (row.status.length > CPAGE_MAX_TEXT_BYTES) fault = CPAGE_ROW_STATUS_TOO_LONG;
    else {
        const char *id = row.id.offset < length_ ? buffer_.get() + row.id.offset
                                                 : extra_.data() + (row.id.offset - length_);
        row.id_hash = cpage_id_hash(reinterpret_cast<const uint8_t *>(id), row.id.length);
        row.position = position;
        rows_.push_back(row);
        return;
    }
    problems_.push_back({fault, position, hasID ? row.id : cpage_span{}});
}

void Scanner::hand(cpage_page &page) const {
    page.rows = rows_.data();
    page.row_count = rows_.size();
    page.problems = problems_.data();
    page.problem_count = problems_.size();
    page.extra = reinterpret_cast<const uint8_t *>(extra_.data());
    page.extra_length = extra_.size();
    page.cuts = cuts_.data();
    page.cut_count = cuts_.size();
}

cpage_outcome Scanner::error(const uint8_t *bytes, size_t length, cpage_error &error) {
    ondemand::document document;
    const cpage_outcome opened = open(bytes, length, document);
    if (opened != CPAGE_OK) return opened;
    ondemand::object root;
    if (document.get_object().get(root)) return refuseOther(document);
    for (auto result : root) {
        ondemand::field field;
        std::string_view key;
        if (std::move(result).get(field) || !readKey(field, key)) return CPAGE_NOT_JSON;
        ondemand::value value = field.value();
        const std::string_view token = value.raw_json_token();
        uint64_t hash;
        bool isNull;
        if (key == "error" && token.starts_with('{')) {
            ondemand::object object;
            error = {};
            error.is_envelope = true;
            if (value.get_object().get(object) || !captureError(object, error)) return CPAGE_NOT_JSON;
            continue;
        }
        if (key == "error" && token.starts_with('"')) {
            TextState ignored;
            error = {};
            error.is_envelope = true;
            if (!capture(value, error.message, ignored)) return CPAGE_NOT_JSON;
        }
        if (!readValue(value, {}, 2, hash, isNull)) return CPAGE_NOT_JSON;
    }
    if (!isAtEnd(document)) return CPAGE_NOT_JSON;
    error.extra = reinterpret_cast<const uint8_t *>(extra_.data());
    error.extra_length = extra_.size();
    return CPAGE_OK;
}

bool Scanner::captureError(ondemand::object object, cpage_error &error) {
    for (auto result : object) {
        ondemand::field field;
        std::string_view key;
        if (std::move(result).get(field) || !readKey(field, key)) return false;
        ondemand::value value = field.value();
        cpage_span other;
        cpage_span &span = key == "type"         ? error.type
                           : key == "code"       ? error.code
                           : key == "message"    ? error.message
                           : key == "param"      ? error.param
                           : key == "request_id" ? error.request_id
                                                 : other;
        TextState ignored;
        uint64_t hash;
        bool isNull;
        if (!capture(value, span, ignored) || !readValue(value, {}, 3, hash, isNull)) return false;
    }
    return true;
}

namespace {

thread_local std::unique_ptr<Scanner> threadScanner;

/// Runs `scan` with this thread's scanner; memory that is not to be had is an outcome.
template <typename Scan> cpage_outcome withScanner(Scan scan) noexcept {
    try {
        if (!threadScanner) threadScanner = std::make_unique<Scanner>();
        return scan(*threadScanner);
    } catch (...) {
        threadScanner.reset();
        return CPAGE_OUT_OF_MEMORY;
    }
}

} // namespace
} // namespace page

using page::Scanner, page::threadScanner, page::withScanner;

cpage_outcome cpage_scan_list(const uint8_t *bytes, size_t length, cpage_page *page) {
    *page = {};
    return withScanner([&](Scanner &scanner) { return scanner.list(bytes, length, *page); });
}

cpage_outcome cpage_scan_single(const uint8_t *bytes, size_t length, cpage_page *page) {
    *page = {};
    return withScanner([&](Scanner &scanner) { return scanner.single(bytes, length, *page); });
}

cpage_outcome cpage_scan_error(const uint8_t *bytes, size_t length, cpage_error *error) {
    *error = {};
    return withScanner([&](Scanner &scanner) { return scanner.error(bytes, length, *error); });
}

void cpage_finish(void) {
    if (threadScanner && threadScanner->heldBytes() > page::kKeptBytes) threadScanner.reset();
}

uint64_t cpage_id_hash(const uint8_t *bytes, size_t length) { return XXH3_64bits(bytes, length); }
