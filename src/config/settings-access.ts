import {
  hostNames,
  listenHost,
  oneOf,
  optional,
  secureUrl,
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
    "The address to listen on; beyond loopback, authentication or `AUTH=off` is required.",
  ),
  port: withDefault("PORT", "4000", wholeNumber(0, 65535), "The port to listen on; 0 is any free port."),
  auth: withDefault(
    "AUTH",
    "auto",
    oneOf("auto", "on", "off"),
    "`auto` requires a key or token if any are configured, and otherwise starts only on loopback; `on` always requires one; `off` never does.",
  ),
  allowedHosts: withDefault(
    "ALLOWED_HOSTS",
    "",
    hostNames,
    "Comma-separated host names that an open gateway accepts besides `localhost`, IP addresses, this machine's name and that of `PEER_URL`.",
  ),
  apiKeysFile: optional(
    "API_KEYS_FILE",
    text,
    "File of hashed API keys, as `npm run key` writes it; reloaded within 10 s of a change.",
  ),
  apiKeys: optional("API_KEYS", text, "The content of such a file, for hosts without files."),
  jwksUrl: optional(
    "JWT_JWKS_URL",
    secureUrl,
    "URL of the public keys that sign JSON Web Tokens (JWKS); `https`, or `http` on loopback.",
  ),
  jwtIssuer: optional("JWT_ISSUER", text, "The `iss` that a token must have; needed with `JWT_JWKS_URL`."),
  jwtAudience: optional(
    "JWT_AUDIENCE",
    text,
    "The `aud` that a token must have; needed with `JWT_JWKS_URL`.",
  ),
  jwtScopeClaim: withDefault(
    "JWT_SCOPE_CLAIM",
    "scope",
    text,
    "The claim with a token's scopes: a space-separated string, or a list.",
  ),
};
