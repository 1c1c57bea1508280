// The few things of MIT Kerberos that an account needs which proves itself by tickets: getting one, and saying which of
// several in one process libcurl is to use.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// Gets a ticket for `principal` with the keys in a keytab, or with a password where `keytab` is NULL, into the cache
/// `ccache`. `expires` is in seconds since 1970. Returns 0, or the code of the failure with `words` about it. Asks the
/// network: not for a thread on which others wait.
int32_t usher_kerberos_get(
    const char *principal, const char *keytab, const char *password, const char *ccache, int64_t *expires, char *words,
    size_t words_length);

/// From now on GSS-API takes the tickets of this cache on this thread. Returns 1 when it will.
int usher_kerberos_use(const char *ccache);

/// Whether a failure means that the secret is wrong, and trying it again would be in vain or worse.
int usher_kerberos_refused(int32_t code);
