import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import type { Leadership } from "../../share/index.ts";

/** A header of answers that refuse a request of which nothing was begun; it says whether their process leaves. */
export const refusalHeader = "x-alma-peer-refused";

/** The value of that header. */
export const refusalOf = (leadership: Pick<Leadership, "leaves">): "leaving" | "unbegun" =>
  leadership.leaves() ? "leaving" : "unbegun";

/** A request on its way to the process that leads, as its caller sent it. */
export interface OutgoingRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The body, from its start; called once for each time that the request is sent. */
  readonly body: () => Buffer | Readable | null;
  /** Whether it may be a mutation. */
  readonly mayWrite: boolean;
}

/** An answer of another process. A short one is held whole. */
export interface PeerAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer | Readable;
}

/**
 * What became of a request: an answer; surely nothing, perhaps since its leader leaves; unknown, since it was sent and
 * no answer came; or it is a query that was not answered in time.
 */
export type Attempt =
  | { readonly kind: "answered"; readonly answer: PeerAnswer }
  | { readonly kind: "unbegun" | "leaving" | "lost" | "late" };

/** Sends requests to other processes. Nothing is sent again. */
export interface Exchange {
  /** Sends a request to the process at `url`. An abort of the signal ends it as lost. */
  send(url: string, request: OutgoingRequest, signal: AbortSignal): Promise<Attempt>;
  close(): Promise<void>;
}

/** Milliseconds. */
const connectTimeout = 2_000;
/** Bytes of an answer that is held whole. */
const maxHeldLength = 65_536;
/** Milliseconds without a byte of an answer that has begun, and that its caller reads. */
const bodyTimeout = 30_000;

/** `maxQueryTime`: milliseconds in which the answer to a query begins, whatever the caller's deadline. */
export function createExchange(maxQueryTime: number): Exchange {
  const common = { connect: { timeout: connectTimeout }, bodyTimeout };
  const queries = new Agent({ ...common, headersTimeout: maxQueryTime });
  // Whether a mutation was received is unknown if the connection was closed while idle: each has a new one.
  const mutations = new Agent({ ...common, headersTimeout: 0, pipelining: 0 });
  return {
    async send(url, { mayWrite, method, path, headers, body }, signal) {
      try {
        const agent = mayWrite ? mutations : queries;
        const request = {
          origin: url,
          method: method as Dispatcher.HttpMethod,
          path,
          headers,
          body: body(),
          signal,
        };
        const response = await agent.request(request as Dispatcher.RequestOptions);
        const answer = await holdShortBody(method, response);
        const refusal = answer.headers[refusalHeader];
        if (refusal === undefined) return { kind: "answered", answer };
        return { kind: refusal === "leaving" ? "leaving" : "unbegun" };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "UND_ERR_HEADERS_TIMEOUT") return { kind: "late" };
        return { kind: wasNeverConnected(error) ? "unbegun" : "lost" };
      }
    },
    async close() {
      await Promise.all([queries.destroy(), mutations.destroy()]);
    },
  };
}

/** A stream takes more work, and an answer that breaks off after it has begun cannot be asked for again. */
async function holdShortBody(
  method: string,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Promise<PeerAnswer> {
  // An answer to HEAD has the length of another.
  const isShort = method !== "HEAD" && Number(headers["content-length"]) <= maxHeldLength;
  return { statusCode, headers, body: isShort ? Buffer.from(await body.arrayBuffer()) : body };
}

/** Whether an error says that no connection was made. Connections to several addresses fail with several errors. */
function wasNeverConnected(error: unknown): boolean {
  const { code, syscall, errors } = error as NodeJS.ErrnoException & { readonly errors?: readonly unknown[] };
  if (errors) return errors.every(wasNeverConnected);
  return code === "UND_ERR_CONNECT_TIMEOUT" || syscall === "connect" || syscall === "getaddrinfo";
}
