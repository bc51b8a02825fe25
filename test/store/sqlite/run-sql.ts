import { execFileSync } from "node:child_process";

type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

/** Runs statements, and prints the rows, with bytes as marked hexadecimal texts. */
const program = `
const library = process.versions.node.startsWith("20") ? "@photostructure/sqlite" : "node:sqlite";
const [path, ...statements] = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const database = new (require(library).DatabaseSync)(path);
const rows = statements.flatMap((sql) => database.prepare(sql).all());
const asText = (_, value) => value instanceof Uint8Array ? "\\u0001" + Buffer.from(value).toString("hex") : value;
process.stdout.write(JSON.stringify(rows.map((row) => ({ ...row })), asText));
process.removeAllListeners("warning");
`;

/**
 * Runs SQL on a file with the gateway's library, possibly while a gateway has it open. It uses a separate process, as
 * SQL readers do: within this process, a closed file stays open until garbage collection.
 */
export function runSql(path: string, ...statements: string[]): Row[] {
  const run = { input: JSON.stringify([path, ...statements]), maxBuffer: 2 ** 30 };
  const text = execFileSync(process.execPath, ["--no-warnings", "-e", program], run).toString();
  return JSON.parse(text, (_, value) =>
    typeof value === "string" && value.startsWith("\u0001")
      ? new Uint8Array(Buffer.from(value.slice(1), "hex"))
      : value,
  );
}
