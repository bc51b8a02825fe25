// Writes the manifest of persisted documents: each text as urql sends it, by id.
import { writeFileSync } from "node:fs";
import { formatDocument, stringifyDocument } from "@urql/core";
import { createServer } from "vite";

const vite = await createServer({ server: { middlewareMode: true }, appType: "custom", logLevel: "error" });
const documents = Object.values(await vite.ssrLoadModule("/src/documents.ts"));
const { idOf } = await vite.ssrLoadModule("/src/manifest.ts");
const texts = documents.map((document) => stringifyDocument(formatDocument(document)));
const entries = await Promise.all(texts.map(async (text) => [await idOf(text), text]));
writeFileSync("persisted.json", JSON.stringify(Object.fromEntries(entries), null, 2));
await vite.close();
