import { existsSync } from "node:fs";
import type { Config } from "../config/index.ts";
import { SqliteFile } from "./sqlite/sqlite-file.ts";
import { sqliteOptions } from "./sqlite/sqlite-store.ts";
import { reasonOf } from "./sqlite/unusable-store.ts";

const usage = `Works on the store of a gateway that is stopped. Its settings are the gateway's: STORE_URL=sqlite:FILE, STORE_KEY.

  npm run store -- forget-client ID    erases what the store has of the client with this Alma id
`;

/** The command `npm run store`. Returns its output and exit code. */
export function runStoreCommand(
  [command, id = "", ...rest]: readonly string[],
  { storeUrl, storeKey, almaUrl }: Pick<Config, "storeUrl" | "storeKey" | "almaUrl">,
): { readonly text: string; readonly code: 0 | 1 } {
  if (command !== "forget-client" || !/^[1-9]\d{0,14}$/.test(id) || rest.length > 0)
    return { text: usage, code: command === "--help" ? 0 : 1 };
  const path = storeUrl.file;
  if (path === undefined || !existsSync(path))
    return {
      text: `STORE_URL names ${path ? `${path}, which does not exist` : "no file"}: nothing is erased.\n`,
      code: 1,
    };
  const file = new SqliteFile(sqliteOptions(path, storeKey === "off" ? undefined : storeKey, almaUrl));
  try {
    file.open();
    const { records, bitrixIds, changes, keys } = file.eraseClient(Number(id));
    return {
      text:
        `Erased of client ${id}: ${records} record, ${bitrixIds} of its Bitrix ids, the values of ${changes} changes, and ${keys} ` +
        "kept idempotency keys, under which a write that is sent again is a new one.\n" +
        "That changes happened is still known, and contracts have its id. What Alma still has of it, the gateway reads again: " +
        "erase it there too. Backups of the file are yours to erase.\n",
      code: 0,
    };
  } catch (error) {
    return { text: `STORE_URL names ${path}, which ${reasonOf(error as Error)}\n`, code: 1 };
  } finally {
    file.close();
  }
}
