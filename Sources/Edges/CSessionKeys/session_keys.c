#include "session_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

void *usher_rsa_make(void) { return EVP_RSA_gen(USHER_RSA_BYTES * 8); }

void usher_rsa_free(void *pair) { EVP_PKEY_free(pair); }

int usher_rsa_modulus(void *pair, unsigned char modulus[USHER_RSA_BYTES]) {
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_RSA_N, &number) != 1) return 0;
    int done = BN_bn2binpad(number, modulus, USHER_RSA_BYTES) == USHER_RSA_BYTES;
    BN_free(number);
    return done;
}

int usher_rsa_decrypt(
    void *pair, const unsigned char sealed[USHER_RSA_BYTES], unsigned char *plain, size_t *length) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
    int done = context != NULL && EVP_PKEY_decrypt_init(context) > 0 &&
               EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0 &&
               EVP_PKEY_decrypt(context, plain, length, sealed, USHER_RSA_BYTES) > 0;
    EVP_PKEY_CTX_free(context);
    return done;
}

static EVP_PKEY *public_key(const unsigned char modulus[USHER_RSA_BYTES], unsigned int exponent) {
    EVP_PKEY *key = NULL;
    BIGNUM *number = BN_bin2bn(modulus, USHER_RSA_BYTES, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *parameters = NULL;
    if (number != NULL && builder != NULL && context != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, number) == 1 &&
        OSSL_PARAM_BLD_push_uint(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1 &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL && EVP_PKEY_fromdata_init(context) > 0) {
        if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0) key = NULL;
    }
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(builder);
    BN_free(number);
    return key;
}

int usher_rsa_encrypt(
    const unsigned char modulus[USHER_RSA_BYTES], unsigned int exponent, const unsigned char *plain, size_t length,
    unsigned char sealed[USHER_RSA_BYTES]) {
    EVP_PKEY *key = public_key(modulus, exponent);
    if (key == NULL) return 0;
    size_t used = USHER_RSA_BYTES;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int done = context != NULL && EVP_PKEY_encrypt_init(context) > 0 &&
               EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0 &&
               EVP_PKEY_encrypt(context, sealed, &used, plain, length) > 0 && used == USHER_RSA_BYTES;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return done;
}

int usher_aes(
    int encrypts, const unsigned char key[USHER_AES_KEY_BYTES], const unsigned char *input, size_t length,
    unsigned char *output, size_t *used) {
    static const unsigned char vector[16];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int first = 0, last = 0;
    int done = context != NULL && EVP_CipherInit_ex(context, EVP_aes_256_cbc(), NULL, key, vector, encrypts) == 1 &&
               EVP_CipherUpdate(context, output, &first, input, (int)length) == 1 &&
               EVP_CipherFinal_ex(context, output + first, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    *used = done ? (size_t)(first + last) : 0;
    return done;
}

int usher_random(unsigned char *bytes, size_t length) { return RAND_bytes(bytes, (int)length) == 1; }

void usher_wipe(void *bytes, size_t length) { OPENSSL_cleanse(bytes, length); }
