import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GraphQLError } from "graphql";
import { inPackage } from "../../config/index.ts";
import { ReportFault } from "../../report/index.ts";
import { type Import, type ImportRules, parseImport } from "./import.ts";

/** The imports that come with the gateway. */
const shippedFolder = fileURLToPath(inPackage("imports"));
const ENDING = ".graphql";

/** The names of the documents in a folder, the shipped one without a path. Throws what the file system throws. */
export const listImports = (folder: string = shippedFolder): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length));

/** Reads every document of a folder, in their order. `refuse` is told of those that cannot be imports, and why. */
export function loadImports(
  rules: ImportRules,
  folder: string = shippedFolder,
  refuse: (name: string, fault: string) => void,
): readonly Import[] {
  const read: Import[] = [];
  for (const name of listImports(folder))
    try {
      read.push(parseImport(name, readFileSync(join(folder, name + ENDING), "utf8"), rules));
    } catch (error) {
      if (!(error instanceof ReportFault || error instanceof GraphQLError)) throw error;
      refuse(name, error.message);
    }
  return read.sort((one, other) => (one.order ?? Infinity) - (other.order ?? Infinity));
}
