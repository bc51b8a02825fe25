import { createHash } from "node:crypto";
import { createClient, ErrorReply, RESP_TYPES } from "@redis/client";

export { ErrorReply };

/** Where the engine is, and how long it may take. Times in milliseconds. */
export interface EngineAddress {
  /** VALKEY_URL: `valkey://`, `valkeys://`, `redis://` or `rediss://`, with the database's number as its path. */
  readonly url: string;
  readonly password?: string | undefined;
  /** The certificate of the authority that signed the engine's, as PEM (VALKEY_CA_FILE). */
  readonly ca?: string | undefined;
  /** The time of one command, and of connecting. */
  readonly timeout: number;
}

/** A part of a command or of a script's arguments. */
export type Argument = string | Buffer;

/** What the engine answers: numbers, bytes, lists of these, or nothing. */
export type Reply = number | Buffer | string | null | readonly Reply[];

/** A script that the engine runs as one step. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Makes a script of its text in Lua. */
export const script = (text: string): Script => ({
  text,
  sha: createHash("sha1").update(text).digest("hex"),
});

/** The engine cannot be reached, or did not answer in time: whether it ran the last command is not known. */
export class EngineUnreachable extends Error {
  override readonly name = "EngineUnreachable";
}

/** How the engine begins to say that it cannot work now: nothing was done, and it will work again. */
const TROUBLE = /^(LOADING|BUSY|MASTERDOWN|READONLY|MISCONF|CLUSTERDOWN|NOREPLICAS|TRYAGAIN) /;

const bytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } as const;

/**
 * One connection to one run of the engine. Nothing is queued for later or sent again: a command that gets no answer in
 * time closes the connection and rejects with EngineUnreachable, as do all others on it. What the engine refuses, such
 * as values while its memory is full (OOM), rejects with what it says, and nothing was done.
 */
export class Connection {
  readonly #client: ReturnType<typeof open>;
  readonly #timeout: number;
  /** Identifies the run of the engine: another one after each of its starts. */
  readonly run: string;
  #isClosed = false;

  private constructor(client: ReturnType<typeof open>, timeout: number, run: string) {
    this.#client = client;
    this.#timeout = timeout;
    this.run = run;
    client.once("terminated", () => this.close());
  }

  /** Connects. Throws EngineUnreachable, or the engine's answer if it refuses the password. */
  static async open(address: EngineAddress): Promise<Connection> {
    const client = open(address);
    // An error ends the connection, and rejects the commands on it.
    client.on("error", () => {});
    try {
      await within(address.timeout, client.connect());
      const info = String(await within(address.timeout, client.sendCommand(["INFO", "server"])));
      return new Connection(client, address.timeout, /^run_id:(\S+)/m.exec(info)?.[1] ?? "");
    } catch (error) {
      client.destroy();
      throw translate(error);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends one command. `extraTime`: milliseconds for which the engine may hold its answer back. */
  async send(command: readonly Argument[], extraTime = 0): Promise<Reply> {
    if (this.#isClosed) throw new EngineUnreachable("The connection to the engine is closed.");
    try {
      return await within<Reply>(this.#timeout + extraTime, this.#client.sendCommand([...command], bytes));
    } catch (error) {
      const reason = translate(error);
      if (reason instanceof EngineUnreachable) this.close();
      throw reason;
    }
  }

  /** Runs a script. The engine is given its text where it does not have it yet. */
  async execute(script: Script, keys: readonly string[], values: readonly Argument[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...values];
    try {
      return await this.send(["EVALSHA", script.sha, ...rest]);
    } catch (error) {
      // Nothing was run: an unknown script is refused before anything else.
      if (!(error instanceof ErrorReply) || !error.message.startsWith("NOSCRIPT")) throw error;
      return this.send(["EVAL", script.text, ...rest]);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#client.destroy();
  }
}

function open({ url, password, ca, timeout }: EngineAddress) {
  const { protocol, username, password: ownPassword, hostname, port, pathname } = new URL(url);
  const isEncrypted = protocol === "valkeys:" || protocol === "rediss:";
  const database = Number(pathname.slice(1) || 0);
  return createClient({
    socket: {
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || 6379),
      connectTimeout: timeout,
      reconnectStrategy: false,
      ...(isEncrypted && { tls: true as const, ...(ca !== undefined && { ca }) }),
    },
    ...(username && { username: decodeURIComponent(username) }),
    ...((password ?? ownPassword) && { password: password ?? decodeURIComponent(ownPassword) }),
    ...(database > 0 && { database }),
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
  });
}

async function within<T>(ms: number, promise: Promise<unknown>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EngineUnreachable(`The engine gave no answer within ${ms} ms.`)), ms);
  });
  // It is left behind after the timeout.
  promise.catch(() => {});
  try {
    // Safe: the engine answers in the types that `bytes` asks for.
    return (await Promise.race([promise, timeout])) as T;
  } finally {
    clearTimeout(timer);
  }
}

function translate(error: unknown): Error {
  if (error instanceof EngineUnreachable) return error;
  if (error instanceof ErrorReply && !TROUBLE.test(error.message)) return error;
  return new EngineUnreachable((error as Error).message, { cause: error });
}
