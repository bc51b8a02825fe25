import { fileURLToPath } from "node:url";
import { GraphQLError } from "graphql";
import { codeFolder } from "../../../config/index.ts";
import type { DocumentRules } from "../../../server/index.ts";
import { listDocuments, ReportFault, readFrom } from "../../reports/offer.ts";
import { type Import, parseImport } from "./import.ts";

/** The imports that come with the gateway. */
const shippedFolder = fileURLToPath(new URL("capabilities/imports/documents", codeFolder));

/** The names of the imports in a folder, the shipped one without a path. Throws what the file system throws. */
export const listImports = (folder: string = shippedFolder): string[] => listDocuments(folder);

/** Reads every document of a folder, in their order. `refuse` is told of those that cannot be imports, and why. */
export function loadImports(
  rules: DocumentRules,
  folder: string = shippedFolder,
  refuse: (name: string, fault: string) => void,
): readonly Import[] {
  const read: Import[] = [];
  for (const name of listImports(folder))
    try {
      read.push(parseImport(name, readFrom(folder, name), rules));
    } catch (error) {
      if (!(error instanceof ReportFault || error instanceof GraphQLError)) throw error;
      refuse(name, error.message);
    }
  return read.sort((one, other) => (one.order ?? Infinity) - (other.order ?? Infinity));
}
