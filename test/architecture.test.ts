import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { buildSchema, type DefinitionNode, isTypeDefinitionNode, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { declarations } from "../src/alma/index.ts";
import { capabilities } from "../src/capabilities.ts";
import { constants } from "../src/config/constant.ts";
import { readTypeDefs } from "../src/graph/index.ts";

/** A folder may import from those to its right. */
const order = (/^main\|demo -> (.+)$/m.exec(readFileSync("docs/architecture.md", "utf8"))?.[1] ?? "").split(
  " -> ",
);
/** Files beside the folders, which compose them. */
const maxComposing = 11;
/** The modules of each folder, as its README lists them: a file may import from its own and from those below it. */
const modules: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...order, "simulator"].map((folder) => {
    const page = `${folder === "simulator" ? "" : "src/"}${folder}/README.md`;
    const rows = existsSync(page) ? readFileSync(page, "utf8").matchAll(/^\| `([a-z-]+)` \|/gm) : [];
    return [folder, [...rows].map(([, name = ""]) => name)];
  }),
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

function readSource(path: string): Source {
  const text = readFileSync(path, "utf8");
  const found = text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return { path, text, imports: [...found].map(([, name = ""]) => name) };
}

const sources: readonly Source[] = [...pathsBelow("src"), ...pathsBelow("simulator")]
  .filter((path) => path.endsWith(".ts") && !path.endsWith("generated.ts"))
  .map(readSource);

