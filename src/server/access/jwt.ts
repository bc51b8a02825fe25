import { hash } from "node:crypto";
import type { JWTPayload } from "jose";
import { LRUCache } from "lru-cache";
import type { Config } from "../../config/index.ts";
import { type Caller, parseScopes } from "../scope/scope.ts";

/** Why a token is rejected; "unchecked" if its issuer's keys cannot be fetched. */
type TokenError = "expired" | "invalid" | "unchecked";

/** Verifies a token and returns its caller. */
type VerifyToken = (token: string) => Promise<Caller | TokenError>;

/** Milliseconds. */
const cacheTtl = 60_000;

/** Shared secrets are rejected: a public key must not verify a token that anyone can sign with it. */
const asymmetricAlgorithms = ["RS", "PS", "ES"]
  .flatMap((family) => ["256", "384", "512"].map((size) => family + size))
  .concat("EdDSA");

/**
 * Creates a verifier of JSON Web Tokens with the issuer's published keys: signature (asymmetric algorithms
 * only), issuer, audience and expiry. A verified token is cached for a minute, never beyond its expiry.
 * Undefined without `JWT_JWKS_URL`.
 */
export function createTokenVerifier(config: Config): VerifyToken | undefined {
  if (!config.jwksUrl) return undefined;
  const url = new URL(config.jwksUrl);
  // Loaded only if tokens are used.
  const loading = import("jose").then((jose) => ({
    ...jose,
    keys: jose.createRemoteJWKSet(url, { timeoutDuration: 5_000 }),
  }));
  const verifiedTokens = new LRUCache<string, Caller>({ max: 10_000 });
  const verifyOptions = {
    issuer: config.jwtIssuer as string,
    audience: config.jwtAudience as string,
    algorithms: asymmetricAlgorithms,
    requiredClaims: ["exp", "sub"],
    clockTolerance: 5,
  };
  return async (token) => {
    const key = hash("sha256", token, "base64");
    const cached = verifiedTokens.get(key);
    if (cached) return cached;
    const { jwtVerify, errors, keys } = await loading;
    try {
      const { payload } = await jwtVerify(token, keys, verifyOptions);
      const caller = callerOf(payload, config.jwtScopeClaim);
      const remaining = (payload.exp as number) * 1000 - Date.now();
      if (remaining > 0) verifiedTokens.set(key, caller, { ttl: Math.min(cacheTtl, remaining) });
      return caller;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return "expired";
      // Failures of the issuer, not of the token.
      const issuerErrorCodes = ["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"];
      if (error instanceof errors.JOSEError && !issuerErrorCodes.includes(error.code)) return "invalid";
      return "unchecked";
    }
  };
}

function callerOf(payload: JWTPayload, scopeClaim: string): Caller {
  const claim = payload[scopeClaim];
  const scopeNames = Array.isArray(claim) ? claim : typeof claim === "string" ? claim.split(/\s+/) : [];
  return {
    id: `sub:${payload.sub}`,
    name: `${payload.sub}`.slice(0, 100),
    scopes: parseScopes(scopeNames),
    expires: (payload.exp as number) * 1000,
  };
}
