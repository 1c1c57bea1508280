#include "lab_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static int add_extension(X509 *certificate, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

static char *copy_text(BIO *memory) {
    char *start = NULL;
    long length = BIO_get_mem_data(memory, &start);
    if (length <= 0) return NULL;
    char *text = malloc((size_t)length + 1);
    if (text == NULL) return NULL;
    memcpy(text, start, (size_t)length);
    text[length] = 0;
    return text;
}

static int sign(X509 *certificate, EVP_PKEY *key, const char *names, int days) {
    unsigned char serial[16];
    if (RAND_bytes(serial, sizeof serial) != 1) return 0;
    serial[0] &= 0x7F;
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    if (number == NULL) return 0;
    int ok = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    X509_NAME *subject = X509_get_subject_name(certificate);
    return ok && X509_set_version(certificate, 2) == 1
        // An hour back, for clocks that do not agree.
        && X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL
        && X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * days) != NULL
        && X509_set_pubkey(certificate, key) == 1
        && X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"usher-lab", -1, -1, 0) == 1
        && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)"localhost", -1, -1, 0) == 1
        && X509_set_issuer_name(certificate, subject) == 1
        && add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE")
        && add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign")
        && add_extension(certificate, NID_ext_key_usage, "serverAuth")
        && add_extension(certificate, NID_subject_key_identifier, "hash")
        && add_extension(certificate, NID_authority_key_identifier, "keyid")
        && add_extension(certificate, NID_subject_alt_name, names)
        && X509_sign(certificate, key, EVP_sha256()) != 0;
}

int lab_make_certificate(const char *names, int days, char **certificate, char **key) {
    *certificate = NULL;
    *key = NULL;
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *made = X509_new();
    BIO *public = BIO_new(BIO_s_mem());
    BIO *private = BIO_new(BIO_s_mem());
    if (pair != NULL && made != NULL && public != NULL && private != NULL && sign(made, pair, names, days)
        && PEM_write_bio_X509(public, made) == 1
        && PEM_write_bio_PrivateKey(private, pair, NULL, NULL, 0, NULL, NULL) == 1) {
        *certificate = copy_text(public);
        *key = copy_text(private);
    }
    BIO_free(private);
    BIO_free(public);
    X509_free(made);
    EVP_PKEY_free(pair);
    if (*certificate != NULL && *key != NULL) return 0;
    free(*certificate);
    free(*key);
    *certificate = NULL;
    *key = NULL;
    return -1;
}

int lab_random(unsigned char *bytes, int count) { return RAND_bytes(bytes, count) == 1 ? 0 : -1; }
