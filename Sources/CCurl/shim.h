#pragma once

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// Swift cannot call variadic functions. These say each C type that libcurl reads, by type and not by option.

/// For options documented as long.
static inline CURLcode ccurl_setopt_long(CURL *_Nonnull h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }

/// For options documented as curl_off_t (their names end in _LARGE).
static inline CURLcode ccurl_setopt_offset(CURL *_Nonnull h, CURLoption o, curl_off_t v) {
    return curl_easy_setopt(h, o, v);
}

/// For options documented as char *; libcurl copies the text, but for CURLOPT_ERRORBUFFER, which it writes to.
static inline CURLcode ccurl_setopt_text(CURL *_Nonnull h, CURLoption o, const char *_Nullable v) {
    return curl_easy_setopt(h, o, v);
}

/// For the void * that libcurl hands back to callbacks; the caller keeps what it points to alive.
static inline CURLcode ccurl_setopt_pointer(CURL *_Nonnull h, CURLoption o, void *_Nullable v) {
    return curl_easy_setopt(h, o, v);
}

/// For lists, which libcurl reads until the transfer has ended and never frees.
static inline CURLcode ccurl_setopt_list(CURL *_Nonnull h, CURLoption o, struct curl_slist *_Nullable v) {
    return curl_easy_setopt(h, o, v);
}

/// For options documented as struct curl_blob *; the bytes are copied.
static inline CURLcode ccurl_setopt_blob(CURL *_Nonnull h, CURLoption o, const void *_Nonnull bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(h, o, &blob);
}

/// For CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION and CURLOPT_READFUNCTION, which have one signature.
static inline CURLcode ccurl_setopt_data_function(CURL *_Nonnull h, CURLoption o, curl_write_callback _Nonnull f) {
    return curl_easy_setopt(h, o, f);
}

/// For CURLOPT_OPENSOCKETFUNCTION.
static inline CURLcode ccurl_setopt_opensocket(CURL *_Nonnull h, curl_opensocket_callback _Nonnull f) {
    return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, f);
}

/// For CURLOPT_PREREQFUNCTION.
static inline CURLcode ccurl_setopt_prereq(CURL *_Nonnull h, curl_prereq_callback _Nonnull f) {
    return curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, f);
}

/// For CURLOPT_XFERINFOFUNCTION.
static inline CURLcode ccurl_setopt_progress(CURL *_Nonnull h, curl_xferinfo_callback _Nonnull f) {
    return curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, f);
}

/// For CURLOPT_DEBUGFUNCTION.
static inline CURLcode ccurl_setopt_debug(CURL *_Nonnull h, curl_debug_callback _Nonnull f) {
    return curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, f);
}

/// For what CURLINFO_LONG answers.
static inline CURLcode ccurl_getinfo_long(CURL *_Nonnull h, CURLINFO i, long *_Nonnull v) {
    return curl_easy_getinfo(h, i, v);
}

/// For what CURLINFO_OFF_T answers (times in microseconds, sizes in bytes).
static inline CURLcode ccurl_getinfo_offset(CURL *_Nonnull h, CURLINFO i, curl_off_t *_Nonnull v) {
    return curl_easy_getinfo(h, i, v);
}

/// For what CURLINFO_STRING answers; the text belongs to the handle.
static inline CURLcode ccurl_getinfo_text(CURL *_Nonnull h, CURLINFO i, const char *_Nullable *_Nonnull v) {
    return curl_easy_getinfo(h, i, v);
}

/// For multi options documented as long.
static inline CURLMcode ccurl_multi_setopt_long(CURLM *_Nonnull m, CURLMoption o, long v) {
    return curl_multi_setopt(m, o, v);
}

/// What a finished transfer's message says; in C it is a union, which Swift sees as a struct with odd accessors.
static inline CURLcode ccurl_message_result(const CURLMsg *_Nonnull m) { return m->data.result; }
