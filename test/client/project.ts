import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { blocksOf } from "../support/documentation.ts";

/** A frontend's project: a temporary folder that uses this repository's `node_modules`. */
export interface Project {
  readonly folder: string;
  /** Runs a command of `node_modules/.bin`; gives its exit code and all that it printed. */
  run(command: string, ...args: string[]): Promise<{ code: number | null; output: string }>;
  write(file: string, text: string): void;
  remove(): void;
}

/** The files of docs/frontend.md by their paths, each a block that begins with its path. `address`: the gateway's. */
export const pageFiles = (address: string): Record<string, string> =>
  Object.fromEntries(
    blocksOf("docs/frontend.md", "ts").flatMap((text) => {
      const [, path] = /^\/\/ (src\/[\w.-]+)\n/.exec(text) ?? [];
      return path === undefined ? [] : [[path, text.replaceAll("http://127.0.0.1:4000", address)]];
    }),
  );

/** The configuration of codegen on that page. */
export const pageCodegen = (): string =>
  blocksOf("docs/frontend.md", "json").find((block) => block.includes('"client"')) ?? "";

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
