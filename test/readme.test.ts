import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isEnumType, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { errorCodes } from "../src/alma/http/errors.ts";
import { capabilities } from "../src/capabilities.ts";
import { settingsOf } from "../src/compose.ts";
import type { Setting } from "../src/config/setting-schema.ts";
import { settings } from "../src/config/settings.ts";
import { queries } from "./bench/query.ts";
import { portfolio } from "./independent/alma/portfolio.ts";
import { rowsOf } from "./independent/read/calls.ts";
import { schema } from "./schema/sdl.ts";
import { metricNames } from "./support/metrics.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const namesIn = (folder: string): string[] => readdirSync(join(root, folder));
/** The README files of `src`, of its capabilities, and of the simulator. */
const readmes = [
  ...namesIn("src").map((name) => `src/${name}/README.md`),
  ...namesIn("src/capabilities").map((name) => `src/capabilities/${name}/README.md`),
  "simulator/README.md",
].filter((name) => existsSync(join(root, name)));
const pages = [
  ...[...namesIn("."), ...namesIn("docs").map((name) => `docs/${name}`)].filter((name) =>
    name.endsWith(".md"),
  ),
  ...readmes,
];
const textOf = (page: string): string => readFileSync(join(root, page), "utf8");
/** A page without its code blocks. */
const proseOf = (page: string): string => textOf(page).replaceAll(/^```[\s\S]*?^```$/gm, "");
const blocksOf = (page: string, language: string): string[] =>
  [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block]) => block ?? "",
  );
/** The first cell of every row of every table, without backquotes. */
const firstCells = (text: string): string[] =>
  [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell]) => cell ?? "");

const row = ({ name, defaultDescription: byDefault, description: effect }: Setting<unknown>): string =>
  `| \`${name}\` | ${byDefault} | ${effect} |`;

/** A heading's anchor in rendered Markdown. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));

test("the table of settings is generated from their declarations; `npx vitest run -u` writes it", async () => {
  const table = Object.values<Setting<unknown>>({ ...settings, ...settingsOf(capabilities) })
    .map(row)
    .join("\n");
  const [head] = textOf("docs/settings.md").split("| setting |");
  await expect(`${head}| setting | default | effect |\n| --- | --- | --- |\n${table}\n`).toMatchFileSnapshot(
    join(root, "docs/settings.md"),
  );
});

test("each dependency has a row with a reason, and no other package has one", () => {
  const { dependencies, optionalDependencies, devDependencies } = JSON.parse(textOf("package.json"));
  const [forUse, forDevelopment] = textOf("docs/dependencies.md").split("## For development");
  expect(firstCells(forUse ?? "")).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).sort());
  expect(firstCells(forDevelopment ?? "")).toEqual(Object.keys(devDependencies));
});

test("each of the gateway's metrics is in the table, and no others", () => {
  const chapter = textOf("docs/monitoring.md").split("## Metrics")[1]?.split("\n## ")[0] ?? "";
  const own = metricNames().filter((name) => name.startsWith("alma_gateway_"));
  expect(firstCells(chapter).sort()).toEqual([...own].sort());
});

test("each error code of writes is in the table, in the schema's order", () => {
  const codes = schema.getType("UserErrorCode");
  if (!isEnumType(codes)) throw new Error("UserErrorCode is no enum.");
  const table = textOf("docs/writing.md").split("\nThe codes:")[1]?.split("\n## ")[0] ?? "";
  expect(firstCells(table)).toEqual(codes.getValues().map(({ name }) => name));
});

test("each error code of the gateway is in the table of errors", () => {
  const table = textOf("docs/errors.md").split("\n“200 or 400”")[0] ?? "";
  const told = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => cell.match(/\w+/g) ?? []);
  const server = readdirSync(join(root, "src/server"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => textOf(`src/server/${name}`));
  // As an error code, a status code, or an answer's code.
  const written =
    /(?:code:|createErrorBody\(|sendError\(reply,|createUploadError\(\d+,|\b[45]\d\d[,:])\s*"([A-Z_]+)"/g;
  const given = [
    ...server.flatMap((text) => [...text.matchAll(written)].map(([, code = ""]) => code)),
    ...Object.keys(errorCodes),
  ];
  expect(given.length).toBeGreaterThan(20);
  const ofWrites = firstCells(textOf("docs/writing.md"));
  expect(given.filter((code) => !told.includes(code) && !ofWrites.includes(code))).toEqual([]);
});

test("each row of the calls table is a query that the tests of calls measure", () => {
  const measured = rowsOf(
    portfolio({ units: 100, buildings: 5, rooms: 75, clients: 20, ownerContracts: 5, tenantContracts: 20 }),
  );
  const chapter = textOf("docs/performance.md").split("## Calls to Alma")[1]?.split("\n## ")[0] ?? "";
  const named = [...chapter.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = ""]) => cell).slice(2);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !measured.some((row) => row.name === name))).toEqual([]);
});

test("each row of the bench's table is a query that the bench asks", () => {
  const chapter = textOf("docs/performance.md").split("## The bench")[1] ?? "";
  const named = [...chapter.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = ""]) => cell).slice(2);
  expect(named).toEqual(Object.keys(queries));
});

test("the README has at most 120 lines", () => {
  expect(textOf("README.md").split("\n").length).toBeLessThanOrEqual(121);
});

describe.each(pages)("%s", (page) => {
  test("has only valid queries", () => {
    const faults = blocksOf(page, "graphql").flatMap((block) =>
      validate(schema, parse(block)).map(({ message }) => message),
    );
    // Relay's compiler removes its own directives and its added field before it sends a document.
    const ofRelay = /^Unknown directive "@(connection|prependNode|deleteEdge)"|^Cannot query field "__id"/;
    expect(faults.filter((fault) => !ofRelay.test(fault))).toEqual([]);
  });

  test("has only valid JSON", () => {
    for (const block of blocksOf(page, "json")) {
      // Log lines are one JSON object each.
      const objects = block.startsWith('{"') ? block.trim().split("\n") : [block];
      for (const one of objects) expect(() => JSON.parse(one), one).not.toThrow();
    }
  });

  test("names only existing paths of the project", () => {
    const paths = [...proseOf(page).matchAll(/`((?:src\/(?!gql)|test\/|schema\/)[\w./-]*)`/g)].map(
      ([, path = ""]) => path,
    );
    // The page on adding a kind invents one; NAME is a placeholder.
    const isMadeUp = (path: string) => /\/(payment|NAME)\b/.test(path);
    expect(paths.filter((path) => !isMadeUp(path) && !existsSync(join(root, path)))).toEqual([]);
  });

  test("has only working links to files and headings", () => {
    const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
    const dead = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? page : join(dirname(page), file);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(dead).toEqual([]);
  });
});

test.each(readmes)("%s names only existing files of its folder", (page) => {
  const names = [
    ...proseOf(page).matchAll(/`((?!src\/|schema\/|test\/)\w[\w./-]*(?:\.(?:ts|json|graphql)|\/))`/g),
  ];
  const missing = names.filter(([, name = ""]) => !existsSync(join(root, dirname(page), name)));
  expect(missing.map(([, name]) => name)).toEqual([]);
});
