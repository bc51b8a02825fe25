import { type Argument, type EngineAddress, EngineUnreachable } from "./connection.ts";
import { Line } from "./line.ts";
import * as scripts from "./scripts.ts";
import {
  type Commit,
  type IntentKey,
  type Lease,
  type LogEnd,
  type Look,
  list,
  type NewCommit,
  type NewTerm,
  pairs,
  type Renewal,
  type Renewed,
  type StoredEntry,
  texts,
  toCommits,
  toLease,
  toLogEnd,
} from "./stored.ts";

/** Commits that the stream keeps, about: a replica that loads must not be slower than so many. */
const STREAM_LENGTH = 1_000;
/** Milliseconds for which the engine holds a reader of the stream back while there is nothing new. */
const FOLLOW_BLOCK = 1_000;

/**
 * The engine, in the words of what several processes share. Every method throws EngineUnreachable if it cannot tell
 * whether the step was made, and what the engine says if it refuses it. A method with a token returns false or
 * undefined, and changes nothing, if that term is over.
 */
export class Engine {
  readonly #beats: Line;
  readonly #commits: Line;
  readonly #reads: Line;
  readonly #key: (name: string) => string;
  /** Names the form of entries: a process reads and writes those of its own form only. */
  readonly format: string;
  #durability: { readonly run: string; readonly isDurable: boolean } | undefined;

  /** `prefix`: of all keys (VALKEY_PREFIX); in a cluster they share one slot. */
  constructor(address: EngineAddress, prefix: string, format: string) {
    this.format = format;
    this.#beats = new Line(address);
    this.#commits = new Line(address);
    this.#reads = new Line(address);
    this.#key = (name) => `{${prefix}}:${name}`;
  }

