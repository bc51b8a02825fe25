import type { ClockTimes } from "../../src/share/clock/clock-times.ts";
import {
  clockBound,
  extendLease,
  type HeldLease,
  isContinuous,
  isHeld,
  type LeaseState,
  mayTake,
  observe,
} from "../../src/share/leadership/leader-lease.ts";
import type { Lease, ObservedState } from "../../src/store/index.ts";

/** Milliseconds. */
export const LEASE = 2_000;

/** A store that performs each step immediately, and can be restarted. */
class SimulatedStore {
  run = "run-0";
  lease: Lease | undefined;
  nonces: Record<string, number> = {};
  #runs = 0;
  #dump: Lease | undefined;

  dump(): void {
    this.#dump = this.lease;
  }

  /** Restarts it, empty or with the last dump. */
  restart(isEmpty: boolean): void {
    this.run = `run-${++this.#runs}`;
    this.lease = isEmpty ? undefined : this.#dump;
    this.nonces = {};
  }

  readState(member: string, nonce: number, now: number): ObservedState {
    this.nonces[member] = nonce;
    return {
      run: this.run,
      lease: this.lease,
      hasLost: false,
      time: now,
      log: { seq: 0, at: Number.NEGATIVE_INFINITY, epoch: "" },
    };
  }

  take(
    seen: Lease | undefined,
    { run, token, at, wall, time }: Omit<Lease, "beat" | "echo" | "address" | "isWarm" | "format" | "free">,
  ): boolean {
    if (this.run !== run || seen?.token !== this.lease?.token || seen?.beat !== this.lease?.beat)
      return false;
    this.lease = {
      token,
      beat: 1,
      run,
      at,
      wall,
      time,
      echo: {},
      address: "",
      isWarm: false,
      format: "1",
      free: "",
    };
    return true;
  }

  renew(renewal: Pick<Lease, "token" | "run" | "at" | "wall" | "time" | "echo">) {
    if (this.lease?.token !== renewal.token) return undefined;
    this.lease = { ...this.lease, ...renewal, beat: this.lease.beat + 1 };
    const nonces = this.nonces;
    this.nonces = {};
    return { run: this.run, nonces };
  }

  free(token: string, run: string): void {
    if (this.lease?.token === token) this.lease = { ...this.lease, free: run };
  }
}

/** One process: the functions under test and their loop. */
class Process {
  readonly name: string;
  state: LeaseState = {};
  held: HeldLease | undefined;
  axis = { at: 0, since: 0 };
  run = "";
  time = 0;
  echo: Record<string, number> = {};
  readonly sentAt = new Map<number, number>();
  nonce = 0;
  stoppedUntil = 0;
  /** The time for which the process's machine was suspended: only one of its clocks counts it. */
  slept = 0;
  readonly origin: number;

  constructor(name: string, origin: number) {
    this.name = name;
    this.origin = origin;
  }

  now(t: number): ClockTimes {
    return { boottime: t + this.origin, monotonic: t + this.origin - this.slept };
  }

  holds(t: number): boolean {
    return isHeld(this.held, this.now(t));
  }

  clock(t: number): number {
    return this.axis.at + this.now(t).boottime - this.axis.since;
  }
}

/**
 * Runs processes over a store for some minutes, with stops, suspends, lost and delayed messages and restarts of the
 * store.
 * Calls `fail` with violated invariants. Returns the number of terms.
 */
