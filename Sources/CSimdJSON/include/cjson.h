#ifndef CJSON_H
#define CJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef enum cjson_kind {
    CJSON_NULL,
    CJSON_FALSE,
    CJSON_TRUE,
    CJSON_INT,
    CJSON_UINT,
    CJSON_DOUBLE,
    CJSON_STRING,
    CJSON_ARRAY,
    CJSON_OBJECT,
} cjson_kind;

/// One value of a document, in document order. An array is followed by its `count` elements, an object by its
/// `count` pairs of a string and a value.
typedef struct cjson_node {
    cjson_kind kind;
    /// Bytes of a string, elements of an array, pairs of an object; otherwise 0.
    uint32_t count;
    union {
        int64_t integer;
        uint64_t unsigned_integer;
        double number;
        /// Valid UTF-8, not ended by NUL, alive as long as the document.
        const char *text;
    } value;
} cjson_node;

/// A parsed document.
typedef struct cjson_document cjson_document;

/// Parses strict JSON (RFC 8259, UTF-8). The bytes may be freed afterwards. Null if they are not JSON, are nested deeper
/// than `maximum_depth` or hold a number beyond double; then `reason` points to a static text.
///
/// Two liberties: an escaped lone surrogate reads as U+FFFD, an integer beyond 64 bits as double.
cjson_document *_Nullable cjson_parse(const uint8_t *_Nullable bytes, size_t length, size_t maximum_depth,
                                      const char *_Nullable *_Nonnull reason);

/// All values of the document: the first is the root.
const cjson_node *cjson_nodes(const cjson_document *document, size_t *count);

void cjson_free(cjson_document *document);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
