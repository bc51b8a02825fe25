import { expect, test } from "vitest";
import { caller, conversation, htmlNotFound, notFound } from "../fake.ts";

const here = { id: 7, external_id: "7" };

test("clients are read at the documented path, and at the other one if that does not exist", async () => {
  const printed = await conversation(({ path }) => (path.startsWith("realty/") ? [200, here] : htmlNotFound));
  expect((await printed.alma.client.get({ id: 7 }, caller)).isConclusive).toBe(true);
  expect(printed.paths()).toEqual(["GET realty/clients/7/"]);

  const seen = await conversation(({ path }) => (path.startsWith("users/") ? [200, [here]] : htmlNotFound));
  expect((await seen.alma.client.list(caller)).value?.items).toHaveLength(1);
  await seen.alma.client.list(caller);
  expect(seen.paths()).toEqual(["GET realty/clients/", "GET users/clients/", "GET users/clients/"]);
});

test("a 404 is conclusive only from a path that has worked", async () => {
  const { alma, paths } = await conversation(({ path }) =>
    path === "users/clients/7/" ? [200, here] : notFound,
  );
  expect(await alma.client.get({ id: 8 }, caller)).toEqual({ asOf: expect.any(Number), isConclusive: false });
  await alma.client.get({ id: 7 }, caller);
  expect(await alma.client.get({ id: 8 }, caller)).toEqual({ asOf: expect.any(Number), isConclusive: true });
  expect(paths().slice(4)).toEqual(["GET users/clients/8/"]);
});

test.each([
  ["ownerContract", "owner_contracts"],
  ["tenantContract", "tenant_contracts"],
] as const)(
  "an %s is read by Bitrix id at the likely path, then at the documented one",
  async (name, path) => {
    const printed = `realty/rooms/contracts/${path}/7/`;
    const { alma, paths } = await conversation((seen) =>
      seen.path === printed ? [200, here] : htmlNotFound,
    );
    expect((await alma[name].get({ externalId: "7" }, caller)).match?.record.id).toBe(7);
    await alma[name].get({ externalId: "7" }, caller);
    expect(paths()).toEqual([
      `GET realty/contracts/${path}/external_id/7/`,
      `GET ${printed}`,
      `GET ${printed}`,
    ]);
  },
);

test("a contract that no path finds is not conclusively missing", async () => {
  const { alma, paths } = await conversation(() => htmlNotFound);
  expect((await alma.ownerContract.get({ externalId: "7" }, caller)).isConclusive).toBe(false);
  expect(paths()).toHaveLength(2);
});

test("a 405 means that the path does not exist", async () => {
  const { alma } = await conversation(({ path }) =>
    path.startsWith("users/") ? [200, here] : [405, { detail: "no" }],
  );
  expect((await alma.client.get({ id: 7 }, caller)).match?.record.id).toBe(7);
});

test("clients are created at the documented path, and at the other one if that does not exist", async () => {
  const draft = { externalId: "1", firstName: "A", lastName: "B", email: "a@b.c", country: "4" };
  const { alma, paths } = await conversation(({ method, path }) =>
    method === "POST" && path === "realty/clients/" ? [201, { id: 5 }] : htmlNotFound,
  );
  expect(await alma.client.create(draft, caller)).toMatchObject({ outcome: "done", id: 5 });
  expect(paths()).toEqual(["POST users/clients/", "POST realty/clients/"]);
});

test("a list without a working path means a wrong ALMA_URL", async () => {
  const { alma } = await conversation(() => htmlNotFound);
  await expect(alma.client.list(caller)).rejects.toMatchObject({ code: "ALMA_BAD_ANSWER" });
});

test.each([
  ["unit", "realty/units"],
  ["room", "realty/rooms"],
  ["building", "realty/buildings"],
  ["client", "realty/clients"],
  ["ownerContract", "realty/contracts/owner_contracts"],
  ["tenantContract", "realty/contracts/tenant_contracts"],
] as const)("a %s is updated by its Alma id and by its Bitrix id", async (kind, base) => {
  const { alma, paths } = await conversation(() => [200, { id: 5 }]);
  for (const ref of [{ id: 5 }, { externalId: "x-5" }])
    expect(await alma[kind].update(ref, { externalId: "x-6" }, caller)).toMatchObject({ outcome: "done" });
  expect(paths()).toEqual([`PATCH ${base}/5/`, `PATCH ${base}/external_id/x-5/`]);
});

test.each(["unit", "room"] as const)(
  "a %s is archived and blocked by its Alma id and by its Bitrix id",
  async (kind) => {
    const { alma, paths } = await conversation(() => [200, true]);
    for (const ref of [{ id: 5 }, { externalId: "x-5" }]) {
      await alma[kind].archive(ref, true, caller);
      await alma[kind].block(ref, true, caller);
    }
    const at = `PATCH realty/${kind}s`;
    expect(paths()).toEqual([
      `${at}/5/archive/`,
      `${at}/5/block/`,
      `${at}/external_id/x-5/archive/`,
      `${at}/external_id/x-5/block/`,
    ]);
  },
);
