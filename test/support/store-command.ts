import { runStoreCommand as run } from "../../src/store/index.ts";
import { letFilesClose } from "../store/sqlite/folder.ts";
import { executableSchema } from "./schema.ts";

/** The command `npm run store`, with the schema of all capabilities. */
export async function runStoreCommand(args: readonly string[], readConfig: Parameters<typeof run>[1]) {
  const told = await run(args, readConfig, () => executableSchema().schema);
  // As at the end of its process.
  await letFilesClose();
  return told;
}
