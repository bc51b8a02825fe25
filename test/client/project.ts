import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** A frontend's project: a temporary folder that uses this repository's `node_modules`. */
export interface Project {
  readonly folder: string;
  /** Runs a command of `node_modules/.bin`; gives its exit code and all that it printed. */
  run(command: string, ...args: string[]): Promise<{ code: number | null; output: string }>;
  write(file: string, text: string): void;
  remove(): void;
}

/** The clients that docs/frontend.md makes an app with, by the headings of their chapters. */
export const pageClients = ["Apollo Client", "urql", "Relay"] as const;
export type PageClient = (typeof pageClients)[number];
const chapters = [...pageClients, "gql.tada"] as const;
type Chapter = (typeof chapters)[number];

/** The page with the chapters of its own clients and tools alone, and those of everybody. */
const pageOf = (own: readonly Chapter[]): string =>
  readFileSync("docs/frontend.md", "utf8")
    .split(/^(?=##+ )/m)
    .filter((text) => {
      const [heading = ""] = text.startsWith("### ") ? text.split("\n") : [];
      const named = chapters.filter((name) => heading.includes(name));
      return named.length === 0 || named.some((name) => own.includes(name));
    })
    .join("");

/**
 * The files of the app for a client, or with gql.tada, by their paths: each block that begins with its path, and of JSON, which has no
 * comments, each that follows its name.
 */
export function pageFiles(...own: Chapter[]): Record<string, string> {
  const page = pageOf(own);
  const blocks = page.matchAll(/^```\w+\n(?:\/\/|<!--) ([\w./-]+\.\w+)(?: -->)?\n([\s\S]*?)^```$/gm);
  const named = page.matchAll(/`([\w.]+\.json)`:\n\n```json\n([\s\S]*?)^```$/gm);
  return Object.fromEntries([...blocks, ...named].map(([, path = "", text = ""]) => [path, text]));
}

/** The packages that its lines install, with their versions: `["react", "19.3"]`. */
export const pagePackages = (...own: Chapter[]): [string, string][] =>
  [...pageOf(own).matchAll(/^npm install .*$/gm)].flatMap(([line]) =>
    [...line.matchAll(/(\S+)@([\d.]+)/g)].map(([, name = "", version = ""]): [string, string] => [
      name,
      version,
    ]),
  );

/** Makes a project with the schema as the gateway publishes it, in `schema.graphql`, and these files. */
export async function createProject(
  address: string,
  files: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "frontend-"));
  const nodeModules = resolve("node_modules");
  symlinkSync(nodeModules, join(folder, "node_modules"));
  const project: Project = {
    folder,
    run: (command, ...args) =>
      new Promise((done, fail) => {
        const child = spawn(join(nodeModules, ".bin", command), args, { cwd: folder });
        let output = "";
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding("utf8").on("data", (text: string) => {
            output += text;
          });
        }
        child.once("error", fail).once("close", (code) => done({ code, output }));
      }),
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
  project.write("package.json", JSON.stringify({ private: true }));
  project.write("schema.graphql", await (await fetch(`${address}/schema.graphql`, { headers })).text());
  for (const [file, text] of Object.entries(files)) project.write(file, text);
  return project;
}
