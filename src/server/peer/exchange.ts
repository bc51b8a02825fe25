import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import type { Leader, Leadership } from "../../share/index.ts";
import {
  bodyDigest,
  type PeerSignature,
  refusalHeader,
  ticketHeader,
  type UnsignedTicket,
} from "./ticket.ts";

/** Returns the value of `refusalHeader`. */
export const refusalOf = (leadership: Leadership): "leaving" | "unbegun" =>
  leadership.leaves() ? "leaving" : "unbegun";

/** A request to be sent to the leader, as its caller sent it. */
export interface OutgoingRequest extends Omit<UnsignedTicket, "term" | "digest"> {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Returns the body from its start; called for each attempt. */
  readonly body: () => Buffer | Readable | null;
}

/** An answer of another process. Short answers are buffered. */
export interface PeerAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer | Readable;
}

/**
 * The result of one attempt:
 * - `answered`: the leader answered;
 * - `unbegun`, `refused`, `leaving`: the leader did not execute the request;
 * - `lost`: the request was sent but got no answer, so the outcome is unknown;
 * - `foreign`: the answer is not from the leader but, for example, a proxy's error page;
 * - `late`: a query was not answered in time.
 */
export type Attempt =
  | { readonly kind: "answered"; readonly answer: PeerAnswer }
  | { readonly kind: "unbegun" | "refused" | "leaving" | "lost" | "foreign" | "late" };

/** The time to connect, in milliseconds. */
const CONNECT_TIMEOUT = 2_000;
/** The maximum length, in bytes, of a buffered answer. */
const MAX_BUFFERED_LENGTH = 65_536;
/** The maximum pause, in milliseconds, between two pieces of an answer that its caller reads. */
const BODY_TIMEOUT = 30_000;

/**
 * Sends requests to other processes, without retries. `maxQueryTime`: the time, in milliseconds, within which the
 * answer to a query must begin, whatever the caller's deadline.
 */
export function createExchange(signature: PeerSignature, maxQueryTime: number) {
  const common = { connect: { timeout: CONNECT_TIMEOUT }, bodyTimeout: BODY_TIMEOUT };
  const queries = new Agent({ ...common, headersTimeout: maxQueryTime });
  // Each mutation gets a new connection: on a reused one that closes, it is unknown whether the mutation was received.
  const mutations = new Agent({ ...common, headersTimeout: 0, pipelining: 0 });
  return {
    /** Sends a request to the leader. An aborted signal ends the attempt as lost. */
    async send(leader: Leader, request: OutgoingRequest, signal: AbortSignal): Promise<Attempt> {
      const { method, path, headers, forwardingId, ip, protocol, host, mayWrite } = request;
      const origin = signature.readAddress(leader.address);
      if (origin === undefined) return { kind: "unbegun" };
      try {
        const agent = mayWrite ? mutations : queries;
        const body = request.body();
        const digest = Buffer.isBuffer(body) ? bodyDigest(body) : undefined;
        const unsigned = { term: leader.term, forwardingId, ip, protocol, host, mayWrite, digest };
        const ticket = signature.signTicket({ method, url: path, headers }, unsigned);
        const response = await agent.request({
          origin,
          method: method as Dispatcher.HttpMethod,
          path,
          headers: { ...headers, [ticketHeader]: ticket },
          body,
          signal,
        });
        if (!signature.isAnswer(request, response.statusCode, response.headers)) {
          await response.body.dump();
          return { kind: "foreign" };
        }
        const answer = await bufferShortBody(method, response);
        const refusal = answer.headers[refusalHeader];
        if (refusal === undefined) return { kind: "answered", answer };
        return { kind: refusal === "leaving" ? "leaving" : "refused" };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "UND_ERR_HEADERS_TIMEOUT") return { kind: "late" };
        return { kind: wasNeverConnected(error) ? "unbegun" : "lost" };
      }
    },
    async close(): Promise<void> {
      await Promise.all([queries.destroy(), mutations.destroy()]);
    },
  };
}

export type Exchange = ReturnType<typeof createExchange>;

/**
 * Buffers short answers. Streams take more work, and an answer that is interrupted after it has begun cannot be
 * requested again.
 */
async function bufferShortBody(
  method: string,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Promise<PeerAnswer> {
  // The content length of an answer to HEAD is that of the GET answer.
  const isShort = method !== "HEAD" && Number(headers["content-length"]) <= MAX_BUFFERED_LENGTH;
  return { statusCode, headers, body: isShort ? Buffer.from(await body.arrayBuffer()) : body };
}

/** Returns whether no connection was made. Connections to several addresses fail with several errors. */
function wasNeverConnected(error: unknown) {
  const { code, syscall, errors } = error as NodeJS.ErrnoException & { readonly errors?: readonly unknown[] };
  if (errors) return errors.every(wasNeverConnected);
  return code === "UND_ERR_CONNECT_TIMEOUT" || syscall === "connect" || syscall === "getaddrinfo";
}
