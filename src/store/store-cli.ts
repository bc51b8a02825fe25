import { existsSync, readFileSync } from "node:fs";
import type { Config } from "../config/index.ts";
import type { ExecutableSchema } from "../graph/index.ts";
import type { ErasedClient } from "./lasting/erase-client.ts";
import { checkPostgres } from "./postgres/layout.ts";
import { eraseFromPostgres, noteRestored } from "./postgres/postgres-command.ts";
import { createSeal } from "./sealed/seal.ts";
import { eraseFromFile, hasBytes, noteFileRestored } from "./sqlite/sqlite-command.ts";
import { createSqliteFile } from "./sqlite/sqlite-file.ts";
import { sqliteOptions } from "./sqlite/sqlite-store.ts";
import { reasonOf } from "./sqlite/unusable-store.ts";

const usage = `Works on the store of the gateways. Its settings are theirs: STORE_URL, STORE_KEY, STORE_PASSWORD_FILE and so on.

  npm run store -- forget-client ID [--verify]
                             erases what the store has of the client with this Alma id, and lists what it cannot decide;
                             with --verify, fails if any of it is left, in the bytes of a file too; the gateways are stopped
  npm run store -- restored  says that a backup was put in its place: what it says counts as outdated
`;

/** Milliseconds for one statement: a command is in no hurry. */
const TIMEOUT = 120_000;

type StoreConfig = Pick<
  Config,
  "storeUrl" | "storeKey" | "storePassword" | "storeCaFile" | "storeSchema" | "almaUrl"
>;

type Schema = ExecutableSchema["schema"];

/** What the commands do, in one database or another. */
interface StoreCommands {
  eraseClient(id: number): Promise<ErasedClient> | ErasedClient;
  /** The files that have any of these texts, where the store is of files. */
  searchBytes?(texts: readonly string[]): readonly string[];
  noteRestored(): Promise<void> | void;
}

/** What a command prints, and its exit code. */
interface Output {
  readonly text: string;
  readonly code: 0 | 1;
}
type Work = (commands: StoreCommands) => Promise<Output>;

/** The command `npm run store`. Resolves with its output and exit code. Rejects with what `readConfig` throws. */
export async function runStoreCommand(
  args: readonly string[],
  readConfig: () => StoreConfig,
  buildSchema: () => Schema,
): Promise<Output> {
  const [, id, verify] = /^forget-client ([1-9]\d{0,14})( --verify)?$/.exec(args.join(" ")) ?? [];
  if (id === undefined && args.join(" ") !== "restored")
    return { text: usage, code: args[0] === "--help" ? 0 : 1 };
  const config = readConfig();
  const work: Work = async (commands) => {
    if (id === undefined) {
      await commands.noteRestored();
      return {
        text: "What the store has of Alma's records counts as outdated, and history begins anew.\n",
        code: 0,
      };
    }
    const erased = await commands.eraseClient(Number(id));
    const places = verify ? [...erased.left, ...(commands.searchBytes?.(erased.texts) ?? [])] : erased.left;
    return {
      text: describeErased(id, { ...erased, left: places }),
      code: verify && places.length > 0 ? 1 : 0,
    };
  };
  const { file, postgres } = config.storeUrl;
  if (postgres !== undefined) return onPostgres(postgres, config, buildSchema, work);
  if (file !== undefined && existsSync(file)) return onFile(file, config, buildSchema, work);
  const what = file === undefined ? "nothing that lasts" : `${file}, which does not exist`;
  return { text: `STORE_URL names ${what}: nothing was done.\n`, code: 1 };
}

const keyOf = ({ storeKey }: StoreConfig) => (storeKey === "off" ? undefined : storeKey);

async function onFile(
  path: string,
  config: StoreConfig,
  buildSchema: () => Schema,
  work: Work,
): Promise<Output> {
  const file = createSqliteFile(sqliteOptions(path, keyOf(config), config.almaUrl));
  try {
    file.open();
    const commands = {
      eraseClient: (id: number) =>
        file.maintain((database, seal) => eraseFromFile(database, seal, id, buildSchema())),
      searchBytes: (texts: readonly string[]) =>
        [path, `${path}-wal`].filter((part) => existsSync(part) && hasBytes(part, texts)),
      noteRestored: () => file.maintain(noteFileRestored),
    };
    return await work(commands);
  } catch (error) {
    return { text: `STORE_URL names ${path}, which ${reasonOf(error as Error)}\n`, code: 1 };
  } finally {
    file.close();
  }
}

async function onPostgres(
  url: string,
  config: StoreConfig,
  buildSchema: () => Schema,
  work: Work,
): Promise<Output> {
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
      return { text: `The database that STORE_URL names does not answer: ${reason}\n`, code: 1 };
    const commands = {
      eraseClient: (id: number) => eraseFromPostgres(address, seal, id, buildSchema()),
      noteRestored: () => noteRestored(address),
    };
    return await work(commands);
  } catch (error) {
    return { text: `${(error as Error).message}\n`, code: 1 };
  }
}

/** The most places that are listed. */
const MAX_PLACES = 50;

function describeErased(
  id: string,
  { records, bitrixIds, changes, keys, jobs, jobRows, left }: ErasedClient,
): string {
  const places = left.slice(0, MAX_PLACES).map((place) => `  ${place}\n`);
  if (left.length > MAX_PLACES) places.push(`  and ${left.length - MAX_PLACES} more\n`);
  const rest =
    left.length === 0
      ? ""
      : `Its values are also in these places, where they may be someone else's:\n${places.join("")}`;
  return (
    `Erased of client ${id}: ${records} record, ${bitrixIds} of its Bitrix ids, the values of ${changes} changes, ${keys} kept ` +
    `idempotency keys, under which a write that is sent again is a new one, and ${jobRows} rows of jobs, ${jobs} jobs whole.\n` +
    "That changes happened is still known, and contracts have its id. What Alma still has of it, the gateway reads again: " +
    `erase it there too. Backups of the store are yours to erase.\n${rest}`
  );
}
