import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import type { Leader, Leadership } from "../../share/index.ts";
import { digestOf, type PeerSignature, refusalHeader, ticketHeader, type UnsignedTicket } from "./ticket.ts";

/** The value of `refusalHeader`. */
export const refusalOf = (leadership: Pick<Leadership, "leaves">): "leaving" | "unbegun" =>
  leadership.leaves() ? "leaving" : "unbegun";

/** A request on its way to the process that leads, as its caller sent it. */
export interface OutgoingRequest extends Pick<UnsignedTicket, "forwardingId" | "address" | "mayWrite"> {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** The body, from its start; called once for each time that the request is sent. */
  readonly body: () => Buffer | Readable | null;
}

/** An answer of another process. A short one is held whole. */
export interface PeerAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer | Readable;
}

/**
 * What became of a request: an answer; surely nothing, perhaps since its leader refused it, or leaves; unknown, since
 * it was sent and no answer came, or one that is not of the leader, such as a page of a proxy before it ("foreign"); or
 * it is a query that was not answered in time.
 */
export type Attempt =
  | { readonly kind: "answered"; readonly answer: PeerAnswer }
  | { readonly kind: "unbegun" | "refused" | "leaving" | "lost" | "foreign" | "late" };

/** Milliseconds. */
const connectTimeout = 2_000;
/** Bytes of an answer that is held whole. */
const maxHeldLength = 65_536;
/** Milliseconds without a byte of an answer that has begun, and that its caller reads. */
const bodyTimeout = 30_000;

/**
 * Sends requests to other processes. Nothing is sent again. `maxQueryTime`: milliseconds in which the answer to a query
 * begins, whatever the caller's deadline.
 */
export function createExchange(signature: PeerSignature, maxQueryTime: number) {
  const common = { connect: { timeout: connectTimeout }, bodyTimeout };
  const queries = new Agent({ ...common, headersTimeout: maxQueryTime });
  // Whether a mutation was received is unknown if the connection was closed while idle: each has a new one.
  const mutations = new Agent({ ...common, headersTimeout: 0, pipelining: 0 });
  return {
    /** Sends a request to the process that leads. An abort of the signal ends it as lost. */
    async send(leader: Leader, request: OutgoingRequest, signal: AbortSignal): Promise<Attempt> {
      const { method, path, headers, forwardingId, address, mayWrite } = request;
      const origin = signature.readAddress(leader.address);
      if (origin === undefined) return { kind: "unbegun" };
      try {
        const agent = mayWrite ? mutations : queries;
        const body = request.body();
        const digest = Buffer.isBuffer(body) ? digestOf(body) : undefined;
        const unsigned = { term: leader.term, forwardingId, address, mayWrite, digest };
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
        const answer = await holdShortBody(method, response);
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
