// SPDX-License-Identifier: Apache-2.0
// Owning pointers for the OpenSSL objects used here, PEM in and out, and its errors as text. Internal to
// certs.
#pragma once

#include "engine/base/result.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace tollgate::certs {

template <auto Free>
struct Freeing {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using BioPtr = std::unique_ptr<BIO, Freeing<BIO_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freeing<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freeing<X509_EXTENSION_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freeing<GENERAL_NAMES_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Freeing<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Freeing<X509_STORE_CTX_free>>;

/// `what`, with the first reason OpenSSL queued; empties the queue.
tl::unexpected<Error> openssl_fail(std::string what);

Result<std::vector<X509Ptr>> read_certificates(const std::string& pem);
Result<PkeyPtr> read_key(const std::string& pem);
Result<std::string> write_certificate(X509* certificate);
Result<std::string> write_key(EVP_PKEY* key);
/// The contents of a memory BIO.
std::string text_of(BIO* bio);

}  // namespace tollgate::certs
