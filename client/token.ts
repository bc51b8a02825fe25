/** A key or token, sent in `Authorization`. */
export interface Token {
  readonly value: string;
  /** When it expires, by this machine's `Date.now()`. Leave it out for a key. */
  readonly expires?: number;
}

/**
 * Returns this tab's token, or undefined if nobody is signed in. `old` expires soon or was refused: return another one.
 * Rejects if no token can be fetched at the moment.
 */
export type GetToken = (old?: string) => Promise<Token | undefined>;

/** Milliseconds: how long before a token expires it is renewed, the least between two renewals, and when one is given up. */
const [EARLY, MIN_PAUSE, TIMEOUT] = [30_000, 5_000, 20_000];

/** Holds the token of this tab and renews it before it expires. `identified` gets the caller before a token is used. */
export function createTokens(address: string, getToken: GetToken, identified: (caller: string) => void) {
  let token: Token | undefined;
  let [renewAt, session] = [0, 0];
  let pending: Promise<string | undefined> | undefined;

  async function load(isRefused: boolean): Promise<string | undefined> {
    const [old, own] = [token, session];
    const silence = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("No token came.")), TIMEOUT));
    const next = await Promise.race([getToken(old?.value), silence]).catch((error) => {
      if (isRefused || !old || Date.now() >= (old.expires ?? Infinity)) throw error;
      return old;
    });
    const caller = await identify(address, next?.value);
    if (own !== session) throw new Error("Somebody has signed in or out meanwhile.");
    renewAt = Math.max(Date.now() + MIN_PAUSE, (next?.expires ?? Infinity) - EARLY);
    token = isRefused && next?.value === old?.value ? undefined : next;
    identified(caller);
    return token?.value;
  }

  function renew(isRefused: boolean): Promise<string | undefined> {
    const own = pending ?? load(isRefused);
    pending = own;
    return own.finally(() => {
      if (pending === own) pending = undefined;
    });
  }
  return {
    current: async () => (token && Date.now() < renewAt ? token.value : renew(false)),
    /** Returns another token in place of a refused one. */
    refuse: async (old: string) => (token && token.value !== old ? token.value : renew(true)),
    session: () => session,
    forget(): void {
      token = pending = undefined;
      session++;
    },
  };
}

/**
 * Identifies a caller and their scopes. Two JSON Web Tokens are equal if they differ only in times and ids; any other
 * token equals only itself. The result is a hash, because locks and channels have it in their names.
 */
async function identify(address: string, token = ""): Promise<string> {
  let text = token;
  try {
    const [, claims = ""] = token.split(".");
    const { exp, iat, nbf, jti, ...caller } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    if (caller.sub) text = JSON.stringify(Object.entries(caller).sort());
  } catch {
    // Not a JSON Web Token.
  }
  const bytes = new TextEncoder().encode(`${address} ${text}`);
  // Pages over plain HTTP cannot hash, and therefore share nothing.
  if (!isSecureContext) return text;
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))));
}
