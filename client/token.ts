/** A key or token, as it is sent in `Authorization`. */
export interface Token {
  readonly value: string;
  /** When it ends, by this machine's `Date.now()`. Leave it out for a key. */
  readonly expires?: number;
}

/**
 * Gives the token of this tab. `old` is one that ends soon or was refused: give another one. Undefined: nobody is
 * signed in. A rejection says that this cannot be known at the moment.
 */
export type GetToken = (old?: string) => Promise<Token | undefined>;

/** A token is renewed when a fifth of its life is left, and 30 s before its end at the latest. */
const [SHARE_LEFT, MAX_LEFT] = [1 / 5, 30_000];
/** Milliseconds until a renewal that failed is tried again, while the token is good. */
const RETRY = 5_000;

/** Holds the token of this tab, and renews it before it ends. `changed` is called when there is another one. */
export function createTokens(getToken: GetToken, changed: () => void) {
  let token: Token | undefined;
  let renewAt = 0;
  let pending: Promise<string | undefined> | undefined;

  async function load(old: string | undefined, isRefused: boolean): Promise<string | undefined> {
    let next: Token | undefined;
    try {
      next = await getToken(old);
    } catch (error) {
      if (isRefused || !token || Date.now() >= (token.expires ?? Infinity)) throw error;
      renewAt = Date.now() + RETRY;
      return token.value;
    }
    if (isRefused && next?.value === old) next = undefined;
    const left = (next?.expires ?? Infinity) - Date.now();
    renewAt = Date.now() + Math.max(RETRY, left - Math.min(left * SHARE_LEFT, MAX_LEFT));
    const isOther = next?.value !== token?.value;
    token = next;
    if (isOther) changed();
    return token?.value;
  }

  function renew(old: string | undefined, isRefused: boolean): Promise<string | undefined> {
    pending ??= load(old, isRefused).finally(() => {
      pending = undefined;
    });
    return pending;
  }

  return {
    /** The token to send, renewed if it ends soon. */
    async current(): Promise<string | undefined> {
      return token && Date.now() < renewAt ? token.value : renew(token?.value, false);
    },
    /** Another token, after one was refused. */
    refuse: async (old: string) => (token && token.value !== old ? token.value : renew(old, true)),
    /** Has the token asked for again, since somebody has signed in or out. */
    forget(): void {
      token = undefined;
      changed();
    },
  };
}

export type Tokens = ReturnType<typeof createTokens>;

/**
 * Who asks, with which rights: the same for all tokens of one caller with the same scopes. Two JSON Web Tokens are
 * alike if they differ only in their times and ids; any other token is like itself alone. It is hashed, so that other
 * tabs cannot read a key in it.
 */
export async function identify(address: string, token = ""): Promise<string> {
  let text = token;
  try {
    const [, claims = ""] = token.split(".");
    const { exp, iat, nbf, jti, ...caller } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    text = JSON.stringify(Object.entries(caller).sort());
  } catch {
    // It is no JSON Web Token.
  }
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${address} ${text}`));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
