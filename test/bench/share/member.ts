import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { startFlags } from "../../support/start-flags.ts";
import { rssOf } from "./postgres.ts";

/** An answer of `/graphql`, and the times of its request and arrival by the wall clock. */
export interface Answer {
  readonly status: number;
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the bench reads what it asked for.
  readonly data?: any;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
  readonly extensions?: { readonly alma?: { readonly oldest?: string | null } };
}

/** The body of a gateway's `/health/ready`. */
export interface Ready {
  readonly code: number;
  readonly status?: string;
  readonly role?: "leader" | "standby";
}

/** The timeout of an answer, in milliseconds. */
const patience = 40_000;
const dispatcher = new Agent({ connections: 64, headersTimeout: patience, bodyTimeout: patience });

/** A gateway in its own process, as `npm start` runs it; it can be restarted at the same address. */
export class Member {
  readonly address: string;
  readonly #command: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #logFile: string;
  #child: ChildProcess | undefined;

  /** `program` is the compiled `main.js`; `flags` are added to those of `npm start`. */
  constructor(
    program: string,
    env: Readonly<Record<string, string>>,
    port: number,
    logFile: string,
    flags: readonly string[] = [],
  ) {
    this.address = `http://127.0.0.1:${port}`;
    this.#command = [...startFlags, ...flags, program];
    this.#env = { NODE_ENV: "production", PORT: `${port}`, PEER_PORT: "0", ...env };
    this.#logFile = logFile;
    process.on("exit", () => this.#child?.kill("SIGKILL"));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it; resolves when it listens. */
  async start(): Promise<void> {
    const log = openSync(this.#logFile, "a");
    const child = spawn(process.execPath, this.#command, {
      env: { PATH: process.env.PATH, ...this.#env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    while (!(await this.#isAlive())) {
      if (child.exitCode !== null) throw new Error(`A gateway has ended: ${readFileSync(this.#logFile)}`);
      await sleep(20);
    }
  }

  async #isAlive(): Promise<boolean> {
    const url = `${this.address}/health/live`;
    const answer = await request(url, { dispatcher, headersTimeout: 1_000 }).catch(() => undefined);
    await answer?.body.dump();
    return answer?.statusCode === 200;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it with a signal and waits until it has exited. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async ready(): Promise<Ready> {
    const url = `${this.address}/health/ready`;
    const answer = await request(url, { dispatcher, headersTimeout: 1_000, bodyTimeout: 1_000 }).catch(
      () => undefined,
    );
    if (!answer) return { code: 0 };
    const body = await answer.body.json().catch(() => ({}));
    return { code: answer.statusCode, ...(body as object) };
  }

  async leads(): Promise<boolean> {
    return (await this.ready()).role === "leader";
  }

  /** Sends a query; undefined if there is no answer. */
  async ask(query: string, variables?: object): Promise<Answer | undefined> {
    const askedAt = now();
    try {
      const { statusCode, body } = await request(`${this.address}/graphql`, {
        dispatcher,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      const text = await body.text();
      return { ...JSON.parse(text), text, status: statusCode, askedAt, answeredAt: now() };
    } catch {
      return undefined;
    }
  }

  /** Its CPU so far, all threads, in milliseconds, as reported by Linux. */
  cpu(): number {
    return cpuOf(this.pid);
  }

  rss(): number {
    return rssOf(this.pid);
  }
}

/** The CPU of a process so far, all threads, in milliseconds. */
export function cpuOf(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** The wall clock in milliseconds, with fractions. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Waits until a condition holds. */
export async function until(look: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`It did not hold within ${ms} ms: ${look}`);
    await sleep(20);
  }
}
