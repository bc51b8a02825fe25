import { expect, test } from "vitest";
import { findMisspeltSettings, findRetiredSettings, loadConfig, settings } from "../../src/config/config.ts";
import { retiredSettings } from "../../src/config/setting/retired-setting.ts";

const least = { ALMA_URL: "https://alma.example/external_api/", ALMA_API_KEY: "k" };
const retired = Object.keys(retiredSettings);

test.each(retired)("%s is told to whoever sets it, and is no reason not to start", (variable) => {
  const env = { ...least, [variable]: "anything" };
  expect(findRetiredSettings(env)).toEqual([{ variable, message: expect.stringContaining(variable) }]);
  expect(findMisspeltSettings(env)).toEqual([]);
  expect(() => loadConfig(env)).not.toThrow();
});

test("what is told is what was set, that it no longer exists, and what to do", () => {
  const [told] = findRetiredSettings({ ...least, KEPT_TEXTS: "0" });
  expect(told?.message).toBe(
    "KEPT_TEXTS is set, but no longer exists and has no effect: remove it; KEPT_ANSWERS bounds the memory of the " +
      "answers that are kept.",
  );
});

test("an empty variable counts as not set, and no setting is retired", () => {
  expect(findRetiredSettings({ ...least, KEPT_TEXTS: " " })).toEqual([]);
  expect(Object.values(settings).filter(({ name }) => retired.includes(name))).toEqual([]);
});
