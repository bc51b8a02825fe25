import { createHash } from "node:crypto";
import type { Line, Seal } from "../store/index.ts";

/** What is counted and remembered for all processes together. Every method rejects while the engine cannot be asked. */
export interface SharedStore {
  /** Runs a script, in the form in which rate-limiter-flexible asks for it. */
  eval(
    script: string,
    options: { readonly keys: readonly string[]; readonly arguments: readonly string[] },
  ): Promise<unknown>;
  get(key: string): Promise<string | undefined>;
  /** Sets a value for `ttl` seconds. */
  set(key: string, value: string, ttl: number): Promise<void>;
}

/** Creates the store. `prefix` begins the names of its keys; the rest, of callers and addresses, is hashed. */
export function createSharedStore(line: Line, seal: Seal, prefix: string): SharedStore {
  const nameOf = (key: string) =>
    `${prefix}:${createHash("sha256").update(seal.sealName(key)).digest("base64url")}`;
  const send = async (command: readonly (string | Buffer)[]) => (await line.open()).send(command);
  return {
    eval: (script, { keys, arguments: values }) =>
      send(["EVAL", script, String(keys.length), ...keys.map(nameOf), ...values]),
    async get(key) {
      const name = nameOf(key);
      const value = await send(["GET", name]);
      return value === null ? undefined : seal.open(name, Buffer.from(value as Buffer | string));
    },
    async set(key, value, ttl) {
      const name = nameOf(key);
      await send(["SET", name, seal.seal(name, value), "EX", String(ttl)]);
    },
  };
}
