import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A program under measurement, in a process of its own. */
export interface Child {
  /** Where it answers. */
  readonly address: string;
  readonly pid: number;
  /** CPU time that it has used, user and system, in milliseconds. */
  cpu(): Promise<number>;
  /** The CPU, in milliseconds, of its longest iteration of the event loop during `work`. */
  longestBlock(work: () => Promise<unknown>): Promise<number>;
  /** Its memory in bytes, after collections until nothing more is given back: V8's threads do that by and by. */
  memory(): Promise<{ readonly rss: number; readonly heapUsed: number }>;
  /** What it answers to a question that only this program knows. */
  tell(question: string, argument?: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** As production runs it, and a collection on demand. */
const flags = [
  "--expose-gc",
  "--max-semi-space-size=32",
  "--no-allocation-site-pretenuring",
  "--no-memory-reducer",
];

/** Starts one of this folder's programs, or a compiled one, and waits until it says where it answers. */
export async function start(program: string, env: Record<string, string>): Promise<Child> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = fork(path, {
    env: { ...process.env, NODE_ENV: "production", ...env },
    execArgv: [...(path.endsWith(".ts") ? ["--import", "tsx"] : []), ...flags],
    // Its log is written, which is part of the price, but not shown.
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

/** What a program answers to a question. */
type Answer = (argument: string) => unknown;

/** The child's side: tells its address, and its CPU time, its memory and what `own` answers when asked. */
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
 * The CPU time of the main thread alone, and the time for which it waited for a core, in milliseconds. Where the system
 * does not tell, the CPU time of all threads, and no wait.
 */
export function mainThread(): { readonly ran: number; readonly waited: number } {
  try {
    const [ran, waited] = readFileSync("/proc/self/schedstat", "utf8").split(" ");
    return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 };
  } catch {
    return { ran: cpuOf(process.cpuUsage()), waited: 0 };
  }
}

/** Measures each iteration of the event loop; what it returns at the end is the CPU of the longest, in milliseconds. */
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