  get #lease(): string {
    return this.#key("lease");
  }

  #data(name: string, format = this.format): string {
    return this.#key(`${name}:${format}`);
  }

  /** Leaves a nonce for the leader to return, and looks. */
  async look(member: string, nonce: number): Promise<Look> {
    const connection = await this.#beats.open();
    const keys = [this.#lease, this.#key("nonces"), this.#data("log")];
    const [lease, time, log] = list(await connection.execute(scripts.look, keys, [member, String(nonce)]));
    return { run: connection.run, lease: toLease(list(lease)), time: Number(time), log: toLogEnd(list(log)) };
  }

  /**
   * Begins a term, unless the lease has changed since `seen`, or the engine was started again. Returns the last commit.
   */
  async take(
    seen: Pick<Lease, "token" | "beat" | "format"> | undefined,
    { token, at, run, time, isWhole }: NewTerm,
  ): Promise<LogEnd | undefined> {
    const connection = await this.#beats.open();
    if (connection.run !== run) return undefined;
    const values = [seen?.token ?? "", seen?.beat ?? "", token, run, ...texts(at, Date.now(), time)];
    const dataOf = (format?: string) => ["log", "entries", "stream"].map((name) => this.#data(name, format));
    // What was stored in another form, nobody reads any more.
    const others = seen && seen.format !== this.format ? dataOf(seen.format) : [];
    const keys = [this.#lease, ...dataOf(), ...others];
    const reply = await connection.execute(scripts.take, keys, [
      ...values,
      isWhole ? "" : "forget",
      this.format,
    ]);
    return reply === null ? undefined : toLogEnd(list(reply));
  }

  /** Renews the lease. Returns the run of the engine, its calendar, and the nonces of the others. */
  async renew({ token, run, at, time, echo, address, isWarm, asked }: Renewal): Promise<Renewed | undefined> {
    const connection = await this.#beats.open();
    const values = [
      token,
      run,
      ...texts(at, Date.now(), time),
      JSON.stringify(echo),
      address,
      isWarm ? "1" : "",
      JSON.stringify(asked),
    ];
    const reply = await connection.execute(scripts.renew, [this.#lease, this.#key("nonces")], values);
    if (reply === null) return undefined;
    const [engineTime, found] = list(reply);
    const nonces = [...pairs(list(found))].map(([member, nonce]) => [member, Number(nonce)] as const);
    return { run: connection.run, time: Number(engineTime), nonces: Object.fromEntries(nonces) };
  }

  /** Ends a term, so that the next one begins at once. */
  async free({ token, at, time, asked }: Pick<Renewal, "token" | "at" | "time" | "asked">): Promise<void> {
    const connection = await this.#beats.open();
    const values = [token, connection.run, ...texts(at, Date.now(), time), JSON.stringify(asked)];
    await connection.execute(scripts.free, [this.#lease], values);
  }

  /** Writes entries. Returns the last commit's number and id, which are the given ones if it was done. */
  async commit({ token, seq, id, at, entries }: NewCommit) {
    const connection = await this.#commits.open();
    const keys = [this.#lease, this.#data("log"), this.#data("entries"), this.#data("stream")];
    const values = [token, String(seq), id, String(at), String(STREAM_LENGTH), ...entries.flat()];
    const reply = await connection.execute(scripts.commit, keys, values);
    if (reply === null) return undefined;
    const [lastSeq, lastId] = list(reply);
    return { seq: Number(lastSeq), id: String(lastId) };
  }

  /** The last commit. */
  async logEnd(): Promise<LogEnd & { readonly run: string }> {
    const connection = await this.#reads.open();
    const reply = await connection.send(["HMGET", this.#data("log"), "seq", "at", "epoch"]);
    return { ...toLogEnd(list(reply)), run: connection.run };
  }

  /** All entries, some at a time, each at least once; one that is written meanwhile may be its old or its new value. */
  async *entries(): AsyncGenerator<readonly StoredEntry[]> {
    let cursor = "0";
    do {
      const connection = await this.#reads.open();
      const [next, found] = list(
        await connection.send(["HSCAN", this.#data("entries"), cursor, "COUNT", "500"]),
      );
      yield [...pairs(list(found))];
      cursor = String(next);
    } while (cursor !== "0");
  }

  /** The commits after a number, as many as there are and at most 64; waits a moment if there are none. */
  async follow(seq: number): Promise<{ readonly run: string; readonly commits: readonly Commit[] }> {
    const connection = await this.#reads.open();
    const command = ["XREAD", "COUNT", "64", "BLOCK", String(FOLLOW_BLOCK), "STREAMS"];
    const reply = await connection.send([...command, this.#data("stream"), `${seq}-1`], FOLLOW_BLOCK);
    return { run: connection.run, commits: toCommits(reply) };
  }

  /** Stores an intent, and the keys that are set with it. */
  async beginIntent(
    token: string,
    id: string,
    intent: Argument,
    keys: readonly IntentKey[],
  ): Promise<boolean> {
    const connection = await this.#commits.open();
    const names = [this.#lease, this.#key("intents"), ...keys.map(({ name }) => this.#key(name))];
    const values = keys.flatMap(({ value, ms }) => [value, String(ms)]);
    return (await connection.execute(scripts.beginIntent, names, [token, id, intent, ...values])) !== null;
  }

  /** Removes intents. */
  async endIntents(token: string, ids: readonly string[]): Promise<boolean> {
    const connection = await this.#commits.open();
    const keys = [this.#lease, this.#key("intents")];
    return (await connection.execute(scripts.endIntents, keys, [token, ...ids])) !== null;
  }

  /** All intents that are open, by id. */
  async intents(): Promise<readonly StoredEntry[]> {
    const connection = await this.#commits.open();
    return [...pairs(list(await connection.send(["HGETALL", this.#key("intents")])))];
  }

  /** Keeps a value for some milliseconds; without one, removes it. */
  async keep(token: string, name: string, ms: number, value: Argument = ""): Promise<boolean> {
    const connection = await this.#commits.open();
    const keys = [this.#lease, this.#key(name)];
    return (await connection.execute(scripts.keep, keys, [token, String(ms), value])) !== null;
  }

  /** A kept value; undefined if there is none. */
  async kept(name: string): Promise<Buffer | undefined> {
    const connection = await this.#commits.open();
    const reply = await connection.send(["GET", this.#key(name)]);
    return reply === null ? undefined : (reply as Buffer);
  }

  /** Sets a value for ever, if there is none; returns the one that there is. */
  async claim(name: string, value: string): Promise<string> {
    const connection = await this.#commits.open();
    await connection.send(["SET", this.#key(name), value, "NX"]);
    return String(await connection.send(["GET", this.#key(name)]));
  }

  /** A parameter of the engine's configuration; undefined where the engine does not tell it. */
  async parameter(name: string): Promise<string | undefined> {
    const connection = await this.#commits.open();
    // Managed engines refuse the command.
    const reply = await connection.send(["CONFIG", "GET", name]).catch((error) => {
      if (error instanceof EngineUnreachable) throw error;
      return null;
    });
    const [, value] = list(reply ?? undefined);
    return value === undefined ? undefined : String(value);
  }

  /** Whether a run of the engine writes everything to its disk before it answers. */
  async isDurable(run: string): Promise<boolean> {
    if (this.#durability?.run !== run) {
      const [appendOnly, sync] = [await this.parameter("appendonly"), await this.parameter("appendfsync")];
      this.#durability = { run, isDurable: appendOnly === "yes" && sync === "always" };
    }
    return this.#durability.isDurable;
  }

  close(): void {
    this.#beats.close();
    this.#commits.close();
    this.#reads.close();
  }
}
