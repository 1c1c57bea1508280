// The few things of OpenSSL's libcrypto that the keys of MS-PSRP 3.1.5.4.3 to 3.1.5.4.5 need. Numbers are big-endian, and
// each function returns 1 when it worked.

#pragma once

#include <stddef.h>

/// The bytes of a modulus of 2048 bits, and of what is encrypted with it.
enum { USHER_RSA_BYTES = 256, USHER_AES_KEY_BYTES = 32 };

/// Makes a pair of keys of 2048 bits with the exponent 65537, or NULL. It takes up to some tenths of a second.
void *usher_rsa_make(void);
void usher_rsa_free(void *pair);

/// The modulus, filled up with zeros in front.
int usher_rsa_modulus(void *pair, unsigned char modulus[USHER_RSA_BYTES]);

/// PKCS #1 v1.5. `length` is the room in `plain`, and then what is used of it.
int usher_rsa_decrypt(
    void *pair, const unsigned char sealed[USHER_RSA_BYTES], unsigned char *plain, size_t *length);

/// PKCS #1 v1.5, with a public key that somebody sent.
int usher_rsa_encrypt(
    const unsigned char modulus[USHER_RSA_BYTES], unsigned int exponent, const unsigned char *plain, size_t length,
    unsigned char sealed[USHER_RSA_BYTES]);

/// AES-256 in CBC mode with an initialization vector of zeros and the padding of PKCS #7. `output` has room for `length`
/// and 16 bytes more; `used` is what was written. Decrypting fails where the padding is wrong.
int usher_aes(
    int encrypts, const unsigned char key[USHER_AES_KEY_BYTES], const unsigned char *input, size_t length,
    unsigned char *output, size_t *used);

int usher_random(unsigned char *bytes, size_t length);

/// Overwrites a secret, also where the compiler sees that nobody reads it again.
void usher_wipe(void *bytes, size_t length);
