import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemsOf } from "../../../src/alma/resource/problems.ts";

const secrets = ["alma.example.com", "alma.example.com:8443", "the-key-that-must-not-leak"];
const context = { toInputPath: (path: readonly (string | number)[]) => [...path], secrets };

/** Error texts of servers, including some that no caller may see. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "This field is required.",
    "Обязательное поле.",
    "<html><body>Server Error at alma.example.com</body></html>",
    "Could not reach https://alma.example.com/external_api/",
    "Api-Key the-key-that-must-not-leak is not allowed",
    'Traceback (most recent call last): File "/srv/alma/views.py"',
    "x".repeat(5_000),
    "",
  ),
  fc.tuple(fc.string(), fc.constantFrom(...secrets), fc.string()).map((parts) => parts.join("")),
);

const key = fc.oneof(
  fc.constantFrom("non_field_errors", "detail", "photos", "external_file_id", "attr", "code", "__proto__"),
  fc.string(),
);

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    text,
    fc.constantFrom(null, true, false, 0, -1.5),
    fc.array(tie("json"), { maxLength: 5 }),
    fc.dictionary(key, tie("json"), { maxKeys: 5 }),
  ),
}));

describe("a refusal of any shape", () => {
  test("gives at least one problem, without host names, the API key or markup", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          json.map((value) => ({ json: value })),
          text.map((value) => ({ text: value })),
        ),
        (body) => {
          const problems = problemsOf(body as Parameters<typeof problemsOf>[0], context);
          expect(problems.length).toBeGreaterThan(0);
          for (const { code, message } of problems) {
            expect(code).toMatch(/^[A-Z_]+$/);
            expect(message.length).toBeGreaterThan(0);
            expect(message.length).toBeLessThan(1_000);
            for (const secret of secrets) expect(message.toLowerCase()).not.toContain(secret);
            expect(message).not.toMatch(/<[a-z!/?]|:\/\/|Traceback/i);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("is read without a stack overflow if it is nested thousands deep", () => {
    let deep: unknown = ["This field is required."];
    for (let n = 0; n < 5_000; n++) deep = { photos: [deep] };
    expect(problemsOf({ json: deep } as Parameters<typeof problemsOf>[0], context)).toHaveLength(1);
  });
});

describe("each form of error body, inside an element of a list", () => {
  test.each<[string, unknown, readonly (string | number)[], string]>([
    [
      "{errors: [{field, messages}]}",
      { errors: [{ field: "external_file_id", messages: ["This field is required."] }] },
      ["photos", 1, 0, "external_file_id"],
      "REQUIRED",
    ],
    [
      "{field: [..]}",
      { external_file_id: ["This field is required."] },
      ["photos", 1, "external_file_id"],
      "REQUIRED",
    ],
    [
      "{field: [..]} in Russian",
      { external_file_id: ["Обязательное поле."] },
      ["photos", 1, "external_file_id"],
      "REQUIRED",
    ],
    ["{non_field_errors: [..]}", { non_field_errors: ["Out of order."] }, ["photos", 1], "INVALID"],
    ["{detail: ..}", { detail: "Out of order." }, ["photos", 1], "INVALID"],
    ["[..]", ["Out of order."], ["photos", 1], "INVALID"],
    ["text", "Out of order.", ["photos"], "INVALID"],
  ])("%s", (_form, body, path, code) => {
    const json = { photos: [{}, body] };
    const problems = problemsOf({ json } as Parameters<typeof problemsOf>[0], context);
    expect(problems).toMatchObject([{ path, code }]);
  });
});
