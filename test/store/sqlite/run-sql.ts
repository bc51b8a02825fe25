import { createRequire } from "node:module";

type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

/** Runs SQL on a file with the library of the gateway, beside a gateway that may have it open. */
export function runSql(path: string, ...statements: string[]): Row[] {
  const require = createRequire(import.meta.url);
  const { DatabaseSync } = require(
    process.versions.node.startsWith("20") ? "@photostructure/sqlite" : "node:sqlite",
  );
  const database = new DatabaseSync(path);
  try {
    return statements.flatMap((sql) => database.prepare(sql).all());
  } finally {
    database.close();
  }
}
