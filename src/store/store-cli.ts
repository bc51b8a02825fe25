import { existsSync, readFileSync } from "node:fs";
import type { Config } from "../config/index.ts";
import type { ErasedClient } from "./lasting/erase-client.ts";
import { checkPostgres } from "./postgres/layout.ts";
import { eraseFromPostgres, noteRestored } from "./postgres/postgres-command.ts";
import { createSeal } from "./sealed/seal.ts";
import { eraseFromFile, noteFileRestored } from "./sqlite/sqlite-command.ts";
import { createSqliteFile } from "./sqlite/sqlite-file.ts";
import { sqliteOptions } from "./sqlite/sqlite-store.ts";
import { reasonOf } from "./sqlite/unusable-store.ts";

const usage = `Works on the store of the gateways. Its settings are theirs: STORE_URL, STORE_KEY, STORE_PASSWORD_FILE and so on.

  npm run store -- forget-client ID    erases what the store has of the client with this Alma id; the gateways are stopped
  npm run store -- restored            says that a backup was put in its place: what it says counts as outdated
`;

/** Milliseconds for one statement: a command is in no hurry. */
const TIMEOUT = 120_000;

type StoreConfig = Pick<
  Config,
  "storeUrl" | "storeKey" | "storePassword" | "storeCaFile" | "storeSchema" | "almaUrl"
>;

/** What the commands do, in one database or another. */
interface StoreCommands {
  eraseClient(id: number): Promise<ErasedClient> | ErasedClient;
  noteRestored(): Promise<void> | void;
}

/** The command `npm run store`. Resolves with its output and exit code. Rejects with what `readConfig` throws. */
export async function runStoreCommand(
  args: readonly string[],
  readConfig: () => StoreConfig,
): Promise<{ readonly text: string; readonly code: 0 | 1 }> {
  const [, id] = /^forget-client ([1-9]\d{0,14})$/.exec(args.join(" ")) ?? [];
  if (id === undefined && args.join(" ") !== "restored")
    return { text: usage, code: args[0] === "--help" ? 0 : 1 };
  const config = readConfig();
  const work = async (commands: StoreCommands) => {
    if (id !== undefined) return describeErased(id, await commands.eraseClient(Number(id)));
    await commands.noteRestored();
    return "What the store has of Alma's records counts as outdated, and history begins anew.\n";
  };
  const { file, postgres } = config.storeUrl;
  if (postgres !== undefined) return onPostgres(postgres, config, work);
  if (file !== undefined && existsSync(file)) return onFile(file, config, work);
  const what = file === undefined ? "nothing that lasts" : `${file}, which does not exist`;
  return { text: `STORE_URL names ${what}: nothing was done.\n`, code: 1 };
}

const keyOf = ({ storeKey }: StoreConfig) => (storeKey === "off" ? undefined : storeKey);

async function onFile(path: string, config: StoreConfig, work: (commands: StoreCommands) => Promise<string>) {
  const file = createSqliteFile(sqliteOptions(path, keyOf(config), config.almaUrl));
  try {
    file.open();
    const commands = {
      eraseClient: (id: number) => file.maintain((database, seal) => eraseFromFile(database, seal, id)),
      noteRestored: () => file.maintain(noteFileRestored),
    };
    return { text: await work(commands), code: 0 as const };
  } catch (error) {
    return { text: `STORE_URL names ${path}, which ${reasonOf(error as Error)}\n`, code: 1 as const };
  } finally {
    file.close();
  }
}

async function onPostgres(
  url: string,
  config: StoreConfig,
  work: (commands: StoreCommands) => Promise<string>,
) {
  const { storePassword: password, storeCaFile, storeSchema: schema, almaUrl } = config;
  const ca = storeCaFile === undefined ? undefined : readFileSync(storeCaFile, "utf8");
  const address = { url, password, ca, schema, timeout: TIMEOUT };
  const seal = createSeal(keyOf(config));
  let reason: unknown;
  const warn = (details: unknown) => {
    reason = (details as { readonly reason?: unknown }).reason;
  };
  try {
    if (!(await checkPostgres(address, { almaUrl, seal }, { warn })))
      return { text: `The database that STORE_URL names does not answer: ${reason}\n`, code: 1 as const };
    const commands = {
      eraseClient: (id: number) => eraseFromPostgres(address, seal, id),
      noteRestored: () => noteRestored(address),
    };
    return { text: await work(commands), code: 0 as const };
  } catch (error) {
    return { text: `${(error as Error).message}\n`, code: 1 as const };
  }
}

const describeErased = (id: string, { records, bitrixIds, changes, keys, jobs }: ErasedClient): string =>
  `Erased of client ${id}: ${records} record, ${bitrixIds} of its Bitrix ids, the values of ${changes} changes, and ${keys} ` +
  `kept idempotency keys, under which a write that is sent again is a new one; ${jobs} jobs that it is part of, whole.\n` +
  "That changes happened is still known, and contracts have its id. What Alma still has of it, the gateway reads again: " +
  "erase it there too. Backups of the store are yours to erase.\n";
