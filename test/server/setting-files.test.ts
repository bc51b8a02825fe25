import { expect, test } from "vitest";
import { type Capability, defineCapability } from "../../src/capability.ts";
import { loadConfigFor } from "../../src/compose.ts";
import { ConfigError } from "../../src/config/config.ts";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { findSettingFileErrors as findFileErrors } from "../../src/server/index.ts";

const least = { ALMA_URL: "https://alma.example/external_api/", ALMA_API_KEY: "k" };

function faults(env: Record<string, string>, capabilities: readonly Capability[] = []): readonly string[] {
  try {
    loadConfigFor(capabilities, { ...least, ...env }, findFileErrors);
  } catch (error) {
    if (error instanceof ConfigError) return error.errors;
    throw error;
  }
  return [];
}

test("errors of files are reported together with the others, by setting", () => {
  expect(
    faults({ PORT: "none", API_KEYS: '[{"name": "reader"}]' }, [
      defineCapability({ name: "mapping", faultsOf: () => ["MAPPING: cannot be read."] }),
    ]),
  ).toEqual([
    expect.stringMatching(/^PORT is "none"/),
    expect.stringMatching(/^API_KEYS: The API keys are not what `npm run key` writes: /),
    "MAPPING: cannot be read.",
  ]);
});

test("a key in place of its record is not shown", () => {
  const { key } = createApiKey("reader", ["read"], null);
  const [fault, ...others] = faults({ API_KEYS: key });
  expect(others).toEqual([]);
  expect(fault).toMatch(/^API_KEYS: .*not JSON/);
  expect(fault).not.toContain(key.slice(0, 9));
});

test("with AUTH=off keys are not checked", () => {
  for (const [setting, value] of Object.entries({ API_KEYS_FILE: "/nowhere/keys.json", API_KEYS: "none" })) {
    expect(faults({ [setting]: value })).toHaveLength(1);
    expect(faults({ [setting]: value, AUTH: "off" })).toEqual([]);
  }
});
