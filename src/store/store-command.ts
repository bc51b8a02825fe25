import { existsSync, readFileSync } from "node:fs";
import { type Config, parseStoreKey } from "../config/index.ts";
import type { ExecutableSchema } from "../graph/index.ts";
import type { SqlSteps } from "./lasting/change-table.ts";
import { type ErasedClient, eraseClient } from "./lasting/erase-client.ts";
import { changeKey, type StoreReport, UnreadableValueError } from "./lasting/stored-values.ts";
import { checkPostgres } from "./postgres/layout.ts";
import { inspectPostgres, maintainPostgres, noteRestored } from "./postgres/postgres-command.ts";
import { createSeal, type Seal } from "./sealed/seal.ts";
import { deleteEntries } from "./sqlite/layout.ts";
import { findFile } from "./sqlite/own-file.ts";
import { containsTexts, inspectStoreFile, maintainFile } from "./sqlite/sqlite-command.ts";
import { createSqliteFile } from "./sqlite/sqlite-file.ts";
import { sqliteOptions } from "./sqlite/sqlite-store.ts";
import { describeUnusable } from "./sqlite/unusable-store.ts";

const usage = `Works on the store of the gateways. Run it in their environment: it needs all of their settings.

  npm run store -- check     tells who owns the store, what it has, and whether all of it can be read; gateways may run
  npm run store -- rekey FILE
                             encrypts the store with the key in FILE, which replaces STORE_KEY; the gateways are stopped
  npm run store -- forget-client ID [--verify]
                             erases what the store has of the client with this Alma id, and lists what it cannot decide;
                             with --verify, fails if any of it is left, in the bytes of a file too; the gateways are stopped
  npm run store -- restored  says that a backup was put in its place: its data counts as outdated
`;

/** The timeout of one statement in milliseconds, long because a command may wait. */
const STATEMENT_TIMEOUT = 120_000;

type Schema = ExecutableSchema["schema"];

/** The parts of a store that the commands use, for both databases. */
interface CommandStore {
  readonly seal: Seal;
  /**
   * Runs steps as one transaction, and removes the replaced data. Throws an Error with a full sentence while the store
   * is in use.
   */
  maintain<T>(steps: SqlSteps<T>): Promise<T> | T;
  /** Returns the files that contain any of these texts, if the store consists of files. */
  searchBytes?(texts: readonly string[]): readonly string[];
  noteRestored(): Promise<void> | void;
}

/** The output of a command and its exit code. */
interface Output {
  readonly text: string;
  readonly code: 0 | 1;
}
/** What a command does; "check" reports the contents. */
type Work = "check" | ((store: CommandStore) => Promise<Output>);

/** Runs the command `npm run store`. Resolves with its output and exit code. Rejects with the error of `readConfig`. */
export async function runStoreCommand(
  args: readonly string[],
  readConfig: () => Config,
  buildSchema: () => Schema,
): Promise<Output> {
  const [, id, verify] = /^forget-client ([1-9]\d{0,14})( --verify)?$/.exec(args.join(" ")) ?? [];
  const [, keyFile] = /^rekey (.+)$/.exec(args.join(" ")) ?? [];
  if (!(id || keyFile || /^(restored|check)$/.test(args.join(" "))))
    return { text: usage, code: args[0] === "--help" ? 0 : 1 };
  const config = readConfig();
  const { file, postgres } = config.storeUrl;
  if (postgres === undefined && (file === undefined || !existsSync(file))) {
    const what = file === undefined ? "nothing that lasts" : `${file}, which does not exist`;
    return { text: `STORE_URL names ${what}: nothing was done.\n`, code: 1 };
  }
  let work: Work = "check";
  if (id !== undefined) work = eraseWith(id, verify !== undefined, buildSchema);
  else if (keyFile !== undefined) work = rekeyWith(keyFile);
  else if (args[0] === "restored") work = noteRestoredIn;
  return postgres === undefined ? onFile(`${file}`, config, work) : onPostgres(postgres, config, work);
}

async function noteRestoredIn(store: CommandStore): Promise<Output> {
  await store.noteRestored();
  const text = "The stored records count as outdated, and history starts again.\n";
  return { text, code: 0 };
}

