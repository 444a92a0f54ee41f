#include "cre2.h"

#include <re2/re2.h>

#include <cstring>
#include <memory>
#include <new>

struct cre2_pattern {
    re2::RE2 expression;
};

cre2_pattern *cre2_compile(const char *text, size_t length, int64_t memory_bytes, char *error,
                           size_t error_capacity) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory_bytes);
    const re2::StringPiece source(text == nullptr ? "" : text, length);
    std::unique_ptr<cre2_pattern> pattern(new (std::nothrow) cre2_pattern{re2::RE2(source, options)});
    if (pattern != nullptr && pattern->expression.ok()) {
        return pattern.release();
    }
    if (error_capacity > 0) {
        const char *reason = pattern == nullptr ? "out of memory" : pattern->expression.error().c_str();
        std::strncpy(error, reason, error_capacity - 1);
        error[error_capacity - 1] = '\0';
    }
    return nullptr;
}

bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length) {
    return re2::RE2::PartialMatch(re2::StringPiece(text == nullptr ? "" : text, length), pattern->expression);
}

void cre2_free(cre2_pattern *pattern) { delete pattern; }
