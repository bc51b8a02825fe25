import { expect, test } from "vitest";
import { household, startAlma } from "../alma.ts";

test("a request with a missing or wrong key is refused with the status of the switch", async () => {
  const { call, simulator } = await startAlma();
  const none = await fetch(`${simulator.url}realty/units/`);
  expect(none.status).toBe(401);
  expect(await none.json()).toEqual({ detail: "Authentication credentials were not provided." });
  expect((await call("GET", "realty/units/", undefined, { "Api-Key": "no" })).status).toBe(401);
  simulator.switches.keyStatus = 403;
  const wrong = await call("POST", "realty/units/", {}, { "Api-Key": "no" });
  expect(wrong.status).toBe(403);
  expect(wrong.body).toEqual({ detail: "Incorrect authentication credentials." });
});

test.each([
  "nothing/",
  "realty/units",
  "realty/units/x/",
  "realty/units/1/block",
  "realty/units/external_id/",
])("the path %s does not exist: an HTML 404", async (path) => {
  const { get } = await startAlma({ data: household });
  const reply = await get(path);
  expect(reply.status).toBe(404);
  expect(reply.type).toMatch(/^text\/html/);
});

test.each([
  "realty/units/99/",
  "realty/units/external_id/none/",
  "realty/rooms/1/",
  "realty/buildings/9/",
  "realty/clients/external_id/9/",
  "realty/contracts/owner_contracts/9/",
  "realty/rooms/contracts/tenant_contracts/9/",
  "realty/rental_object/9/",
])("the record %s does not exist: a JSON 404", async (path) => {
  const { get, simulator } = await startAlma({ data: household });
  expect(await get(path)).toMatchObject({ status: 404, body: { detail: "Not found." } });
  simulator.switches.language = "ru";
  expect((await get(path)).body).toEqual({ detail: "Страница не найдена." });
});

test("an unsupported method is refused with the supported ones", async () => {
  const { call, get } = await startAlma({ data: household });
  const reply = await call("DELETE", "realty/units/1/");
  expect(reply).toMatchObject({ status: 405, body: { detail: 'Method "DELETE" not allowed.' } });
  expect(reply.headers.get("allow")).toBe("GET, PATCH, HEAD, OPTIONS");
  expect((await get("realty/units/1/archive/")).status).toBe(405);
});

test("OPTIONS lists the accepted media types", async () => {
  const { call, simulator } = await startAlma();
  expect((await call("OPTIONS", "external-image/")).body.parses).toEqual(["application/json"]);
  simulator.switches.imageForm = "both";
  const reply = await call("OPTIONS", "external-image/");
  expect(reply.body.parses).toEqual(["application/json", "multipart/form-data"]);
  expect(reply.headers.get("allow")).toBe("POST, OPTIONS");
});

test("a body that is invalid JSON, no object, or of another media type is refused", async () => {
  const { call, post, patch } = await startAlma({ data: household });
  expect((await post("realty/buildings/", "{")).body.detail).toMatch(/^JSON parse error - /);
  expect(await patch("realty/units/1/", [])).toMatchObject({
    status: 400,
    body: { non_field_errors: ["Invalid data. Expected a dictionary, but got list."] },
  });
  const text = await call("POST", "realty/buildings/", "x", { "content-type": "text/plain" });
  expect(text).toMatchObject({
    status: 415,
    body: { detail: 'Unsupported media type "text/plain" in request.' },
  });
});

test("all errors of a body are answered together, in Django REST Framework's wording", async () => {
  const { post } = await startAlma({ data: household });
  const reply = await post("users/clients/", {
    external_id: true,
    first_name: null,
    email: "nobody",
    phone: "",
    country: 4.5,
    passport_scan: 77,
    id_scan: "x",
    birthday: "2024-02-30",
  });
  expect(reply.status).toBe(400);
  expect(reply.body).toEqual({
    external_id: ["Not a valid string."],
    first_name: ["This field may not be null."],
    last_name: ["This field is required."],
    email: ["Enter a valid email address."],
    country: ["A valid integer is required."],
    passport_scan: ['Invalid pk "77" - object does not exist.'],
    id_scan: ["Incorrect type. Expected pk value, received str."],
    birthday: [expect.stringMatching(/^Datetime has wrong format/)],
  });
});

test.each([
  ["drf", { email: ["Enter a valid email address."] }],
  ["detail", { detail: "email: Enter a valid email address." }],
  ["nonField", { non_field_errors: ["email: Enter a valid email address."] }],
  ["list", ["email: Enter a valid email address."]],
  ["text", "email: Enter a valid email address."],
  ["html", expect.stringContaining("<h1>Bad Request</h1>")],
  ["empty", ""],
] as const)("errors in the form %s", async (errorForm, body) => {
  const { patch } = await startAlma({ data: household, switches: { errorForm } });
  expect(await patch("realty/clients/251/", { email: "x" })).toMatchObject({ status: 400, body });
});

test("errors can be in Russian", async () => {
  const { post } = await startAlma({ switches: { language: "ru" } });
  expect((await post("realty/buildings/", { project: 1 })).body).toEqual({
    name: ["Обязательное поле."],
    project: ['Недопустимый первичный ключ "1" - объект не существует.'],
  });
});

test("an encoded slash in an id splits the path or is part of the id, depending on the switch", async () => {
  const { get, patch, data, simulator } = await startAlma({ data: household });
  data.units.change(1, { external_id: "a/b" });
  data.units.change(2, { external_id: "c d%?#ж" });
  expect((await get("realty/units/external_id/a%2Fb/")).type).toMatch(/html/);
  expect((await get(`realty/units/external_id/${encodeURIComponent("c d%?#ж")}/`)).body.id).toBe(2);
  // If it splits the path, the id "1/archive" addresses the archive endpoint of "1".
  data.units.change(1, { external_id: "1" });
  await patch("realty/units/external_id/1%2Farchive/", { is_archived: true });
  expect(data.units.get(1)?.is_archived).toBe(true);
  simulator.switches.encodedSlash = "kept";
  data.units.change(1, { external_id: "a/b" });
  expect((await get("realty/units/external_id/a%2Fb/")).body.id).toBe(1);
});
