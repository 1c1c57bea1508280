// libcurl, and one typed function for each kind of argument of its variadic ones, which Swift cannot call.
#include <curl/curl.h>

typedef size_t (*usher_curl_data)(char *bytes, size_t size, size_t count, void *context);
typedef int (*usher_curl_seek)(void *context, curl_off_t offset, int origin);

static inline CURLcode usher_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode usher_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode usher_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode usher_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode usher_curl_set_data(CURL *easy, CURLoption option, usher_curl_data function) {
    return curl_easy_setopt(easy, option, function);
}
static inline CURLcode usher_curl_set_seek(CURL *easy, usher_curl_seek function) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, function);
}
static inline CURLMcode usher_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline long usher_curl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}
static inline curl_off_t usher_curl_get_size(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}
static inline CURLcode usher_curl_result(const CURLMsg *message) { return message->data.result; }
