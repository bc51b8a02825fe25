import {
  httpUrl,
  listenHost,
  oneOf,
  optional,
  signatureAlgorithms,
  text,
  wholeNumber,
  withDefault,
} from "./setting-schema.ts";

/** Where the gateway listens, and who may use it. */
export const accessSettings = {
  host: withDefault(
    "HOST",
    "127.0.0.1",
    listenHost,
    "The address to listen on; any but loopback needs `AUTH`.",
  ),
  port: withDefault("PORT", "4000", wholeNumber(0, 65535), "The port to listen on; 0 takes a free one."),
  auth: withDefault(
    "AUTH",
    "auto",
    oneOf("auto", "on", "off"),
    "`auto` asks for a key or token once one is configured, and without one opens on loopback only; `on` always asks; `off` never does.",
  ),
  apiKeysFile: optional(
    "API_KEYS_FILE",
    text,
    "File of hashed keys, as `npm run key` writes it; read again when it changes, so a removed key stops within 10 s.",
  ),
  apiKeys: optional("API_KEYS", text, "The same content in a variable, for hosts without files."),
  jwksUrl: optional("JWT_JWKS_URL", httpUrl, "Where the public keys of JSON Web Tokens are published."),
  jwtIssuer: optional("JWT_ISSUER", text, "The `iss` that a token must have; needed with `JWT_JWKS_URL`."),
  jwtAudience: optional(
    "JWT_AUDIENCE",
    text,
    "The `aud` that a token must have; needed with `JWT_JWKS_URL`.",
  ),
  jwtAlgorithms: withDefault(
    "JWT_ALGORITHMS",
    "RS256,ES256",
    signatureAlgorithms,
    "The signatures that a token may have, all of them asymmetric.",
  ),
  jwtScopeClaim: withDefault(
    "JWT_SCOPE_CLAIM",
    "scope",
    text,
    "The claim with the token's scopes: a text with blanks, or a list.",
  ),
} as const;
