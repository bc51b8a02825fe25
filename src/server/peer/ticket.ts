import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The header of a request that was handed on. */
export const ticketHeader = "x-alma-peer";

/** What a process says of a request that it hands on, beside the request itself. */
export interface Ticket {
  /** A random id; the same if the request is handed on again. */
  readonly forwardingId: string;
  /** The address of the caller, as the process that it reached sees it. */
  readonly address: string;
  /** Whether it may be a mutation. */
  readonly mayWrite: boolean;
}

/** The method and the path with the query string, which a ticket is for. */
type RequestLine = Pick<IncomingMessage, "method" | "url">;

/** What processes with the same PEER_SECRET tell each other, so that nobody else can. */
export class PeerSignature {
  readonly #secret: string;
  /** The address that was read last: the leader is the same for every request, mostly. */
  #lastRead: { readonly address: string; readonly url: string } | undefined;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The value of the header `ticketHeader`. */
  signTicket(line: RequestLine, ticket: Ticket): string {
    const content = Buffer.from(JSON.stringify(ticket)).toString("base64url");
    return `${content}.${this.#sign("ticket", signedText(line, content))}`;
  }

  /** The ticket of a request; undefined if it has none that was signed with the same secret. */
  readTicket(request: IncomingMessage): Ticket | undefined {
    const header = request.headers[ticketHeader];
    if (typeof header !== "string") return undefined;
    const [content = "", signature = ""] = header.split(".");
    if (!this.#isSigned("ticket", signedText(request, content), signature)) return undefined;
    return JSON.parse(Buffer.from(content, "base64url").toString());
  }

  /** A published address, from the URL of a process. */
  signAddress(url: string): string {
    return `${url} ${this.#sign("address", url)}`;
  }

  /** The URL in a published address; undefined if it was signed with another secret. */
  readAddress(address: string): string | undefined {
    if (this.#lastRead?.address === address) return this.#lastRead.url;
    const [url = "", signature = ""] = address.split(" ");
    if (!this.#isSigned("address", url, signature)) return undefined;
    this.#lastRead = { address, url };
    return url;
  }

  /** `purpose` keeps one kind of text from being taken for another. */
  #sign(purpose: string, text: string): string {
    return createHmac("sha256", this.#secret).update(`${purpose}\n${text}`).digest("base64url");
  }

  #isSigned(purpose: string, text: string, signature: string): boolean {
    const expected = Buffer.from(this.#sign(purpose, text));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

const signedText = ({ method, url }: RequestLine, content: string): string => `${method} ${url}\n${content}`;
