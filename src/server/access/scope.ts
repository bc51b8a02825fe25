/** What a caller may see and do. In keys and tokens the words are lower case. */
export const scopes = ["READ", "PERSONAL", "SECRETS", "WRITE"] as const;
export type Scope = (typeof scopes)[number];

/** Who asks, and what it may see and do. */
export interface Caller {
  /** Stable; for rates: a key's prefix, a token's subject. */
  readonly id: string;
  /** For people who read logs. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** The caller of a gateway that asks nobody for a key. */
export const anonymousCaller: Caller = { id: "open", name: "anyone", scopes: new Set(scopes) };

/** The scopes among some words, whatever their case; other words mean nothing here. */
export function parseScopes(names: readonly unknown[]): ReadonlySet<Scope> {
  const upperCaseNames = new Set(names.map((name) => String(name).toUpperCase()));
  return new Set(scopes.filter((scope) => upperCaseNames.has(scope)));
}
