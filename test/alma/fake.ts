import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import {
  type Alma,
  type AlmaOptions,
  type CallOptions,
  createAlma,
  monotonicClock,
} from "../../src/alma/index.ts";

/** A request as the fake Alma received it; `path` is the part below external_api/, as sent. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Answer = readonly [status: number, body?: unknown, headers?: Record<string, string>];
/**
 * Answers a request: returns a status and a body (a string as it is, anything else as JSON), or writes the response
 * itself.
 */
export type Answerer = (
  seen: Seen,
  response: ServerResponse,
) => Answer | undefined | Promise<Answer | undefined>;

export const KEY = "the-key-that-must-not-leak";
export const caller: CallOptions = { priority: "caller" };
export const background: CallOptions = { priority: "background" };
export const html = "<html><body>Not Found</body></html>";
export const notFound: Answer = [404, { detail: "Not found." }];
export const htmlNotFound: Answer = [404, html, { "content-type": "text/html" }];

export const quiet = { debug: () => {}, info: () => {}, warn: () => {} };

/** A fake Alma over real HTTP, closed when the test ends. */
export async function fakeAlma(
  answer: Answerer,
): Promise<{ url: string; seen: Seen[]; paths: () => string[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = (request.url ?? "").replace("/external_api/", "");
    const one = {
      method: request.method ?? "",
      path,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    seen.push(one);
    const answered = await answer(one, response);
    if (answered === undefined) return;
    const [status, body, headers] = answered;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/external_api/`;
  return { url, seen, paths: () => seen.map(({ method, path }) => `${method} ${path}`) };
}

/** The options of a client that uploads no files and is not observed. */
export const unobserved = {
  files: { maxBytes: 20 * 2 ** 20, timeout: 60_000 },
  linkNetwork: {},
  onCall() {},
  onUndocumented() {},
};

/** A client of the fake Alma, closed when the test ends. */
export function client(url: string, options: Partial<AlmaOptions> = {}): Alma {
  const clock = monotonicClock();
  const alma = createAlma({
    ...unobserved,
    url,
    apiKey: () => KEY,
    clock,
    log: quiet,
    concurrency: 8,
    timeout: 2_000,
    ...options,
  });
  onTestFinished(() => void alma.close());
  return alma;
}

/** Starts a fake Alma and a client of it. */
export async function conversation(answer: Answerer, options: Partial<AlmaOptions> = {}) {
  const fake = await fakeAlma(answer);
  return { ...fake, alma: client(fake.url, options) };
}
