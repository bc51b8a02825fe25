import { expect, test } from "vitest";
import { startAlma } from "./alma.ts";

const link = { url: "https://portal.example.com/files/plan.jpg?token=1", description: "Plan" };

test("the answer to a link has an id", async () => {
  const { post, data } = await startAlma();
  const reply = await post("external-image/", link);
  expect(reply).toMatchObject({ status: 201, body: { id: 9101 } });
  expect(data.files.get(9101)).toMatchObject({ name: "plan.jpg", url: link.url, description: "Plan" });
});

test("an invalid link is refused", async () => {
  const { post } = await startAlma();
  expect((await post("external-image/", {})).body).toEqual({ url: ["This field is required."] });
  expect((await post("external-image/", { url: "file:///x" })).body).toEqual({ url: ["Enter a valid URL."] });
});

test("an uploaded file gets an id, and the log shows the parts of the form", async () => {
  const { simulator } = await startAlma({ switches: { imageForm: "multipart" } });
  const form = new FormData();
  form.append("description", "Plan");
  form.append("image", new File(["x".repeat(200_000)], "plan.jpg", { type: "image/jpeg" }));
  const headers = { "Api-Key": simulator.apiKey };
  const send = (body: FormData) =>
    fetch(`${simulator.url}external-image/`, { method: "POST", headers, body });
  const response = await send(form);
  expect([response.status, await response.json()]).toEqual([201, { id: 9101 }]);
  const upload = { field: "image", name: "plan.jpg", type: "image/jpeg", bytes: 200_000 };
  expect(simulator.log.entries[0]?.body).toEqual({ description: "Plan", uploads: [upload] });
  expect(simulator.data.files.get(9101)).toMatchObject({
    name: "plan.jpg",
    type: "image/jpeg",
    bytes: 200_000,
  });
  const empty = new FormData();
  empty.append("description", "Plan");
  expect(await (await send(empty)).json()).toEqual({ file: ["No file was submitted."] });
});

test("a form that is disabled is an unsupported media type", async () => {
  const { post, simulator } = await startAlma();
  const form = new FormData();
  form.append("image", new File(["x"], "plan.jpg"));
  const headers = { "Api-Key": simulator.apiKey };
  const sent = await fetch(`${simulator.url}external-image/`, { method: "POST", headers, body: form });
  expect(sent.status).toBe(415);
  simulator.switches.imageForm = "multipart";
  expect((await post("external-image/", link)).status).toBe(415);
  simulator.switches.imageForm = "both";
  expect((await post("external-image/", link)).status).toBe(201);
});
