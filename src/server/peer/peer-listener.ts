import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import type { FastifyInstance } from "fastify";
import type { Config } from "../../config/index.ts";
import type { Leadership } from "../../share/index.ts";
import { refusalOf } from "./exchange.ts";
import type { LocalMutations } from "./local-mutations.ts";
import { canAnswer } from "./target-process.ts";
import { type PeerSignature, refusalHeader, type Ticket, ticketHeader } from "./ticket.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The ticket from the forwarding process; null or undefined if the caller sent the request here. */
    ticket?: Ticket | null;
  }
}

/** In milliseconds; longer than any process keeps an idle connection for reuse. */
const KEEP_ALIVE_TIMEOUT = 72_000;

/**
 * Creates the listener for requests that other processes forward; `app` answers them like its callers' own. Requests
 * without a ticket get no information. A process that does not lead, or leads in another term, refuses them, so that no
 * request is forwarded twice. `maxRequestTime`: the time, in milliseconds, within which a request must arrive.
 */
export function createPeerListener(
  app: FastifyInstance,
  config: Config,
  signature: PeerSignature,
  leadership: Leadership,
  mutations: LocalMutations,
  maxRequestTime: number,
) {
  const tickets = new WeakMap<IncomingMessage, Ticket>();
  const used = new UsedTickets();
  app.addHook("onRequest", (request, _reply, done) => {
    const ticket = tickets.get(request.raw) ?? null;
    request.ticket = ticket;
    for (const name of ["ip", "protocol", "host"] as const)
      if (ticket) Object.defineProperty(request, name, { value: ticket[name] });
    done();
  });
  const server = createServer(
    { requestTimeout: maxRequestTime, keepAliveTimeout: KEEP_ALIVE_TIMEOUT },
    (request, response) => {
      const ticket = signature.readTicket(request);
      const isOfTerm = ticket?.term === leadership.term();
      // Only tickets of this term are counted as used: requests with other terms are refused anyway.
      if (!ticket || (isOfTerm && !used.use(ticket))) {
        response.writeHead(403, { connection: "close" }).end();
        return;
      }
      signAnswer(response, ticket, signature);
      if (isOfTerm && canAnswer(leadership, ticket.mayWrite)) {
        tickets.set(request, ticket);
        if (ticket.mayWrite) {
          mutations.admit(request);
          response.once("close", () => mutations.release(request));
        }
        app.routing(request, response);
        return;
      }
      // Closing a connection while bytes arrive would reset it and lose the refusal.
      request.resume().once("end", () => {
        response.setHeader(refusalHeader, refusalOf(leadership));
        response.writeHead(503, { "content-length": 0 }).end();
      });
    },
  );
  server.timeout = maxRequestTime;
  const port = config.peerPort ?? (config.port === 0 ? 0 : config.port + 1);
  return {
    /** Starts listening. Resolves with the signed address to publish. */
    async listen(): Promise<string> {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(port, config.host, resolve);
      });
      const { port: actualPort } = server.address() as AddressInfo;
      return signature.signAddress(config.peerUrl ?? `http://${reachableHost(config.host)}:${actualPort}`);
    },
    /** Closes every connection. */
    async close(): Promise<void> {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Signs the head of an answer when it is sent. */
function signAnswer(response: ServerResponse, ticket: Ticket, signature: PeerSignature) {
  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse;
  response.writeHead = (status: number, ...rest: unknown[]) => {
    response.setHeader(ticketHeader, signature.signAnswer(ticket, status, response.getHeader(refusalHeader)));
    return writeHead(status, ...rest);
  };
}

/** Returns the host, in URL form, by which other machines reach a listener on `host`. */
function reachableHost(host: string) {
  const isAny = host === "0.0.0.0" || host === "::";
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const [first] = addresses.filter(({ internal, family }) => !internal && family === "IPv4");
  const address = isAny ? (first?.address ?? "127.0.0.1") : host;
  return address.includes(":") ? `[${address}]` : address;
}

/** How far a ticket's number may lag behind the highest one of its process. */
const WINDOW = 10_000;

/** The tickets used in the current term of this process, so that none is used twice. */
export class UsedTickets {
  #term = "";
  readonly #processes = new Map<string, { highest: number; readonly numbers: Set<number> }>();

  /** Uses a ticket of the current term. Returns false if it was used before, or is too old to know. */
  use({ term, process, number }: Ticket): boolean {
    if (term !== this.#term) this.#processes.clear();
    this.#term = term;
    const used = this.#processes.get(process) ?? { highest: 0, numbers: new Set() };
    this.#processes.set(process, used);
    if (number <= used.highest - WINDOW || used.numbers.has(number)) return false;
    used.numbers.add(number);
    for (; used.highest < number; used.highest++) used.numbers.delete(used.highest + 1 - WINDOW);
    return true;
  }
}
