/** A key or token, sent in `Authorization`. */
export interface Token {
  readonly value: string;
  /** When it expires, by this machine's `Date.now()`. Leave it out for a key. */
  readonly expires?: number;
}

/**
 * Returns the token of this tab, or undefined if nobody is signed in. `old` expires soon or was refused: return another
 * one. Rejects if no token can be fetched at the moment.
 */
export type GetToken = (old?: string) => Promise<Token | undefined>;

/** Milliseconds: how long before a token expires it is renewed, and the least between two renewals. */
const [EARLY, MIN_PAUSE] = [30_000, 5_000];

/** Holds the token of this tab and renews it before it expires. `changed` is called when it has another value. */
export function createTokens(getToken: GetToken, changed: () => void) {
  let token: Token | undefined;
  let renewAt = 0;
  let pending: Promise<string | undefined> | undefined;

  async function load(isRefused: boolean): Promise<string | undefined> {
    const old = token;
    const next = await getToken(old?.value).catch((error) => {
      if (isRefused || !old || Date.now() >= (old.expires ?? Infinity)) throw error;
      return old;
    });
    renewAt = Math.max(Date.now() + MIN_PAUSE, (next?.expires ?? Infinity) - EARLY);
    token = isRefused && next?.value === old?.value ? undefined : next;
    if (token?.value !== old?.value) changed();
    return token?.value;
  }

  function renew(isRefused: boolean): Promise<string | undefined> {
    pending ??= load(isRefused).finally(() => {
      pending = undefined;
    });
    return pending;
  }

  return {
    current: async () => (token && Date.now() < renewAt ? token.value : renew(false)),
    /** Returns another token in place of a refused one. */
    refuse: async (old: string) => (token && token.value !== old ? token.value : renew(true)),
    forget(): void {
      token = undefined;
    },
  };
}

/**
 * Identifies a caller with their scopes. Two JSON Web Tokens are alike if only their times and ids differ; any other
 * token is like itself alone. The result is a hash, because locks and channels have it in their names.
 */
export async function identify(address: string, token = ""): Promise<string> {
  let text = token;
  try {
    const [, claims = ""] = token.split(".");
    const { exp, iat, nbf, jti, ...caller } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    text = JSON.stringify(Object.entries(caller).sort());
  } catch {
    // Not a JSON Web Token.
  }
  const bytes = new TextEncoder().encode(`${address} ${text}`);
  // Pages over plain HTTP cannot hash, and share nothing.
  if (!isSecureContext) return text;
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))));
}