export function runSchedule(random: () => number, fail: (what: string) => void): number {
  const store = new SimulatedStore();
  const processes = ["a", "b", "c"].map((name) => new Process(name, random() * 1e6));
  const queue: { at: number; run: (t: number) => void }[] = [];
  const schedule = (at: number, run: (t: number) => void) => void queue.push({ at, run });
  let terms = 0;
  /** The clock of each token's leader: it runs even after the leader has ended. */
  const clocks = new Map<string, (t: number) => number>();

  const delay = () => (random() < 0.85 ? random() * 5 : random() * 3 * LEASE);
  /** Runs a step in the store and passes its answer to a process, each after a delay; either may be lost. */
  const send = <T>(
    process: Process,
    t: number,
    step: (t: number) => T,
    answered: (reply: T, t: number) => void,
  ) => {
    if (random() < 0.03) return;
    schedule(t + delay(), (there) => {
      const reply = step(there);
      if (random() < 0.03) return;
      inProcess(process, there + delay(), (back) => answered(reply, back));
    });
  };
  const inProcess = (process: Process, at: number, run: (t: number) => void): void =>
    schedule(at, (t) => (t < process.stoppedUntil ? inProcess(process, process.stoppedUntil, run) : run(t)));

  const beat = (process: Process, t: number): void => {
    inProcess(process, t + (LEASE / 4) * (0.9 + random() / 5), (next) => beat(process, next));
    if (process.held) renew(process, process.held, t);
    else readState(process, t);
  };
  const renew = (process: Process, held: HeldLease, t: number) => {
    const sent = process.now(t);
    const { run, echo, time } = process;
    const renewal = { token: held.token, run, at: process.clock(t), wall: t, time, echo };
    send(
      process,
      t,
      (there) => ({ renewed: store.renew(renewal), time: there }),
      ({ renewed, time: storeTime }, back) => {
        process.time = storeTime;
        if (process.held?.token !== held.token) return;
        process.held =
          renewed &&
          extendLease(process.held, { ...renewed, hasLost: false, sent }, process.now(back), LEASE);
        if (!renewed || !process.held) {
          process.state = {};
          return;
        }
        process.echo = renewed.nonces;
        process.run = renewed.run;
      },
    );
  };
  const readState = (process: Process, t: number) => {
    const nonce = ++process.nonce;
    process.sentAt.set(nonce, process.now(t).boottime);
    send(
      process,
      t,
      (there) => store.readState(process.name, nonce, there),
      (seen, back) => {
        if (process.held) return;
        const nonces = { member: process.name, sentAt: process.sentAt };
        process.state = observe(process.state, seen, process.now(back), LEASE, nonces);
        if (mayTake(process.state, process.now(back), LEASE, "1")) take(process, seen, back);
      },
    );
  };
  const take = (process: Process, seen: ObservedState, t: number) => {
    const bound = clockBound(process.state, process.now(t), t);
    const whole = bound !== undefined && isContinuous(seen);
    const sent = process.now(t);
    const token = `${process.name}-${++terms}`;
    const at = whole ? bound : 0;
    send(
      process,
      t,
      (there) => {
        const before = clocks.get(seen.lease?.token ?? "");
        if (!store.take(seen.lease, { run: seen.run, token, at, wall: t, time: seen.time })) return false;
        const holder = processes.find((other) => other !== process && other.holds(there));
        if (holder) fail(`${process.name} began a term at ${there} while ${holder.name} had the lease`);
        const own = at + process.now(there).boottime - sent.boottime;
        if (whole && before && own < before(there))
          fail(`the clock went back from ${before(there)} to ${own}`);
        clocks.set(token, (when) => at + process.now(when).boottime - sent.boottime);
        return true;
      },
      (isTaken) => {
        if (!isTaken || process.held) return;
        process.held = { token, run: seen.run, until: sent.boottime + LEASE };
        process.axis = { at, since: sent.boottime };
        process.run = seen.run;
        process.time = seen.time;
        process.echo = {};
      },
    );
  };
  const disturb = (t: number): void => {
    const process = processes[Math.floor(random() * processes.length)] as Process;
    const kind = random();
    if (kind < 0.3) process.stoppedUntil = t + random() * 4 * LEASE;
    else if (kind < 0.4) {
      const sleep = random() * 4 * LEASE;
      process.stoppedUntil = t + sleep;
      process.slept += sleep;
    } else if (kind < 0.55) store.restart(random() < 0.5);
    else if (kind < 0.75) store.dump();
    else if (kind < 0.9 && process.held && t >= process.stoppedUntil) {
      const { token } = process.held;
      process.held = undefined;
      process.state = {};
      const { run } = process;
      send(
        process,
        t,
        () => store.free(token, run),
        () => {},
      );
    }
    schedule(t + random() * 2 * LEASE, disturb);
  };

  for (const process of processes) inProcess(process, random() * LEASE, (t) => beat(process, t));
  schedule(3 * LEASE, disturb);
  for (let t = 0; t < 60 * LEASE; ) {
    let next = 0;
    for (let index = 1; index < queue.length; index++)
      if ((queue[index]?.at ?? 0) < (queue[next]?.at ?? 0)) next = index;
    const [event] = queue.splice(next, 1);
    if (!event) break;
    t = event.at;
    event.run(t);
    const holders = processes.filter((process) => process.holds(t));
    if (holders.length > 1) fail(`${holders.map(({ name }) => name).join(" and ")} have the lease at ${t}`);
  }
  return terms;
}
