import { writeFileSync } from "node:fs";
import { printSchema } from "graphql";
import { schema } from "./sdl.ts";

/** Publishes the schema: `npx tsx test/schema/publish.ts`. From then on, a test rejects changes that break clients. */
const text = printSchema(schema).replace(/^\s*"""[\s\S]*?"""\n/gm, "");
writeFileSync(new URL("published.graphql", import.meta.url), text);
