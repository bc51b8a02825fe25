import { runStoreCommand as run } from "../../src/store/index.ts";
import { executableSchema } from "./schema.ts";

/** The command `npm run store`, with the schema of all capabilities. */
export const runStoreCommand = (args: readonly string[], readConfig: Parameters<typeof run>[1]) =>
  run(args, readConfig, () => executableSchema().schema);
