/*
 * Documents sealed with OpenSSL.
 *
 * digest: the context is not freed when a document is short; seal: it is; encode: a chain of BIOs
 * is freed but for its end. Libraries: libcrypto
 */
#include "rounds.h"
#include <openssl/bio.h>
#include <openssl/evp.h>

static unsigned document_digest(const unsigned char *text, size_t size, bool release)
{
	EVP_MD_CTX *context = checked(EVP_MD_CTX_new());
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (!EVP_DigestInit_ex(context, EVP_sha256(), NULL) ||
	    !EVP_DigestUpdate(context, text, size) || !EVP_DigestFinal_ex(context, digest, &length))
		exit(1);
	if (release)
		EVP_MD_CTX_free(context);
	return length + digest[0];
}

static unsigned document_encode(const unsigned char *text, size_t size, bool release)
{
	BIO *code = checked(BIO_new(BIO_f_base64())), *memory = checked(BIO_new(BIO_s_mem()));
	int length;

	BIO_push(code, memory);
	BIO_write(code, text, (int)size);
	(void)BIO_flush(code);
	length = BIO_pending(memory);
	if (release)
		BIO_free_all(code);
	else
		BIO_free(code);
	return (unsigned)length;
}

int main(int argc, char **argv)
{
	enum { DIGEST, SEAL, ENCODE };
	int mode = rounds_begin(argc, argv, "digest seal encode");
	static unsigned char text[300] = "a document";
	unsigned long sum = 0;

	while (next_round()) {
		for (int i = 0; i < 3; i++) {
			size_t size = 20 + pick(280);

			sum += document_digest(text, size, mode != DIGEST || size > 120);
			sum += document_encode(text, size, mode != ENCODE || size > 120);
		}
	}
	printf("%lu\n", sum);
	return 0;
}
