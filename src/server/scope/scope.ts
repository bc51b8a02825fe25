import { RefusedRequest } from "../http/error-response.ts";
import type { RequestHook } from "../http/route-hooks.ts";

/**
 * Returns a Fastify hook that rejects callers without these scopes and lists the missing ones. `action` starts the
 * message, such as `Uploading a file`.
 */
export function requireScopes(action: string, ...needed: readonly Scope[]): RequestHook {
  return ({ caller }, reply, done) => {
    const missing = needed.filter((scope) => !caller?.scopes.has(scope));
    if (missing.length === 0) return done();
    const names = missing.map((scope) => scope.toLowerCase());
    const message =
      `${action} needs the scope${names.length > 1 ? "s" : ""} ${names.join(" and ")}, which this key does not have. ` +
      `Ask for a key with ${names.length > 1 ? "them" : "it"}.`;
    new RefusedRequest(403, "FORBIDDEN", message, { missing }).send(reply);
  };
}

/** A permission of a caller. API keys and tokens use lower-case names. */
export const scopes = ["READ", "PERSONAL", "SECRETS", "AUDIT", "WRITE", "BULK"] as const;
export type Scope = (typeof scopes)[number];

/** An authenticated caller. */
export interface Caller {
  /** A stable id: an API key's prefix, or `sub:` and a token's subject. */
  readonly id: string;
  /** The name for logs. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** When the key or token expires, in milliseconds since 1970; null if never. */
  readonly expires: number | null;
  /** The prefix of its link, if it used a link instead of a key. */
  readonly link?: string;
}

/** Returns whether the key, token or link of a caller has not expired. */
export const isCurrent = ({ expires }: Caller): boolean => (expires ?? Infinity) > Date.now();

/** The caller of a gateway without authentication. */
export const anonymousCaller: Caller = { id: "open", name: "anyone", scopes: new Set(scopes), expires: null };

/** Parses scope names, ignoring case and unknown names. */
export function parseScopes(names: readonly unknown[]): ReadonlySet<Scope> {
  const upperCaseNames = new Set(names.map((name) => String(name).toUpperCase()));
  return new Set(scopes.filter((scope) => upperCaseNames.has(scope)));
}

/** Serializes a set of scopes: equal sets have equal texts. */
export const scopesText = (scopes: ReadonlySet<string>): string => [...scopes].sort().join();

/** Returns the scopes that reports may use. Reports write nothing, and read secrets of one record only. */
export const reportScopes = (given: ReadonlySet<Scope>): ReadonlySet<Scope> =>
  new Set([...given].filter((scope) => scope === "READ" || scope === "PERSONAL"));
