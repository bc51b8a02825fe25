import type { ServerResponse } from "node:http";
import type { Reply } from "./route.ts";

/** A failure of some requests. */
export interface Fault {
  /** The paths that it applies to, as sent; every path if left out. */
  readonly path?: RegExp;
  /** The share of the matching requests: 1 is all, 0.05 is one in twenty. All if left out. */
  readonly rate?: number;
  /** How many more times it applies, at most. */
  times?: number;
  readonly as:
    | { readonly status: number; readonly retryAfter?: number; readonly json?: unknown }
    | { readonly html: string; readonly status?: number }
    | { readonly change: (json: unknown) => unknown }
    | "reset"
    | "stall"
    | "cut"
    | "vanish";
}

/** The faults in force. Random choices come from a seed, so that a run can be repeated. */
export class Faults {
  #all: Fault[] = [];
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Adds a fault; the function that is returned removes it. */
  add(fault: Fault): () => void {
    this.#all.push(fault);
    return () => {
      this.#all = this.#all.filter((one) => one !== fault);
    };
  }

  clear(): void {
    this.#all = [];
  }

  /** The fault that applies to this request, if any. */
  strike(path: string): Fault | undefined {
    return this.#all.find((fault) => {
      if (fault.times === 0 || (fault.path && !fault.path.test(path))) return false;
      if (fault.rate !== undefined && this.#chance() >= fault.rate) return false;
      if (fault.times !== undefined) fault.times--;
      return true;
    });
  }

  #chance(): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return this.#seed / 2 ** 32;
  }
}

/** Sends an answer, changed by the fault if there is one. */
export function send(response: ServerResponse, reply: Reply, as: Fault["as"] | undefined): void {
  if (as === "stall") return;
  if (as === "reset") response.destroy();
  else if (as === "cut") cut(response, reply);
  else {
    if (typeof as === "object" && "retryAfter" in as) response.setHeader("retry-after", as.retryAfter ?? 0);
    write(response, instead(reply, as));
  }
}

function instead(reply: Reply, as: Exclude<Fault["as"], string> | "vanish" | undefined): Reply {
  if (as === undefined) return reply;
  if (as === "vanish") return { status: 404, json: { detail: "Не найдено." } };
  if ("html" in as) return { status: as.status ?? 200, html: as.html };
  if ("change" in as) return { ...reply, json: as.change(structuredClone(reply.json)) };
  return { status: as.status, json: as.json ?? { detail: "Сервис временно недоступен." } };
}

function write(response: ServerResponse, { status, json, html }: Reply): void {
  const body = html ?? JSON.stringify(json);
  response.writeHead(status, { "content-type": html === undefined ? "application/json" : "text/html" });
  response.end(body);
}

/** Sends half of the body as if it were all. */
function cut(response: ServerResponse, { status, json }: Reply): void {
  const body = JSON.stringify(json) ?? "";
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body.slice(0, Math.max(1, body.length >> 1)));
}
