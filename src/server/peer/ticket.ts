import { createHmac, hash, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** The header that carries the ticket of a forwarded request, and the leader's signature in its answer. */
export const ticketHeader = "x-alma-peer";

/** The header of answers that refuse a request without executing it. Its value says whether the process is stopping. */
export const refusalHeader = "x-alma-peer-refused";

/** What a process says about a request that it forwards. */
export interface UnsignedTicket {
  /** The token of the term in which it must be answered. */
  readonly term: string;
  /** A random id, the same for every attempt to forward the request. */
  readonly forwardingId: string;
  /** The caller's address, and the protocol and host of its request, as seen by the process that received it. */
  readonly ip: string;
  readonly protocol: string;
  readonly host: string;
  /** Whether it may be a mutation. */
  readonly mayWrite: boolean;
  /** The digest of a buffered body. */
  readonly digest?: string;
}

/** A single-use ticket: its number is unique within its process. */
export interface Ticket extends UnsignedTicket {
  readonly process: string;
  readonly number: number;
}

/**
 * What a ticket is valid for: the method, the path with the query string, and the headers that may contain the caller's
 * key.
 */
interface TicketedRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
}

/** Returns the digest of a body. */
export const bodyDigest = (body: Buffer): string => hash("sha256", body, "base64url");

/** Signs the messages between processes with the same PEER_SECRET. */
export function createPeerSignature(secret: string) {
  const process = randomUUID();
  let lastNumber = 0;

  /** `purpose` keeps a signature from being valid for another kind of message. */
  const sign = (purpose: string, text: string) =>
    createHmac("sha256", secret).update(`${purpose}\n${text}`).digest("base64url");

  function isSigned(purpose: string, text: string, signature: string) {
    const expected = Buffer.from(sign(purpose, text));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  return {
    /** Returns the value of the header `ticketHeader`. */
    signTicket(request: TicketedRequest, unsigned: UnsignedTicket): string {
      const ticket: Ticket = { ...unsigned, process, number: ++lastNumber };
      const content = Buffer.from(JSON.stringify(ticket)).toString("base64url");
      return `${content}.${sign("ticket", signedText(request, content))}`;
    },

    /** Returns the ticket of a request; undefined if it has none signed with the same secret. */
    readTicket(request: TicketedRequest): Ticket | undefined {
      const header = request.headers[ticketHeader];
      if (typeof header !== "string") return undefined;
      const [content = "", signature = ""] = header.split(".");
      if (!isSigned("ticket", signedText(request, content), signature)) return undefined;
      return JSON.parse(Buffer.from(content, "base64url").toString());
    },

    /** Signs an answer or refusal, to prove that it is from the process to which the request was forwarded. */
    signAnswer: (ticket: Pick<Ticket, "forwardingId">, status: number, refusal?: unknown): string =>
      sign("answer", answerText(ticket, status, refusal)),

    /** Returns whether an answer has a valid signature. */
    isAnswer: (
      ticket: Pick<Ticket, "forwardingId">,
      status: number,
      { [ticketHeader]: signature, [refusalHeader]: refusal }: IncomingHttpHeaders,
    ): boolean => isSigned("answer", answerText(ticket, status, refusal), String(signature)),

    /** Signs the URL of a process for publication. */
    signAddress: (url: string): string => `${url} ${sign("address", url)}`,

    /** Returns the URL of a published address; undefined if it was signed with another secret. */
    readAddress(address: string): string | undefined {
      const [url = "", signature = ""] = address.split(" ");
      return isSigned("address", url, signature) ? url : undefined;
    },
  };
}

export type PeerSignature = ReturnType<typeof createPeerSignature>;

const answerText = ({ forwardingId }: Pick<Ticket, "forwardingId">, status: number, refusal: unknown = "") =>
  `${forwardingId} ${status} ${refusal}`;

const signedText = ({ method, url, headers }: TicketedRequest, content: string) =>
  [`${method} ${url}`, headers.authorization, headers["x-api-key"], content].join("\n");
