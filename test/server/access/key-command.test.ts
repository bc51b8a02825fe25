import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parseApiKeys } from "../../../src/server/access/api-key.ts";
import { runKeyCommand } from "../../../src/server/key-command.ts";

const file = join(mkdtempSync(join(tmpdir(), "key-")), "keys.json");

test("a key is created, shown once, stored as its hash, listed and revoked", () => {
  const made = runKeyCommand(
    ["--name", "reports", "--scopes", "read, personal", "--expires", "2099-01-31", "--file", file],
    undefined,
  );
  expect(made.code).toBe(0);
  const key = /almagw_[A-Za-z0-9]{8}_[\w-]{43}/.exec(made.text)?.[0] as string;
  expect(key).toBeDefined();
  const content = readFileSync(file, "utf8");
  expect(content).not.toContain(key.slice(16));
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(parseApiKeys(content).find(key)).toMatchObject({
    name: "reports",
    scopes: new Set(["READ", "PERSONAL"]),
  });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2099-01-31T23:59:59Z") });
  expect(parseApiKeys(content).find(key)).toMatchObject({ name: "reports" });
  vi.setSystemTime(Date.parse("2099-02-01T00:00:00Z"));
  expect(parseApiKeys(content).find(key)).toBe("expired");
  vi.useRealTimers();

  const listed = runKeyCommand(["--list"], file).text;
  expect(listed).toContain("reports");
  expect(listed).not.toContain(key.slice(16));

  expect(runKeyCommand(["--revoke", key.slice(7, 15)], file).code).toBe(0);
  expect(parseApiKeys(readFileSync(file, "utf8")).find(key)).toBeUndefined();
});

test("a changed file keeps its mode, its owner and the links to it", () => {
  const folder = mkdtempSync(join(tmpdir(), "key-"));
  const [real, link] = [join(folder, "keys.json"), join(folder, "link.json")];
  writeFileSync(real, "[]");
  symlinkSync(real, link);
  chmodSync(real, 0o640);
  // Only root can give a file to another user.
  const owner = process.getuid?.() === 0 ? 1_234 : statSync(real).uid;
  chownSync(real, owner, statSync(real).gid);
  expect(runKeyCommand(["--name", "crm", "--scopes", "read", "--file", link], undefined).code).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, "utf8")).toContain("crm");
  expect(statSync(real)).toMatchObject({ uid: owner, mode: 0o100640 });
});

test("the usage is printed without a key file", () => {
  expect(runKeyCommand(["--help"], undefined)).toMatchObject({
    code: 0,
    text: expect.stringContaining("--revoke"),
  });
  expect(runKeyCommand([], undefined)).toMatchObject({ code: 1, text: expect.stringContaining("--revoke") });
});

test("it also runs through a symbolic link", { timeout: 60_000 }, () => {
  const link = join(mkdtempSync(join(tmpdir(), "key-")), "key-command.js");
  symlinkSync(resolve("dist-test/key-command.js"), link);
  const text = execFileSync(process.execPath, [link, "--help"], { encoding: "utf8" });
  expect(text).toContain("--revoke");
});

test.each([
  [["--name", "x", "--scopes", "read"], undefined, "API_KEYS_FILE"],
  [["--name", "x", "--scopes", "admin"], file, 'no scope "admin"'],
  [["--name", "x", "--scopes", "read", "--expires", "2099-13-01"], file, "must be a day"],
  [["--name", "x", "--scopes", "read", "--expires", "2027-02-30"], file, "must be a day"],
  [["--revoke", "AAAAAAAA"], file, "No key begins with"],
  [["--name", "x"], file, "npm run key --"],
  [["--nmae", "x"], file, "--nmae"],
])("%j is refused with an explanation", (args, defaultFile, reason) => {
  const { text, code } = runKeyCommand(args as string[], defaultFile);
  expect(code).toBe(1);
  expect(text).toContain(reason);
});

test("a link is refused if no capability has pages for it", () => {
  const { text, code } = runKeyCommand(["--link", "rent-roll.csv", "--key", "AAAAAAAA"], file);
  expect({ text, code }).toEqual({ text: "This gateway has no pages that a link could open.\n", code: 1 });
});
