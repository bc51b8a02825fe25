import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { declarations } from "../src/alma/index.ts";

/** The page that says which folders and rooms there are, and in which order. */
const page = readFileSync("docs/architecture.md", "utf8");
/** A folder may import from those to its right. */
const order = [...(/^main\|demo -> (.+)$/m.exec(page)?.[1] ?? "").split(" -> ")];
/** Files beside the folders, which put them together. */
const maxComposing = 8;
/** The rooms of each folder: a file may import from its own room and from those to its right. */
const rooms: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...page.matchAll(/^\| `(?:src\/)?([a-z]+)` \| [^|]+ \| (.*)\|$/gm)].map(([, folder = "", names = ""]) => [
    folder,
    names.trim() === "" ? [] : names.split(" → ").map((name) => name.replaceAll(/[` ]/g, "")),
  ]),
);
/** The names of the files of each kind: `owner-contract`. */
const entities = Object.keys(declarations).map((kind) =>
  kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
);

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const pathsBelow = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name));

const sources: readonly Source[] = [...pathsBelow("src"), ...pathsBelow("simulator")]
  .filter((path) => path.endsWith(".ts") && !path.endsWith("generated.ts"))
  .map((path) => {
    const text = readFileSync(path, "utf8");
    const found = text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g);
    return { path, text, imports: [...found].map(([, name = ""]) => name) };
  });

/** The folders that a file is in, from the outermost of `src` on, or from `simulator`. */
const foldersOf = (path: string): string[] =>
  path
    .replace(/^src\//, "")
    .split("/")
    .slice(0, -1);
const folderOf = (path: string): string | undefined => foldersOf(path)[0];
/** The room that a file is in; undefined for a folder's own files, which are above its rooms. */
const roomOf = (path: string): string | undefined => foldersOf(path)[1];
const stemOf = (path: string): string => path.split("/").at(-1)?.replace(/\.ts$/, "") ?? "";
const targetsOf = ({ path, imports }: Source): string[] =>
  imports.filter((name) => name.startsWith(".")).map((name) => normalize(join(dirname(path), name)));

/** Every import that breaks a rule, as `from -> to`. */
function offences(breaks: (source: Source, target: string) => boolean): string[] {
  return sources.flatMap((source) =>
    targetsOf(source)
      .filter((target) => breaks(source, target))
      .map((target) => `${source.path} -> ${target}`),
  );
}

test("there is something to check, in every folder", () => {
  expect(order).toHaveLength(10);
  for (const folder of [...order, "simulator"]) {
    expect(rooms[folder]?.length, folder).not.toBe(1);
    expect(rooms[folder], folder).toBeDefined();
    expect(sources.filter(({ path }) => folderOf(path) === folder).length, folder).toBeGreaterThan(5);
  }
});

describe("imports", () => {
  test("go one way between folders", () => {
    const wrong = offences(({ path }, target) => {
      const [from, to] = [folderOf(path), folderOf(target)];
      if (from === undefined || from === to) return false;
      if (to === undefined) return true;
      return !order.includes(from) || !order.includes(to) || order.indexOf(to) < order.indexOf(from);
    });
    expect(wrong).toEqual([]);
  });

  test("go one way between the rooms of a folder, and never up to the folder's own files", () => {
    const wrong = offences(({ path }, target) => {
      const [folder, from, to] = [folderOf(path) ?? "", roomOf(path), roomOf(target)];
      if (from === undefined || from === to || folder !== folderOf(target)) return false;
      const inOrder = rooms[folder] ?? [];
      const isGenerated = stemOf(target) === "generated";
      return to === undefined ? !isGenerated : inOrder.indexOf(to) < inOrder.indexOf(from);
    });
    expect(wrong).toEqual([]);
  });

  test("lead to no room without a place in the order", () => {
    const unplaced = sources
      .map(({ path }) => [folderOf(path) ?? "", roomOf(path)] as const)
      .filter(([folder, room]) => room !== undefined && !rooms[folder]?.includes(room));
    expect(unplaced).toEqual([]);
  });

  test("make no circle, those of types included", () => {
    const imports = new Map(sources.map((source) => [source.path, targetsOf(source)]));
    const circles: string[] = [];
    const finished = new Set<string>();
    const follow = (path: string, trail: readonly string[]): void => {
      const start = trail.indexOf(path);
      if (start !== -1) circles.push([...trail.slice(start), path].join(" -> "));
      if (start !== -1 || finished.has(path)) return;
      for (const target of imports.get(path) ?? []) follow(target, [...trail, path]);
      finished.add(path);
    };
    for (const path of imports.keys()) follow(path, []);
    expect(circles).toEqual([]);
  });

  test("enter another folder by its index", () => {
    const wrong = offences(({ path }, target) => {
      const to = folderOf(target);
      const door = stemOf(target) === "index" || (to === "simulator" && path === "src/demo.ts");
      return to !== undefined && folderOf(path) !== to && !door;
    });
    expect(wrong).toEqual([]);
  });

  test("never lead from one entity to another", () => {
    const wrong = offences(
      ({ path }, target) =>
        dirname(path) === dirname(target) &&
        dirname(path).split("/").length === 2 &&
        entities.includes(stemOf(path)) &&
        entities.includes(stemOf(target)),
    );
    expect(wrong).toEqual([]);
  });

  test.each([
    ["undici", ["alma", "server"]],
    ["graphql", ["graph", "server", "report", "import"]],
    ["fastify", ["server", "report", "import", "simulator"]],
    ["@apollo/server", ["graph", "server", "report"]],
    ["pg", ["store"]],
  ])("bring %s only into %s", (library, folders) => {
    const users = sources.filter(({ imports }) =>
      imports.some((name) => name.split("/").slice(0, library.split("/").length).join("/") === library),
    );
    expect(users.length).toBeGreaterThan(0);
    expect(users.map(({ path }) => path).filter((path) => !folders.includes(folderOf(path) ?? ""))).toEqual(
      [],
    );
  });
});

test("the files that put the folders together are few", () => {
  expect(sources.filter(({ path }) => folderOf(path) === undefined).length).toBeLessThanOrEqual(maxComposing);
});

describe("no file", () => {
  const guilty = (pattern: RegExp, except: readonly string[] = []) =>
    sources.filter(({ path, text }) => pattern.test(text) && !except.includes(path)).map(({ path }) => path);

  test("but that of the configuration reads the environment", () => {
    expect(guilty(/process\.env/)).toEqual(["src/config/config.ts"]);
  });

  test("writes to the console", () => {
    expect(guilty(/\bconsole\./)).toEqual([]);
  });

  test("of a query decides the kind of an id but by its context, which notes that the answer rests on it", () => {
    const found = guilty(/store\s*\.\s*findRentalObject/);
    const inQueries = found.filter((path) =>
      /^src\/graph\/(connection|member|resolver|column|argument|[^/]+$)/.test(path),
    );
    // The second notes both kinds as a whole.
    expect(inQueries).toEqual(["src/graph/member/unlisted-records.ts", "src/graph/resolver/context.ts"]);
  });

  test("is without types", () => {
    expect(guilty(/\bas any\b|: any\b|<any>|@ts-ignore|@ts-expect-error|@ts-nocheck/)).toEqual([]);
  });

  test("has more than one idea's length", () => {
    const long = sources.filter(({ text }) => text.split("\n").length > 400).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  test("has a comment wider than 120 columns, which the formatter leaves alone", () => {
    const wide = sources.flatMap(({ path, text }) =>
      text
        .split("\n")
        .filter((line) => line.length > 120 && /^\s*(\/\/|\/?\*)/.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(wide).toEqual([]);
  });

  test("is called after no idea", () => {
    const vague = /(util|helper|common|types|constants|service|manager)s?$/;
    expect(sources.map(({ path }) => path).filter((path) => vague.test(stemOf(path)))).toEqual([]);
  });
});
