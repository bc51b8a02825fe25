import type { createTokens } from "./token.ts";

/**
 * Creates a `fetch` that sends the token. It retries once after a 401, with a new token, and once after a 429 or 503,
 * which did nothing, after the stated time, up to 10 s. `refused` is called with whether the answer is a 401.
 */
export function createAsk(tokens: ReturnType<typeof createTokens>, refused: (is: boolean) => void): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    // Without keys the gateway requires this header, so that pages of other sites cannot use it.
    request.headers.set("apollo-require-preflight", "1");
    const session = tokens.session();
    const send = (token: string | undefined) => {
      // A retry must not act for somebody else.
      if (session !== tokens.session()) throw new Error("Somebody has signed in or out meanwhile.");
      const copy = request.clone();
      if (token !== undefined) copy.headers.set("authorization", `Bearer ${token}`);
      return fetch(copy);
    };
    const token = await tokens.current();
    let response = await send(token);
    const next = response.status === 401 && token && (await tokens.refuse(token));
    if (next) response = await send(next);
    const seconds = Number(response.headers.get("retry-after"));
    if ([429, 503].includes(response.status) && seconds > 0 && seconds <= 10) {
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      response = await send(await tokens.current());
    }
    refused(response.status === 401);
    return response;
  };
}
