import type { JWTPayload } from "jose";
import type { Config } from "../../config/index.ts";
import { type Caller, parseScopes } from "../scope/scope.ts";

/** Why a token is rejected; "unchecked" if its issuer's keys cannot be fetched. */
type TokenError = "expired" | "invalid" | "unchecked";

/** Verifies a token and returns its caller. */
type VerifyToken = (token: string) => Promise<Caller | TokenError>;

/** Shared-secret algorithms are rejected: otherwise anyone could sign a token with the public key. */
const asymmetricAlgorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA"],
];

/**
 * Verifies JSON Web Tokens with the public keys of their issuer: signature (asymmetric algorithms only), issuer,
 * audience and expiry. Undefined without `JWT_JWKS_URL`.
 */
export function createTokenVerifier(config: Config): VerifyToken | undefined {
  if (!config.jwksUrl) return undefined;
  const url = new URL(config.jwksUrl);
  // Loaded only if tokens are used.
  const loading = import("jose").then((jose) => ({
    ...jose,
    keys: jose.createRemoteJWKSet(url, { timeoutDuration: 5_000 }),
  }));
  const verifyOptions = {
    issuer: config.jwtIssuer as string,
    audience: config.jwtAudience as string,
    algorithms: asymmetricAlgorithms,
    requiredClaims: ["exp", "sub"],
    clockTolerance: 5,
  };
  return async (token) => {
    const { jwtVerify, errors, keys } = await loading;
    try {
      const { payload } = await jwtVerify(token, keys, verifyOptions);
      return callerOf(payload, config.jwtScopeClaim);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return "expired";
      // Failures to fetch the issuer's keys, which say nothing about the token.
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
