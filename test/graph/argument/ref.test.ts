import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeGlobalId, parseRefOrThrow, type RefInput } from "../../../src/graph/argument/ref.ts";
import { refusal } from "./refusal.ts";

describe("a global id", () => {
  it("decodes to a type and an Alma id, and encodes back", () => {
    expect(decodeGlobalId("Unit:9199")).toEqual({ type: "Unit", id: 9199 });
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z]{1,20}$/),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        (type, id) => {
          expect(decodeGlobalId(`${type}:${id}`)).toEqual({ type, id });
        },
      ),
    );
  });

  it.each([
    "",
    "Unit",
    "Unit:",
    ":1",
    "Unit:0",
    "Unit:01",
    "Unit:-1",
    "Unit:+1",
    "Unit:1.0",
    "Unit:1e3",
    "Unit: 1",
    " Unit:1",
    "Unit:1 ",
    "Unit:1\n",
    "Unit:1:2",
    "Unit:2147483648",
    "Unit:99999999999999999999",
    "Unit:٣",
    "VW5pdDox",
  ])("is not %j", (text) => {
    expect(decodeGlobalId(text)).toBeNull();
  });

  it("is valid only in the form that the gateway prints", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Z][a-z]+:[0-9.e+-]{1,12}$/)), (text) => {
        const found = decodeGlobalId(text);
        if (found !== null) expect(`${found.type}:${found.id}`).toBe(text);
      }),
    );
  });
});

describe("a ref", () => {
  it("identifies a record by one of its ids", () => {
    expect(parseRefOrThrow({ id: "Unit:5" }, "ref", ["Unit"])).toEqual({ ref: { id: 5 }, types: ["Unit"] });
    expect(parseRefOrThrow({ almaId: 5 }, "ref", ["Unit"])).toEqual({ ref: { id: 5 }, types: ["Unit"] });
    expect(parseRefOrThrow({ externalId: "5" }, "ref", ["Unit"])).toEqual({
      ref: { externalId: "5" },
      types: ["Unit"],
    });
  });

  it("to a unit or a room is narrowed to one type only by a global id", () => {
    const types = ["Unit", "Room"] as const;
    expect(parseRefOrThrow({ id: "Room:5" }, "ref", types)).toEqual({ ref: { id: 5 }, types: ["Room"] });
    expect(parseRefOrThrow({ almaId: 5 }, "ref", types)).toEqual({ ref: { id: 5 }, types: ["Unit", "Room"] });
  });

  it.each(["a b", "ид/7", "a%2F?#b", "..a", "a..", "a...b", "/", "...", "مفتاح", "😀", "a//b"])(
    "may have the external id %j",
    (externalId) => {
      expect(parseRefOrThrow({ externalId }, "ref", ["Unit"]).ref).toEqual({ externalId });
    },
  );

  it.each<[RefInput, string, RegExp]>([
    [{ id: "9199" }, "ref.id", /"9199" is not an id; here an id looks like "Unit:9199"/],
    [{ id: "Room:1" }, "ref.id", /"Room:1" is an id of Room; here an id looks like "Unit:9199"/],
    [{ id: "unit:1" }, "ref.id", /looks like "Unit:9199"/],
    [{ id: "" }, "ref.id", /"" is not an id/],
    [{ almaId: 0 }, "ref.almaId", /0 is not an Alma id/],
    [{ almaId: -7 }, "ref.almaId", /-7 is not an Alma id/],
    [{ externalId: "" }, "ref.externalId", /it is empty/],
    [{ externalId: "a\nb" }, "ref.externalId", /control characters/],
    [{ externalId: "a\u0000" }, "ref.externalId", /control characters/],
    [{ externalId: "a\u0085b" }, "ref.externalId", /control characters/],
    [{ externalId: " \u00a0\u0085" }, "ref.externalId", /it is empty/],
    [{ externalId: "." }, "ref.externalId", /"\."/],
    [{ externalId: ".." }, "ref.externalId", /"\.\."/],
    [{ externalId: "a/../b" }, "ref.externalId", /part of a path/],
    [{ externalId: "a\\.\\b" }, "ref.externalId", /part of a path/],
    [{ externalId: "\ud800" }, "ref.externalId", /half a character/],
    [{}, "ref", /exactly one/],
    [{ id: null }, "ref", /exactly one/],
    [{ almaId: 1, externalId: "1" }, "ref", /exactly one/],
  ])("is refused as %j", (input, argument, message) => {
    const found = refusal(() => parseRefOrThrow(input, "ref", ["Unit"]));
    expect(found.argument).toBe(argument);
    expect(found.message).toMatch(message);
  });

  it("never accepts an external id that a path cannot contain", () => {
    const part = fc.string({ unit: fc.constantFrom("a", ".", "/", "\\", "%", "\u0007", "\udc00", "é") });
    fc.assert(
      fc.property(part, (externalId) => {
        try {
          parseRefOrThrow({ externalId }, "ref", ["Unit"]);
        } catch {
          return;
        }
        // The path must not escape: neither as sent, nor after a proxy decodes it.
        const sent = `/units/external_id/${encodeURIComponent(externalId)}/`;
        expect(new URL(sent, "http://alma").pathname).toBe(sent);
        const careless = `/units/external_id/${externalId.replaceAll("%", "_")}/`;
        expect(new URL(careless, "http://alma").pathname).toMatch(/^\/units\/external_id\//);
      }),
    );
  });
});
