/**
 * A self-signed certificate for files.example.com and its subdomains, with its key, for test servers on loopback. It is
 * not used elsewhere. Created with `openssl req -x509`.
 */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBxTCCAWqgAwIBAgIUQ1zrF4Z7PRZFM3WK4iYlieyjl+kwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRZmlsZXMuZXhhbXBsZS5jb20wIBcNMjAwMTAxMDAwMDAwWhgP
MjEyMDAxMDEwMDAwMDBaMBwxGjAYBgNVBAMMEWZpbGVzLmV4YW1wbGUuY29tMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELlvtpUtftDE7i7jiSLwcQBbCyFSf52O3
S14ak4k6+4VzYN/oP0kdABKUFSB38ygKL1Dq3nHfejbasphpO2vh3aOBhzCBhDAd
BgNVHQ4EFgQUzGhj0YRd/HzWNuddygFdDIFo3OEwHwYDVR0jBBgwFoAUzGhj0YRd
/HzWNuddygFdDIFo3OEwDwYDVR0TAQH/BAUwAwEB/zAxBgNVHREEKjAoghFmaWxl
cy5leGFtcGxlLmNvbYINKi5leGFtcGxlLmNvbYcEfwAAATAKBggqhkjOPQQDAgNJ
ADBGAiEAv1pZXUTyg4LOIAFFZyvD5L1CcDefC168w5GnTW2/zXYCIQCzM8S7RCq+
uzoubYC3v00qpGZC4EFqjiRnZyVZ3zUVWQ==
-----END CERTIFICATE-----
`;

/** The private key of the certificate. */
export const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBA4uuFFFc3k2MXfs
O69ixkpG0oVQ2iYUGY7h5ihx/RyhRANCAAQuW+2lS1+0MTuLuOJIvBxAFsLIVJ/n
Y7dLXhqTiTr7hXNg3+g/SR0AEpQVIHfzKAovUOrecd96NtqymGk7a+Hd
-----END PRIVATE KEY-----
`;
