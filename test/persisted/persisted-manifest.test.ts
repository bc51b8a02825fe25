import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type PersistedManifest,
  parseManifest,
} from "../../src/capabilities/persisted/persisted-manifest.ts";
import { watchFile } from "../../src/config/setting-file.ts";
import { testConfig } from "../server/http/small-graph.ts";

const folder = mkdtempSync(join(tmpdir(), "manifest-"));
const sha = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");
const hello = "query Hello($name: String) { hello(name: $name) }";
const adHoc = "{ hello }";
const manifest = { [sha("sha1", hello)]: hello };
const file = (name: string, content: unknown) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

describe("a manifest is read", () => {
  const operations = [{ id: sha("sha256", hello), name: "Hello", type: "query", body: hello }];
  test.each<[string, unknown, string]>([
    ["of codegen's client preset", manifest, sha("sha1", hello)],
    [
      "of codegen with SHA-256 and its prefix",
      { [`sha256:${sha("sha256", hello)}`]: hello },
      sha("sha256", hello),
    ],
    ["of relay-compiler", { [sha("md5", hello)]: hello }, sha("md5", hello)],
    [
      "of Apollo",
      { format: "apollo-persisted-query-manifest", version: 1, operations },
      sha("sha256", hello),
    ],
  ])("%s", (_, content, id) => {
    const read = parseManifest(JSON.stringify(content));
    expect(read.find(id)).toBe(hello);
    expect(read.find(`sha256:${sha("sha256", hello)}`)).toBe(hello);
    expect(read.find(sha("sha256", "{ other }"))).toBeUndefined();
    expect([read.has(hello), read.has(`${hello} `)]).toEqual([true, false]);
  });

  test.each([
    ["{", /not JSON/],
    ["[]", /neither/],
    ['{"a": 1}', /neither/],
    [
      '{"format": "apollo-persisted-query-manifest", "operations": [{"id": "a", "body": "{ a }"}, {"id": "a", "body": "{ b }"}]}',
      /two documents/,
    ],
  ])("with an explanation of what is wrong with %s", (content, reason) => {
    expect(() => parseManifest(content)).toThrow(reason);
    const env = { PERSISTED_DOCUMENTS: "log", PERSISTED_MANIFEST: file("bad.json", content) };
    expect(() => testConfig(env)).toThrow(reason);
  });

  test("with its setting, if it cannot be read at all", () => {
    expect(() => testConfig({ PERSISTED_MANIFEST: "/nowhere/manifest.json" })).toThrow(
      /PERSISTED_MANIFEST names \/nowhere\/manifest\.json, .*ENOENT/,
    );
  });

  test("again when it changes; while it is invalid the previous one stays in use", () => {
    const path = file("changing.json", manifest);
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    const faults: unknown[] = [];
    const on = {
      changed: () => {},
      bad(error: unknown, last: PersistedManifest) {
        faults.push(error);
        return last;
      },
    };
    const current = watchFile(path, parseManifest, on);
    expect(current().has(hello)).toBe(true);
    writeFileSync(path, JSON.stringify({ a: adHoc }));
    now += 10_000;
    expect([current().has(hello), current().has(adHoc)]).toEqual([false, true]);
    writeFileSync(path, "{");
    now += 10_000;
    expect([current().has(adHoc), faults.length]).toEqual([true, 1]);
  });
});
