import { hash } from "node:crypto";
import { z } from "zod";

const apolloManifest = z.object({
  format: z.literal("apollo-persisted-query-manifest"),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string().min(1) })),
});
const plainManifest = z.record(z.string().min(1), z.string().min(1));

/**
 * Parses a manifest: the documents of a client, extracted at build time as `{ id: document }`, as written by codegen's
 * client preset and relay-compiler, or as Apollo's `{ format, operations: [{ id, body }] }`. Throws an Error that says
 * what is wrong.
 */
export function parseManifest(json: string) {
  const byId = new Map<string, string>();
  for (const [id, text] of parseEntries(json)) {
    const existing = byId.get(stripHashPrefix(id));
    if (existing !== undefined && existing !== text)
      throw new Error(`The manifest has two documents with the id ${id}.`);
    byId.set(stripHashPrefix(id), text);
  }
  const texts = new Set(byId.values());
  for (const text of texts) byId.set(hash("sha256", text, "hex"), text);
  return {
    /** Returns the text of a document by its id or hexadecimal SHA-256, with or without `sha256:`. */
    find: (id: string) => byId.get(stripHashPrefix(id)),
    /** Returns whether one of its documents has exactly this text. */
    has: (text: string) => texts.has(text),
    size: texts.size,
  };
}

export type PersistedManifest = ReturnType<typeof parseManifest>;

function parseEntries(json: string): readonly (readonly [string, string])[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`The manifest is not JSON: ${(error as Error).message}.`);
  }
  const operations = apolloManifest.safeParse(value);
  if (operations.success) return operations.data.operations.map(({ id, body }) => [id, body]);
  const documents = plainManifest.safeParse(value);
  if (documents.success) return Object.entries(documents.data);
  throw new Error("The manifest is neither JSON of id to document nor an apollo-persisted-query-manifest.");
}

const stripHashPrefix = (id: string) => (id.startsWith("sha256:") ? id.slice("sha256:".length) : id);
