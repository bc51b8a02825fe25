import type { Tokens } from "./token.ts";

/** The longest pause, in seconds, that `ask` makes before it asks again. */
const LONGEST = 10;
/** Milliseconds without an answer after which a request ends. */
const TIMEOUT = 90_000;

/** Sends a request with a token. The header keeps pages of other sites from using a gateway without keys. */
export function send(request: Request, token: string | undefined): Promise<Response> {
  const sent = new Request(request);
  sent.headers.set("apollo-require-preflight", "1");
  if (token !== undefined) sent.headers.set("authorization", `Bearer ${token}`);
  return fetch(sent);
}

/**
 * Creates a `fetch` for the gateway. It says who asks; after a 401 it asks once more, with another token; after a 429
 * or 503, with which nothing was done, once more when the gateway says, if that is soon. If nothing answers, it answers
 * 503 with an error of GraphQL, as a full gateway does. `refused` is told whether the last answer was a 401.
 */
export function createAsk(tokens: Tokens, refused: (is: boolean) => void): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const limited = new Request(request, {
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]),
    });
    try {
      let token = await tokens.current();
      let response = await send(limited.clone(), token);
      if (response.status === 401 && token !== undefined) {
        token = await tokens.refuse(token);
        if (token !== undefined) response = await send(limited.clone(), token);
      }
      const seconds = Number(response.headers.get("retry-after"));
      if ([429, 503].includes(response.status) && seconds > 0 && seconds <= LONGEST) {
        await pause(seconds * 1_000, limited.signal);
        response = await send(limited.clone(), await tokens.current());
      }
      refused(response.status === 401);
      return response;
    } catch (error) {
      if (request.signal.aborted) throw error;
      const message = "The gateway cannot be reached, or does not answer. Try again in 5 seconds.";
      const errors = [{ message, extensions: { code: "UNREACHABLE", retryAfter: 5 } }];
      const headers = { "content-type": "application/graphql-response+json", "retry-after": "5" };
      return Response.json({ errors }, { status: 503, headers });
    }
  };
}

/** Resolves after some milliseconds; rejects when the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
