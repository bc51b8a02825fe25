import { createHmac, hash, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** The header of a request that was forwarded, with its ticket, and of its answer, with the leader's signature. */
export const ticketHeader = "x-alma-peer";

/** A header of answers that refuse a request of which nothing was begun; it says whether their process leaves. */
export const refusalHeader = "x-alma-peer-refused";

/** What a process says of a request that it forwards, beside the request itself. */
export interface UnsignedTicket {
  /** The token of the term in which it is answered. */
  readonly term: string;
  /** A random id; the same if the request is forwarded again. */
  readonly forwardingId: string;
  /** The address of the caller, as the process that it reached sees it. */
  readonly address: string;
  /** Whether it may be a mutation. */
  readonly mayWrite: boolean;
  /** Of a body that is held in memory. */
  readonly digest?: string;
}

/** A ticket, which is used once: the number is that of no other of its process. */
export interface Ticket extends UnsignedTicket {
  readonly process: string;
  readonly number: number;
}

/** What a ticket is for: the method, the path with the query string, and the headers that may have the caller's key. */
interface TicketedRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
}

/** The digest of a body. */
export const digestOf = (body: Buffer): string => hash("sha256", body, "base64url");

/** Signs what processes with the same PEER_SECRET send each other. */
export function createPeerSignature(secret: string) {
  const process = randomUUID();
  let lastNumber = 0;

  /** `purpose` keeps one kind of text from being taken for another. */
  const sign = (purpose: string, text: string): string =>
    createHmac("sha256", secret).update(`${purpose}\n${text}`).digest("base64url");

  function isSigned(purpose: string, text: string, signature: string): boolean {
    const expected = Buffer.from(sign(purpose, text));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  return {
    /** The value of the header `ticketHeader`. */
    signTicket(request: TicketedRequest, unsigned: UnsignedTicket): string {
      const ticket: Ticket = { ...unsigned, process, number: ++lastNumber };
      const content = Buffer.from(JSON.stringify(ticket)).toString("base64url");
      return `${content}.${sign("ticket", signedText(request, content))}`;
    },

    /** The ticket of a request; undefined if it has none that was signed with the same secret. */
    readTicket(request: TicketedRequest): Ticket | undefined {
      const header = request.headers[ticketHeader];
      if (typeof header !== "string") return undefined;
      const [content = "", signature = ""] = header.split(".");
      if (!isSigned("ticket", signedText(request, content), signature)) return undefined;
      return JSON.parse(Buffer.from(content, "base64url").toString());
    },

    /** What shows that an answer, or a refusal, is of the process to which a request was forwarded. */
    signAnswer: (ticket: Pick<Ticket, "forwardingId">, status: number, refusal?: unknown): string =>
      sign("answer", answerText(ticket, status, refusal)),

    /** Whether an answer has that. */
    isAnswer: (
      ticket: Pick<Ticket, "forwardingId">,
      status: number,
      { [ticketHeader]: signature, [refusalHeader]: refusal }: IncomingHttpHeaders,
    ): boolean => isSigned("answer", answerText(ticket, status, refusal), String(signature)),

    /** A published address, from the URL of a process. */
    signAddress: (url: string): string => `${url} ${sign("address", url)}`,

    /** The URL in a published address; undefined if it was signed with another secret. */
    readAddress(address: string): string | undefined {
      const [url = "", signature = ""] = address.split(" ");
      return isSigned("address", url, signature) ? url : undefined;
    },
  };
}

export type PeerSignature = ReturnType<typeof createPeerSignature>;

const answerText = (
  { forwardingId }: Pick<Ticket, "forwardingId">,
  status: number,
  refusal: unknown = "",
): string => `${forwardingId} ${status} ${refusal}`;

const signedText = ({ method, url, headers }: TicketedRequest, content: string): string =>
  [`${method} ${url}`, headers.authorization, headers["x-api-key"], content].join("\n");
