import { execFileSync } from "node:child_process";

type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

/** Runs statements, and prints the rows with bytes as hexadecimal texts behind a mark. */
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
 * Runs SQL on a file with the library of the gateway, beside a gateway that may have it open: in a process of its own,
 * as whoever reads the file does, since closing it within this one leaves it open until garbage is collected.
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
