#ifndef USHER_LAB_CERTIFICATE_H
#define USHER_LAB_CERTIFICATE_H

// A certificate for a server on this machine, made with OpenSSL's libcrypto: P-256, signed by its own key, its own
// authority, so that a client trusts it by having it as its file of authorities.

/// Makes a key and a certificate for `names`, a list as OpenSSL writes it: "DNS:localhost,IP:127.0.0.1".
/// Both come as PEM texts that the caller frees. Returns 0, or -1 with nothing made.
int lab_make_certificate(const char *names, int days, char **certificate, char **key);

/// Fills memory with random bytes. Returns 0, or -1.
int lab_random(unsigned char *bytes, int count);

#endif
