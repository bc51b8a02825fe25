/** What a caller may see and do. In API keys and tokens the names are lower case. */
export const scopes = ["READ", "PERSONAL", "SECRETS", "WRITE"] as const;
export type Scope = (typeof scopes)[number];

/** An authenticated caller. */
export interface Caller {
  /** Stable: an API key's prefix, or `sub:` and a token's subject. */
  readonly id: string;
  /** For logs. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** Every caller of a gateway without authentication. */
export const anonymousCaller: Caller = { id: "open", name: "anyone", scopes: new Set(scopes) };

/** The scopes with these names, in any case; other names are ignored. */
export function parseScopes(names: readonly unknown[]): ReadonlySet<Scope> {
  const upperCaseNames = new Set(names.map((name) => String(name).toUpperCase()));
  return new Set(scopes.filter((scope) => upperCaseNames.has(scope)));
}
