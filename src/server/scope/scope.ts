/** What a caller may see and do. In API keys and tokens the names are lower case. */
export const scopes = ["READ", "PERSONAL", "SECRETS", "AUDIT", "WRITE", "BULK"] as const;
export type Scope = (typeof scopes)[number];

/** An authenticated caller. */
export interface Caller {
  /** Stable: an API key's prefix, or `sub:` and a token's subject. */
  readonly id: string;
  /** For logs. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** When its key or token stops working, in milliseconds since 1970; null if never. */
  readonly expires: number | null;
  /** The prefix of the link by which it came, if it sent no key. */
  readonly link?: string;
}

/** Every caller of a gateway without authentication. */
export const anonymousCaller: Caller = { id: "open", name: "anyone", scopes: new Set(scopes), expires: null };

/** The scopes with these names, in any case; other names are ignored. */
export function parseScopes(names: readonly unknown[]): ReadonlySet<Scope> {
  const upperCaseNames = new Set(names.map((name) => String(name).toUpperCase()));
  return new Set(scopes.filter((scope) => upperCaseNames.has(scope)));
}

/** The scopes that reports may use: they write nothing, and secrets are read of one record only. */
export const reportScopes = (given: ReadonlySet<Scope>): ReadonlySet<Scope> =>
  new Set([...given].filter((scope) => scope === "READ" || scope === "PERSONAL"));