const eraseWith =
  (id: string, verifies: boolean, buildSchema: () => Schema): Work =>
  async (store) => {
    const erased = await store.maintain(eraseClient(store.seal, Number(id), buildSchema()));
    const places = verifies ? [...erased.left, ...(store.searchBytes?.(erased.texts) ?? [])] : erased.left;
    return {
      text: describeErased(id, { ...erased, left: places }),
      code: verifies && places.length > 0 ? 1 : 0,
    };
  };

const rekeyWith =
  (keyFile: string): Work =>
  async (store) => {
    const key = existsSync(keyFile) ? parseStoreKey(readFileSync(keyFile, "utf8").trim()) : undefined;
    if (!key)
      return {
        text: `${keyFile} has no key of 32 bytes. Make one: openssl rand -hex 32 > ${keyFile}\n`,
        code: 1,
      };
    if (!store.seal.isEncrypted) {
      const text =
        "The store is not encrypted, and what SQL reads in it would stay: start with a new store and STORE_KEY.\n";
      return { text, code: 1 };
    }
    await store.maintain(changeKey(store.seal, createSeal(key)));
    const text = `The store is encrypted with the key in ${keyFile}: set STORE_KEY to it. Backups have the old key.\n`;
    return { text, code: 0 };
  };

const describe = ({ lines, isSound }: StoreReport): Output => ({
  text: `${lines.join("\n")}\n`,
  code: isSound ? 0 : 1,
});

async function onFile(path: string, config: Config, work: Work): Promise<Output> {
  const options = sqliteOptions(path, config.storeKey, config.almaUrl);
  const seal = createSeal(config.storeKey);
  const file = createSqliteFile(options);
  try {
    if (work === "check") return describe(inspectStoreFile(findFile(path), { ...options, seal }));
    file.open();
    return await work({
      seal,
      maintain: (steps) => file.maintain((database) => maintainFile(database, steps)),
      searchBytes: (texts) =>
        [path, `${path}-wal`].filter((part) => existsSync(part) && containsTexts(part, texts)),
      noteRestored: () => file.maintain(deleteEntries),
    });
  } catch (error) {
    if (error instanceof UnreadableValueError) return { text: `${error.message}\n`, code: 1 };
    return { text: `STORE_URL names ${path}, which ${describeUnusable(error as Error)}\n`, code: 1 };
  } finally {
    file.close();
  }
}

async function onPostgres(url: string, config: Config, work: Work): Promise<Output> {
  const { storePassword: password, storeCaFile, storeSchema: schema, almaUrl } = config;
  const ca = storeCaFile === undefined ? undefined : readFileSync(storeCaFile, "utf8");
  const address = { url, password, ca, schema, timeout: STATEMENT_TIMEOUT };
  const seal = createSeal(config.storeKey);
  let reason: unknown;
  const warn = (details: unknown) => {
    reason = (details as { readonly reason?: unknown }).reason;
  };
  try {
    if (work === "check") return describe(await inspectPostgres(address, { almaUrl, seal }));
    if (!(await checkPostgres(address, { almaUrl, seal }, { warn })))
      return { text: `The database that STORE_URL names does not answer: ${reason}\n`, code: 1 };
    return await work({
      seal,
      maintain: (steps) => maintainPostgres(address, steps),
      noteRestored: () => noteRestored(address),
    });
  } catch (error) {
    return { text: `${(error as Error).message}\n`, code: 1 };
  }
}

/** The maximum number of locations listed. */
const MAX_PLACES = 50;

function describeErased(
  id: string,
  { records, bitrixIds, changes, keys, jobs, jobRows, left }: ErasedClient,
) {
  const places = left.slice(0, MAX_PLACES).map((place) => `  ${place}\n`);
  if (left.length > MAX_PLACES) places.push(`  and ${left.length - MAX_PLACES} more\n`);
  const rest =
    left.length === 0
      ? ""
      : `Its values are also in these places, where they may be someone else's:\n${places.join("")}`;
  return (
    `Erased of client ${id}: ${records} record, ${bitrixIds} of its Bitrix ids, the values of ${changes} changes, ${keys} ` +
    `idempotency keys (a write sent again under one is new), and ${jobRows} rows of jobs, ${jobs} of these jobs completely.\n` +
    "History still shows that changes happened, and contracts have its id. Erase it in Alma too, or the gateway reads it " +
    `again. Erase backups of the store yourself.\n${rest}`
  );
}
