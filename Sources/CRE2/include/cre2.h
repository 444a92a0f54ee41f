#ifndef CRE2_H
#define CRE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// A compiled RE2 pattern. Immutable once made, so any number of threads may match with it at once.
typedef struct cre2_pattern cre2_pattern;

/// Compiles UTF-8 text (it need not end in NUL). Null if it is no RE2 pattern, or one that needs more than
/// `memory_bytes`; then `error` holds the reason, cut to `error_capacity` bytes and ended by NUL.
cre2_pattern *_Nullable cre2_compile(const char *_Nullable text, size_t length, int64_t memory_bytes,
                                     char *error, size_t error_capacity);

/// Whether the pattern is found anywhere in the text, which must be UTF-8. Linear in its length.
bool cre2_matches(const cre2_pattern *pattern, const char *_Nullable text, size_t length);

void cre2_free(cre2_pattern *pattern);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
