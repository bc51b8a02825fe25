import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";

const key = {
  reader: createApiKey("reader", ["read"], null),
  writer: createApiKey("writer", ["read", "write"], null),
  owner: createApiKey("owner", ["read", "personal", "secrets"], null),
  sender: createApiKey("sender", ["write"], null),
  none: createApiKey("none", [], null),
};

/** A response of any status. */
export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  readonly body: any;
}

/** A gateway in a production configuration, and callers whose keys lack PERSONAL and SECRETS. */
export interface Attacked extends TestGateway {
  readonly url: string;
  readonly keys: Readonly<Record<keyof typeof key, string>>;
  send(body: unknown, by?: keyof typeof key): Promise<Reply>;
  get(search: Record<string, string>, headers?: Record<string, string>): Promise<Reply>;
}

/** Starts it: not on loopback, with keys, and with a manifest of documents whose scopes the callers lack. */
export async function startAttacked(
  manifest: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Attacked> {
  const path = join(mkdtempSync(join(tmpdir(), "attack-")), "manifest.json");
  writeFileSync(path, JSON.stringify(manifest));
  const gateway = await startGateway(
    {},
    {
      API_KEYS: JSON.stringify(Object.values(key).map(({ record }) => record)),
      HOST: "0.0.0.0",
      PERSISTED_DOCUMENTS: "log",
      PERSISTED_MANIFEST: path,
      RATE_LIMIT: "0",
      ...env,
    },
  );
  const url = `${gateway.address.replace("0.0.0.0", "127.0.0.1")}/graphql`;
  const read = async (response: Response): Promise<Reply> => ({
    status: response.status,
    body: await response.json(),
  });
  return {
    ...gateway,
    url,
    keys: {
      reader: key.reader.key,
      writer: key.writer.key,
      owner: key.owner.key,
      sender: key.sender.key,
      none: key.none.key,
    },
    async send(body, by = "reader") {
      const headers = { "content-type": "application/json", "x-api-key": key[by].key };
      return read(await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }));
    },
    async get(search, headers = {}) {
      const all = { "x-api-key": key.reader.key, ...headers };
      return read(await fetch(`${url}?${new URLSearchParams(search)}`, { headers: all }));
    },
  };
}

/** Why a response is not a refusal that names the scope; undefined if it is one. */
export function fault({ status, body }: Reply, scope: string): string | undefined {
  const [error] = body.errors ?? [];
  const right = status === 403 && !body.data && error?.extensions.code === "FORBIDDEN";
  return right && error.extensions.missing.includes(scope)
    ? undefined
    : `${status} ${JSON.stringify(body).slice(0, 300)}`;
}
