import { expect, test } from "vitest";
import { expressionsOf, isSafe } from "./check-expressions.ts";

const judge = (code: string) => expressionsOf("code.ts", code).map(isSafe);

test.each(["/^\\s*0*\\s*$/", "/[\\s.]+$/", "/(a|a)*b/i", 'new RegExp("T.*(Z|x)$")', 'RegExp("(a+)+$", "i")'])(
  "the expression %s is refused",
  (code) => expect(judge(code)).toEqual([false]),
);

test.each(["/^[a-z]{1,18}$/", "/(?<!0)0+$/g", 'new RegExp("^x", "u")', '"/^\\\\s*0*\\\\s*$/"'])(
  "the expression %s is accepted",
  (code) => expect(judge(code)).not.toContain(false),
);

test("an expression built at runtime is refused with its place", () => {
  expect(() => judge("const x = 1;\nnew RegExp(`a` + x)")).toThrow("code.ts:2 makes an expression");
});
