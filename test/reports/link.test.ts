import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { createReadLink } from "../../src/capabilities/reports/read-link.ts";
import { parseApiKeys } from "../../src/server/access/api-key.ts";
import { createDocumentRules } from "../../src/server/index.ts";
import { runKeyCommand } from "../../src/server/key-command.ts";
import { executableSchema } from "../support/schema.ts";

const limits = { maxAliases: Infinity, maxTokens: Infinity };
const rules = () => createDocumentRules(executableSchema().schema, limits);

describe("a link", () => {
  const keyFile = join(mkdtempSync(join(tmpdir(), "key-")), "keys.json");
  const run = (...args: string[]) => runKeyCommand(args, keyFile, [createReadLink(undefined, rules)]);
  const { text: made } = run("--name", "sheets", "--scopes", "read,personal,write");
  const prefix = /almagw_(\w{8})_/.exec(made)?.[1] as string;
  const linkIn = (text: string) => /almalink_\w{8}_[\w-]{43}/.exec(text)?.[0] as string;
  const find = (link: string, now = Date.now()) => {
    vi.useFakeTimers({ toFake: ["Date"], now });
    try {
      return parseApiKeys(readFileSync(keyFile, "utf8")).findLink(link);
    } finally {
      vi.useRealTimers();
    }
  };

  test("is created for a key, shown once with its address, stored as its hash, listed and revoked", () => {
    const { code, text } = run(
      "--link",
      "https://gw.example/reports/rent-roll.csv?on=today+90d&_locale=de",
      "--key",
      prefix,
    );
    const link = linkIn(text);
    expect(code).toBe(0);
    expect(text).toContain(`\nhttps://gw.example/links/${link}/rent-roll.csv\n`);
    expect(readFileSync(keyFile, "utf8")).not.toContain(link.slice(18));
    const opened = { file: "rent-roll.csv", query: "on=today+90d&_locale=de" };
    expect(find(link)).toMatchObject({ ...opened, caller: { name: "sheets", scopes: new Set(["READ"]) } });
    const days = (count: number) => Date.now() + count * 86_400_000;
    expect(find(link, days(89.9))).toBeDefined();
    expect(find(link, days(90.1))).toBeUndefined();
    expect(run("--list").text).toContain(
      `almalink_${link.slice(9, 17)}_…  rent-roll.csv?on=today+90d&_locale=de  [read]`,
    );
    expect(run("--list").text).not.toContain(link.slice(18));
    expect(run("--revoke", link.slice(9, 17)).code).toBe(0);
    expect(find(link)).toBeUndefined();
    expect(run("--list").text).toContain("sheets");
  });

  test("ends with its key", () => {
    const { text } = run("--name", "short", "--scopes", "read");
    const owner = /almagw_(\w{8})_/.exec(text)?.[1] as string;
    const link = linkIn(run("--link", "rent-roll.csv?building=1075", "--key", owner).text);
    expect(find(link)).toBeDefined();
    expect(run("--revoke", owner).code).toBe(0);
    expect(find(link)).toBeUndefined();
  });

  test.each([
    ["Asia/Dubai", 20],
    ["America/New_York", 29],
    ["UTC", 24],
  ])("works on the whole of its last day in %s", (timeZone, hours) => {
    const day = inDays(30);
    const { text } = runKeyCommand(
      ["--link", "rent-roll.csv", "--key", prefix, "--expires", day],
      keyFile,
      [createReadLink(undefined, rules)],
      timeZone,
    );
    expect(text).toContain(`until ${day}`);
    const end = Date.parse(`${day}T00:00:00Z`) + hours * 3_600_000;
    // Daylight saving time moves the end by an hour.
    expect(find(linkIn(text), end - 3_600_001)).toBeDefined();
    expect(find(linkIn(text), end)).toBeUndefined();
  });

  test("may be to a page", () => {
    const link = linkIn(run("--link", "rent-roll?on=today&_columns=all", "--key", prefix).text);
    expect(find(link)).toMatchObject({ file: "rent-roll", query: "on=today&_columns=all" });
  });

  test("may read personal data if it says so", () => {
    const link = linkIn(run("--link", "rent-roll.csv", "--key", prefix, "--scopes", "read,personal").text);
    expect(find(link)?.caller.scopes).toEqual(new Set(["READ", "PERSONAL"]));
  });

  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  test.each([
    [["--link", "rent-roll.csv"], "--key"],
    [["--link", "rent-roll.csv", "--key", "AAAAAAAA"], "No key begins with almagw_AAAAAAAA_"],
    [["--link", "rent-rol", "--key", prefix], "There is no report rent-rol."],
    [["--link", "rent-roll?_page=0", "--key", prefix], "_page"],
    [["--link", "rent-roll.exe", "--key", prefix], "Formats: csv, xlsx, ndjson, json, parquet"],
    [["--link", "https://gw.example/graphql", "--key", prefix], "such as"],
    [["--link", "../graphql.csv", "--key", prefix], "such as"],
    [["--link", "a.csv", "--key", prefix, "--scopes", "secrets"], 'no scope "secrets"'],
    [["--link", "a.csv", "--key", prefix, "--scopes", "write"], 'no scope "write"'],
    [["--link", "rent-rol.csv", "--key", prefix], "There is no report rent-rol. Reports: buildings, "],
    [["--link", "rent-roll.csv?day=today", "--key", prefix], 'no parameter "day". It has on, building.'],
    [["--link", "rent-roll.csv?on=soon", "--key", prefix], 'on (Day) cannot be "soon"'],
    [["--link", "rent-roll.csv?on=2026-02-30", "--key", prefix], "2026-02-30"],
    [["--link", "rent-roll.xlsx?_locale=de", "--key", prefix], "_locale changes only CSV"],
    [["--link", "ends.csv", "--key", prefix, "--expires", inDays(367)], "within 365 days"],
    [["--link", "ends.csv", "--key", prefix, "--expires", "2020-01-01"], "in the future"],
  ])("%j is refused with an explanation", (args, reason) => {
    const { text, code } = run(...args);
    expect(code).toBe(1);
    expect(text).toContain(reason);
  });

  test("to a report that shows more than it may read is refused", () => {
    const folder = mkdtempSync(join(tmpdir(), "reports-"));
    const query = "query People { clients { nodes { email } } }";
    writeFileSync(join(folder, "people.graphql"), `# title: People\n# rows: clients.nodes\n${query}`);
    writeFileSync(join(folder, "broken.graphql"), query);
    const make = (...args: string[]) =>
      runKeyCommand(["--key", prefix, ...args], keyFile, [createReadLink(folder, rules)]);
    expect(make("--link", "people.csv").text).toContain(
      "also needs the scope personal. Pass it with --scopes.",
    );
    expect(make("--link", "people.csv", "--scopes", "read,personal").code).toBe(0);
    const partly = query.replace("People", "People @missingScopes(as: NULL)");
    writeFileSync(join(folder, "partly.graphql"), `# title: People\n# rows: clients.nodes\n${partly}`);
    expect(make("--link", "partly.csv").code).toBe(0);
    const sought = partly.replace("clients", 'clients(filter: { email: { eq: "a@b.c" } })');
    writeFileSync(join(folder, "sought.graphql"), `# title: People\n# rows: clients.nodes\n${sought}`);
    expect(make("--link", "sought.csv").text).toContain("also needs the scope personal.");
    expect(make("--link", "broken.csv").text).toContain("disabled: It does not begin with a head");
  });
});
