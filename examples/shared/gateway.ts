import { createClient, type Result, readResult, type Token } from "../../client/index.ts";

export const address: string = import.meta.env.VITE_GATEWAY ?? "http://127.0.0.1:4000";
/** The OAuth 2.0 token endpoint. Without one, the user types a key. */
export const tokenUrl: string | undefined = import.meta.env.VITE_TOKENS;
/** Whether operations are sent by the ids of a manifest: `npm run build:persisted`. */
export const isPersisted = import.meta.env.MODE === "persisted";

/** The user signed in in this tab. */
interface Session {
  readonly name: string;
  readonly token?: Token;
  readonly refresh?: string;
}

const read = (): Session | undefined => JSON.parse(sessionStorage.getItem("session") ?? "null") ?? undefined;
const write = (session: Session) => sessionStorage.setItem("session", JSON.stringify(session));

/** Requests a token. Undefined if the name is not, or no longer, valid. */
async function requestToken(name: string, form: Record<string, string>): Promise<Session | undefined> {
  const signal = AbortSignal.timeout(15_000);
  const response = await fetch(tokenUrl ?? "", { method: "POST", body: new URLSearchParams(form), signal });
  if (response.status === 400 || response.status === 401) return undefined;
  if (!response.ok) throw new Error("No token can be had at the moment.");
  const { access_token: value, expires_in: seconds, refresh_token: refresh } = await response.json();
  return { name, token: { value, expires: Date.now() + seconds * 1_000 }, refresh };
}

async function getToken(old?: string): Promise<Token | undefined> {
  const session = read();
  if (session?.token?.value !== old || old === undefined) return session?.token;
  const { name, refresh = "" } = session ?? { name: "" };
  const next = refresh === "" ? undefined : await requestToken(name, { grant_type: "refresh_token", refresh_token: refresh });
  write(next ?? { name });
  return next?.token;
}

export const gateway = createClient(address, getToken);

/** Signs a user in, by name or by key. Returns the error, if any. */
export async function signIn(typed: string): Promise<string | undefined> {
  const before = read()?.name;
  const isName = tokenUrl !== undefined;
  const next = isName
    ? await requestToken(typed, { grant_type: "password", username: typed, password: "" }).catch(() => undefined)
    : { name: typed, ...(typed && { token: { value: typed } }) };
  if (!next) return `Nobody is called "${typed}" there, or nothing answers. Try ann or ben.`;
  write(next);
  // The page's memory contains data that another user has seen.
  if (before === typed) gateway.signedIn();
  else location.reload();
  return undefined;
}

export function signOut(): void {
  sessionStorage.removeItem("session");
  location.reload();
}

/** An operation of any client. `documentId` or `query`; `isLive`: whether it returns several results. */
export interface Asked {
  readonly kind: "query" | "mutation" | "subscription";
  readonly isLive: boolean;
  readonly query?: string;
  readonly documentId?: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
}

interface Sink {
  next(result: Result): void;
  complete(): void;
}

/** Runs an operation: live ones with `streamed`, others with one POST. Returns a function that ends it. */
export function run({ kind, isLive, ...request }: Asked, sink: Sink): () => void {
  if (kind !== "mutation" && isLive) return gateway.streamed({ kind, ...request }, (result) => sink.next(result));
  const leaving = new AbortController();
  const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(90_000)]);
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
  const answer = gateway.ask(`${address}/graphql`, { method: "POST", headers, body: JSON.stringify(request), signal });
  void readResult(answer).then((result) => {
    if (leaving.signal.aborted) return;
    sink.next(result);
    sink.complete();
  });
  return () => leaving.abort();
}

/** Whether a document has an operation with several results. */
export const isLive = (document: { readonly definitions: readonly object[] }): boolean =>
  document.definitions.some((definition) => {
    const { operation, directives } = definition as { operation?: string; directives?: { name: { value: string } }[] };
    return operation === "subscription" || directives?.some(({ name }) => name.value === "live");
  });

/** Uploads a file to the gateway. Returns its id, which a record accepts among its photos, or the error. */
export async function upload(file: File): Promise<{ id: number } | { error: string }> {
  const body = new FormData();
  body.set("file", file);
  const response = await gateway.ask(`${address}/files`, { method: "POST", body }).catch(() => undefined);
  const answer = await response?.json().catch(() => undefined);
  if (answer?.externalFileId !== undefined) return { id: answer.externalFileId };
  return { error: answer?.errors?.[0]?.message ?? "The gateway does not answer. Try again." };
}
