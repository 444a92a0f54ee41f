#pragma once

#include "include/cpage.h"
#include "page_fingerprint.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace page {

namespace ondemand = simdjson::ondemand;

/// What a thread's scanner may go on holding between pages; simdjson's own buffers are some six times that.
constexpr size_t kKeptBytes = 1024 * 1024;

/// What a row says about a member that must be a text.
enum class TextState { absent, notAText, present };

struct RowDraft {
    cpage_row row = {};
    TextState id = TextState::absent;
    TextState status = TextState::absent;
};

/// One thread's buffers and parser, used again for each page. The readers return false where the bytes are not JSON.
class Scanner {
public:
    cpage_outcome list(const uint8_t *bytes, size_t length, cpage_page &page);
    cpage_outcome single(const uint8_t *bytes, size_t length, cpage_page &page);
    cpage_outcome error(const uint8_t *bytes, size_t length, cpage_error &error);
    size_t heldBytes() const {
        return capacity_ + members_.capacity() * sizeof(Member) + cuts_.capacity() * sizeof(cpage_span)
            + extra_.capacity();
    }

private:
    ondemand::parser parser_;
    std::unique_ptr<char[]> buffer_;
    size_t capacity_ = 0;
    size_t length_ = 0;
    std::vector<cpage_row> rows_;
    std::vector<cpage_problem> problems_;
    std::vector<Member> members_;
    std::vector<cpage_span> cuts_;
    std::string scratch_, keyScratch_, extra_;
    bool isInRow_ = false;
    bool isTooDeep_ = false;
    bool hasTooManyRows_ = false;

    cpage_outcome open(const uint8_t *bytes, size_t length, ondemand::document &document);
    cpage_outcome refuseOther(ondemand::document &document);
    bool readPage(ondemand::object object, cpage_page &page, bool &hasData);
    bool readCursor(ondemand::value value, cpage_page &page);
    bool readRows(ondemand::array rows);
    bool readRow(ondemand::value value, uint32_t position);
    void judge(RowDraft &draft, uint32_t position);
    bool readObject(ondemand::object object, RowDraft *draft, uint32_t depth, uint64_t &hash);
    bool readArray(ondemand::array array, std::string_view key, uint32_t depth, uint64_t &hash);
    bool readValue(ondemand::value value, std::string_view key, uint32_t depth, uint64_t &hash, bool &isNull);
    bool readScalar(std::string_view token, std::string_view key, uint64_t &hash, bool &isNull);
    bool readKey(ondemand::field &field, std::string_view &key);
    bool readText(std::string_view token, std::string_view &text);
    void noteCut(std::string_view text, size_t counted, std::string_view key);
    bool capture(ondemand::value value, cpage_span &span, TextState &state);
    bool captureMember(RowDraft &draft, std::string_view key, ondemand::value value);
    bool captureError(ondemand::object object, cpage_error &error);
    uint64_t combine(size_t from, bool mayRepeat);
    void hand(cpage_page &page) const;
};

} // namespace page