/** The folders that a file is in, from the outermost of `src` on, or from `simulator`. */
const foldersOf = (path: string): string[] =>
  path
    .replace(/^src\//, "")
    .split("/")
    .slice(0, -1);
const folderOf = (path: string): string | undefined => foldersOf(path)[0];
/** The module that contains a file; undefined for a folder's own files, which are above its modules. */
const moduleOf = (path: string): string | undefined => foldersOf(path)[1];
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

test("every folder has something to check", () => {
  expect(order).toHaveLength(8);
  for (const folder of [...order.filter((name) => name !== "capabilities"), "simulator"]) {
    expect(modules[folder]?.length, folder).not.toBe(1);
    expect(sources.filter(({ path }) => folderOf(path) === folder).length, folder).toBeGreaterThan(5);
  }
});

describe("imports", () => {
  test("go one way between folders", () => {
    const wrong = offences(({ path }, target) => {
      const [from, to] = [folderOf(path), folderOf(target)];
      if (from === undefined || from === to) return false;
      if (to === undefined) return from !== "capabilities" || target !== "src/capability.ts";
      return !order.includes(from) || !order.includes(to) || order.indexOf(to) < order.indexOf(from);
    });
    expect(wrong).toEqual([]);
  });

  test("go one way between the modules of a folder, and never up to the folder's own files", () => {
    const wrong = offences(({ path }, target) => {
      const [folder, from, to] = [folderOf(path) ?? "", moduleOf(path), moduleOf(target)];
      if (from === undefined || from === to || folder !== folderOf(target)) return false;
      if (folder === "capabilities") return false;
      const inOrder = modules[folder] ?? [];
      const isGenerated = stemOf(target) === "generated";
      return to === undefined ? !isGenerated : inOrder.indexOf(to) < inOrder.indexOf(from);
    });
    expect(wrong).toEqual([]);
  });

  test("lead to no module without a place in the order", () => {
    const unplaced = sources
      .map(({ path }) => [folderOf(path) ?? "", moduleOf(path)] as const)
      .filter(([folder]) => folder !== "capabilities")
      .filter(([folder, module]) => module !== undefined && !modules[folder]?.includes(module));
    expect(unplaced).toEqual([]);
  });

  test("form no cycle, including those of types", () => {
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
      const door =
        stemOf(target) === "index" ||
        target === "src/graph/generated.ts" ||
        (to === "simulator" && path === "src/demo.ts") ||
        path === "src/capabilities.ts";
      return to !== undefined && folderOf(path) !== to && !door;
    });
    expect(wrong).toEqual([]);
  });

  test("never connect entities", () => {
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
    ["undici", ["alma", "server", "capabilities"]],
    ["graphql", ["graph", "server", "capabilities"]],
    ["fastify", ["server", "simulator", "capabilities"]],
    ["@apollo/server", ["graph", "server", "capabilities"]],
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

test("few files compose the folders", () => {
  expect(sources.filter(({ path }) => folderOf(path) === undefined).length).toBeLessThanOrEqual(maxComposing);
});

describe("no file", () => {
  const guilty = (pattern: RegExp, except: readonly string[] = []) =>
    sources.filter(({ path, text }) => pattern.test(text) && !except.includes(path)).map(({ path }) => path);

  test("but the configuration reads the environment", () => {
    expect(guilty(/process\.env/)).toEqual(["src/config/config.ts"]);
  });

  test("writes to the console", () => {
    expect(guilty(/\bconsole\./)).toEqual([]);
  });

  test("of a query decides the kind of an id except through its context, which notes it in the answer's basis", () => {
    const found = guilty(/store\s*\.\s*findRentalObject/);
    const inQueries = found.filter((path) => /^src\/graph\/(?!input|mutation|write)/.test(path));
    // All but the context note both kinds: labels and unlisted records themselves, groups by following links.
    expect(inQueries).toEqual([
      "src/graph/group/contract-group.ts",
      "src/graph/group/label.ts",
      "src/graph/group/rental-object-group.ts",
      "src/graph/member/unlisted-records.ts",
      "src/graph/resolver/context.ts",
    ]);
  });

  test("is without types", () => {
    expect(guilty(/\bas any\b|: any\b|<any>|@ts-ignore|@ts-expect-error|@ts-nocheck/)).toEqual([]);
  });

  test("is longer than one idea", () => {
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

  test("has a name without meaning", () => {
    const vague = /(util|helper|common|types|constants|service|manager)s?$/;
    expect(sources.map(({ path }) => path).filter((path) => vague.test(stemOf(path)))).toEqual([]);
  });
});

describe("capabilities", () => {
  const inCapability = ({ path }: Source) => folderOf(path) === "capabilities";
  const composed = ["src/capabilities.ts", "src/demo.ts"];
  const core = sources.filter(
    (source) => !inCapability(source) && source.path.startsWith("src/") && !composed.includes(source.path),
  );
  const names = capabilities.map(({ name }) => name);
  /** A capability and the capabilities it requires. */
  const withRequired = (name: string): readonly string[] => {
    const { requires = [] } = capabilities.find((one) => one.name === name) ?? {};
    return [name, ...requires.flatMap(withRequired)];
  };
  /** The SDL of a capability. */
  const sdlOf = (name: string): readonly DefinitionNode[] =>
    existsSync(`schema/${name}`)
      ? readdirSync(`schema/${name}`).flatMap(
          (file) => parse(readFileSync(`schema/${name}/${file}`, "utf8")).definitions,
        )
      : [];

  test("have a folder with a README, and a line", () => {
    const folders = readdirSync("src/capabilities");
    expect([...names].sort()).toEqual(folders.sort());
    expect(folders.filter((name) => !existsSync(`src/capabilities/${name}/README.md`))).toEqual([]);
    const [list] = sources.filter(({ path }) => path === "src/capabilities.ts");
    const imported = [...(list?.text.matchAll(/import (.*) from "(.*)";/g) ?? [])];
    const isOneName = ([, what = "", from = ""]: readonly string[]) =>
      /^\{ \w+ \}$/.test(what) && from.endsWith("/index.ts");
    expect(imported.filter((line) => !isOneName(line) && !line.includes("./capability.ts"))).toEqual([]);
  });

  test("are imported only by their list", () => {
    const wrong = core.flatMap((source) =>
      targetsOf(source).filter((target) => target.startsWith("src/capabilities/")),
    );
    expect(wrong).toEqual([]);
  });

  test("declare the constants that only they read", () => {
    const readers = core.filter(({ path }) => path !== "src/config/constant.ts");
    const unread = Object.keys(constants).filter(
      (key) => !readers.some(({ text }) => new RegExp(`\\b${key}\\b`).test(text)),
    );
    expect(unread).toEqual([]);
  });

  test("and the core show no constant to callers as if it were a setting", () => {
    const keys = [constants, ...capabilities.map((capability) => capability.constants ?? {})].flatMap(
      Object.keys,
    );
    const names = keys.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
    const shown = new RegExp(`(?:\\(|of )(?:${names.join("|")})\\)`, "g");
    const wrong = sources.flatMap(({ path, text }) =>
      [...text.replace(/^ *(?:\/?\*|\/\/).*$/gm, "").matchAll(shown)].map(([name]) => `${path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test("import from each other only the api of those they require", () => {
    const wrong = offences((source, target) => {
      const [from = "", to] = [moduleOf(source.path), moduleOf(target)];
      if (!inCapability(source) || folderOf(target) !== "capabilities" || from === to) return false;
      const { requires = [] } = capabilities.find(({ name }) => name === from) ?? {};
      return stemOf(target) !== "api" || !requires.includes(to ?? "");
    });
    expect(wrong).toEqual([]);
  });

  test("have tests of their own: one of several stands in test/together, and the core's need none", () => {
    const tests = pathsBelow("test").filter(
      (path) => /\.tsx?$/.test(path) && !path.startsWith("test/together/"),
    );
    const ownerOf = (path: string) => /^(?:src\/capabilities|test)\/([^/]+)\//.exec(path)?.[1] ?? "";
    const wrong = tests.flatMap((path) => {
      const usable = withRequired(ownerOf(path));
      return targetsOf(readSource(path))
        .filter((target) => names.includes(ownerOf(target)) && !usable.includes(ownerOf(target)))
        .map((target) => `${path} -> ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test("add SDL that neither the core nor unrelated capabilities need", () => {
    expect(() => buildSchema(readTypeDefs([]))).not.toThrow();
    for (const name of names) expect(() => buildSchema(readTypeDefs(withRequired(name)))).not.toThrow();
  });

  test.each(names)("%s is not named by the core", (name) => {
    const own = sources.filter(({ path }) => path.startsWith(`src/capabilities/${name}/`));
    const { settings = {}, constants = {} } =
      capabilities.find((capability) => capability.name === name) ?? {};
    const routes = own.flatMap(({ text }) =>
      [...text.matchAll(/(?:url: |app\.\w+\()"(\/[\w/-]*\w)/g)].map(([, path = ""]) => path),
    );
    const sdl = sdlOf(name);
    const types = sdl.flatMap((node) =>
      "name" in node && isTypeDefinitionNode(node) ? [node.name.value] : [],
    );
    const directives = sdl.flatMap((node) => (node.kind === "DirectiveDefinition" ? [node.name.value] : []));
    const words = [
      ...Object.values(settings).map((setting) => `\\b${setting.name}\\b`),
      ...Object.keys(constants).map((key) => `\\b${key}\\b`),
      ...routes.map((path) => `"${path}\\b`),
      ...directives.map((directive) => `@${directive}\\b`),
    ];
    const fromGenerated = (text: string) =>
      /import type \{([^}]*)\} from "[^"]*generated\.ts"/.exec(text)?.[1]?.match(/\w+/g) ?? [];
    const named = core.flatMap(({ path, text }) => [
      ...words.filter((word) => new RegExp(word).test(text)).map((word) => `${path}: ${word}`),
      ...fromGenerated(text)
        .filter((type) => types.includes(type.replace(/Resolvers$/, "")))
        .map((type) => `${path}: ${type}`),
    ]);
    expect(named).toEqual([]);
  });
});
