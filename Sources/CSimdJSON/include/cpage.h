// One pass over an answer of the watched API: what each resource is called, how it stands, whether it changed.
//
// A page of unchanged resources must cost no Swift value per resource, so the scan hands over flat structs whose texts
// are spans of the received bytes. The memory behind `cpage_page` belongs to the calling thread's scanner and is valid
// until that thread's next scan or its `cpage_finish`. No call throws, whatever the bytes are.
#ifndef CPAGE_H
#define CPAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// 32 MiB. Larger answers are refused unread, so that a span fits in 32 bits.
#define CPAGE_MAX_BYTES 33554432u
/// More rows in one page are refused; the API gives at most 100.
#define CPAGE_MAX_ROWS 1000u
/// An id, a status or a cursor above this is a fault, in bytes after unescaping.
#define CPAGE_MAX_TEXT_BYTES 256u
/// How deep objects and arrays may nest inside one row, the row itself counted.
#define CPAGE_MAX_DEPTH 64u
/// The version of the fingerprint's rule, page_fingerprint.hpp. Databases hold fingerprints: a new rule, a new version.
#define CPAGE_FINGERPRINT_VERSION 1u

/// Bytes of the page from `offset`; from the length of the page on, bytes of `cpage_page.extra` instead, where texts
/// lie that had to be unescaped. `present` is false where the member is absent, null or not a text.
typedef struct {
    uint32_t offset;
    uint32_t length;
    bool present;
} cpage_span;

typedef struct {
    uint64_t id_hash;
    uint64_t fingerprint;
    cpage_span id;
    cpage_span status;
    cpage_span created_at;
    /// The row's own JSON, from `{` to `}`.
    cpage_span body;
    /// The row's place in `data`, from 0.
    uint32_t position;
} cpage_row;

typedef enum {
    CPAGE_ROW_NOT_AN_OBJECT = 1,
    CPAGE_ROW_ID_MISSING,
    CPAGE_ROW_ID_NOT_A_TEXT,
    CPAGE_ROW_ID_EMPTY,
    CPAGE_ROW_ID_TOO_LONG,
    CPAGE_ROW_STATUS_MISSING,
    CPAGE_ROW_STATUS_NOT_A_TEXT,
    CPAGE_ROW_STATUS_EMPTY,
    CPAGE_ROW_STATUS_TOO_LONG,
    CPAGE_ROW_TOO_DEEP,
} cpage_fault;

/// A row that cannot be used. It is not among the rows; the page goes on.
typedef struct {
    cpage_fault fault;
    uint32_t position;
    cpage_span id;
} cpage_problem;

typedef enum {
    CPAGE_OK = 0,
    /// Not one whole JSON text: cut short, garbled, HTML, empty.
    CPAGE_NOT_JSON,
    /// The only thing wrong is that the bytes are not UTF-8.
    CPAGE_NOT_UTF8,
    /// JSON, but no object with a `data` array (for a single resource: no object).
    CPAGE_NOT_EXPECTED,
    CPAGE_TOO_LARGE,
    CPAGE_TOO_MANY_ROWS,
    CPAGE_TOO_DEEP,
    CPAGE_OUT_OF_MEMORY,
} cpage_outcome;

typedef struct {
    const cpage_row *_Nullable rows;
    size_t row_count;
    const cpage_problem *_Nullable problems;
    size_t problem_count;
    const uint8_t *_Nullable extra;
    size_t extra_length;
    /// What of the rows' bytes does not count: the ends of signed URLs, in the page's order.
    const cpage_span *_Nullable cuts;
    size_t cut_count;
    bool has_more;
    cpage_span next_cursor;
    /// `next_cursor` is there and neither null nor a text that can be a cursor.
    bool cursor_unusable;
} cpage_page;

/// A stretch of a page between two cuts.
typedef struct {
    uint64_t hash;
    uint32_t length;
} cpage_piece;

/// The members of `error` in the API's error envelope that are texts.
typedef struct {
    /// There is an object with an `error` member that is an object or a text.
    bool is_envelope;
    cpage_span type;
    cpage_span code;
    cpage_span message;
    cpage_span param;
    cpage_span request_id;
    const uint8_t *_Nullable extra;
    size_t extra_length;
} cpage_error;

/// Scans the answer to a list request.
cpage_outcome cpage_scan_list(const uint8_t *_Nullable bytes, size_t length, cpage_page *_Nonnull page);

/// Scans one resource, the answer to a request by id: a page of one row or of one problem.
cpage_outcome cpage_scan_single(const uint8_t *_Nullable bytes, size_t length, cpage_page *_Nonnull page);

/// Scans the body of an answer that is not 2xx.
cpage_outcome cpage_scan_error(const uint8_t *_Nullable bytes, size_t length, cpage_error *_Nonnull error);

/// Lets go of what an unusually large page made this thread's scanner hold.
void cpage_finish(void);

/// Makes the `count + 1` pieces between the cuts of a page that was scanned. They hold in this process only.
void cpage_make_pieces(const uint8_t *_Nullable bytes, size_t length, const cpage_span *_Nullable cuts, size_t count,
                       cpage_piece *_Nonnull pieces);

/// Whether a page says the same as the one that the pieces were made of. False may also mean that it cannot be told.
bool cpage_has_pieces(const uint8_t *_Nullable bytes, size_t length, const cpage_piece *_Nullable pieces, size_t count);

/// The hash by which rows are found: XXH3-64 of the id's UTF-8, without a seed.
uint64_t cpage_id_hash(const uint8_t *_Nullable bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
