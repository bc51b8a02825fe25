import { request } from "node:http";

/**
 * Posts JSON to a gateway and returns the JSON response. It costs a third of `fetch` with its streams, and has no
 * timeouts on the clock that a test advances.
 */
export function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = { accept: "*/*", "content-type": "application/json", ...headers };
    const posted = request(url, { method: "POST", headers: sent }, async (response) => {
      try {
        const chunks = await response.toArray();
        resolve(JSON.parse(Buffer.concat(chunks).toString()));
      } catch (error) {
        reject(error);
      }
    });
    posted.on("error", reject).end(JSON.stringify(body));
  });
}
