import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startFlags } from "../support/start-flags.ts";

/** A measured program, in its own process. */
export interface Child {
  /** Its address. */
  readonly address: string;
  readonly pid: number;
  /** Its CPU time so far, user and system, in milliseconds. */
  cpu(): Promise<number>;
  /** The CPU time of its longest event loop iteration during `work`, in milliseconds. */
  longestBlock(work: () => Promise<unknown>): Promise<number>;
  /** Its memory in bytes, after collecting garbage until no more is released: V8's threads release it gradually. */
  memory(): Promise<{ readonly rss: number; readonly heapUsed: number }>;
  /** Its answer to a question specific to this program. */
  tell(question: string, argument?: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Node's flags of production, plus garbage collection on demand. */
const flags = ["--expose-gc", ...startFlags];

/** Starts a program of this folder, or a compiled one, and waits until it reports its address. */
export async function start(program: string, env: Record<string, string>): Promise<Child> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = fork(path, {
    env: { ...process.env, NODE_ENV: "production", ...env },
    execArgv: [...(path.endsWith(".ts") ? ["--import", "tsx"] : []), ...flags],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The bench's ${program} ended with the code ${code} before it answered.`);
  });
  const address = (await Promise.race([message(child, "address"), ended])) as string;
  ended.catch(() => {});
  return {
    address,
    pid: child.pid ?? 0,
    async cpu() {
      child.send({ kind: "cpu" });
      return (await message(child, "cpu")) as number;
    },
    async longestBlock(work) {
      child.send({ kind: "watch" });
      await message(child, "watch");
      await work();
      child.send({ kind: "block" });
      return (await message(child, "block")) as number;
    },
    async memory() {
      child.send({ kind: "memory" });
      return (await message(child, "memory")) as { rss: number; heapUsed: number };
    },
    tell(question, argument) {
      child.send({ kind: question, argument });
      return message(child, question);
    },
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}

async function message(child: ChildProcess, kind: string): Promise<unknown> {
  for (;;) {
    const [received] = (await once(child, "message")) as [{ readonly kind: string; readonly value: unknown }];
    if (received.kind === kind) return received.value;
  }
}

/** A program's answer to a question. */
type Answer = (argument: string) => unknown;

/** The child's side: reports its address, and answers questions about its CPU time, its memory and `own`. */
export function answerParent(address: string, own: Readonly<Record<string, Answer>> = {}): void {
  process.send?.({ kind: "address", value: address });
  const watch = watchEventLoop();
  const answers: Readonly<Record<string, Answer>> = {
    cpu: () => cpuOf(process.cpuUsage()),
    memory: memoryLeft,
    watch: () => watch.start(),
    block: () => watch.stop(),
    ...own,
  };
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ kind, argument = "" }: { kind: string; argument?: string }) =>
    process.send?.({ kind, value: (await answers[kind]?.(argument)) ?? null }),
  );
}

async function memoryLeft(): Promise<NodeJS.MemoryUsage> {
  let [last, now] = [Number.POSITIVE_INFINITY, process.memoryUsage()];
  while (now.rss < 0.98 * last) {
    last = now.rss;
    globalThis.gc?.();
    await sleep(5_000);
    now = process.memoryUsage();
  }
  return now;
}

const cpuOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

/**
 * The main thread's CPU time and its time waiting for a core, in milliseconds. If the system does not report them, the
 * CPU time of all threads and no waiting time.
 */
export function mainThread(): { readonly ran: number; readonly waited: number } {
  try {
    const [ran, waited] = readFileSync("/proc/self/schedstat", "utf8").split(" ");
    return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 };
  } catch {
    return { ran: cpuOf(process.cpuUsage()), waited: 0 };
  }
}

/**
 * Measures each event loop iteration. The returned function stops it and returns the CPU of the longest, in
 * milliseconds.
 */
export function watchEventLoop() {
  let longest = 0;
  let isWatching = false;
  let last = 0;
  const turn = () => {
    const now = mainThread().ran;
    longest = Math.max(longest, now - last);
    last = now;
    if (isWatching) setImmediate(turn);
  };
  return {
    start() {
      isWatching = true;
      last = mainThread().ran;
      longest = 0;
      setImmediate(turn);
    },
    stop() {
      isWatching = false;
      return longest;
    },
  };
}
