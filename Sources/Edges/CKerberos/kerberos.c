#include "kerberos.h"

#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>
#include <stdio.h>

int32_t usher_kerberos_get(
    const char *principal, const char *keytab, const char *password, const char *ccache, int64_t *expires, char *words,
    size_t words_length) {
    krb5_context context = NULL;
    krb5_principal client = NULL;
    krb5_keytab keys = NULL;
    krb5_ccache cache = NULL;
    krb5_get_init_creds_opt *options = NULL;
    krb5_creds credentials = {0};
    int has_credentials = 0;

    krb5_error_code code = krb5_init_context(&context);
    if (code != 0) {
        snprintf(words, words_length, "the configuration of Kerberos cannot be read");
        return code;
    }
    code = krb5_parse_name(context, principal, &client);
    if (code == 0) code = krb5_get_init_creds_opt_alloc(context, &options);
    if (code == 0 && keytab != NULL) {
        code = krb5_kt_resolve(context, keytab, &keys);
        if (code == 0) code = krb5_get_init_creds_keytab(context, &credentials, client, keys, 0, NULL, options);
    } else if (code == 0) {
        code = krb5_get_init_creds_password(
            context, &credentials, client, password, NULL, NULL, 0, NULL, options);
    }
    has_credentials = code == 0;
    if (code == 0) code = krb5_cc_resolve(context, ccache, &cache);
    if (code == 0) code = krb5_cc_initialize(context, cache, client);
    if (code == 0) code = krb5_cc_store_cred(context, cache, &credentials);
    if (code == 0) {
        *expires = (int64_t)(uint32_t)credentials.times.endtime;
    } else {
        const char *text = krb5_get_error_message(context, code);
        snprintf(words, words_length, "%s", text);
        krb5_free_error_message(context, text);
    }
    if (has_credentials) krb5_free_cred_contents(context, &credentials);
    if (cache != NULL) krb5_cc_close(context, cache);
    if (keys != NULL) krb5_kt_close(context, keys);
    if (options != NULL) krb5_get_init_creds_opt_free(context, options);
    if (client != NULL) krb5_free_principal(context, client);
    krb5_free_context(context);
    return code;
}

int usher_kerberos_use(const char *ccache) {
    OM_uint32 minor = 0;
    return gss_krb5_ccache_name(&minor, ccache, NULL) == GSS_S_COMPLETE;
}

int usher_kerberos_refused(int32_t code) {
    switch (code) {
    case KRB5KDC_ERR_PREAUTH_FAILED:
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
    case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
    case KRB5KDC_ERR_CLIENT_REVOKED:
    case KRB5KDC_ERR_KEY_EXP:
    case KRB5_KT_NOTFOUND:
    case KRB5KDC_ERR_ETYPE_NOSUPP: return 1;
    default: return 0;
    }
}
