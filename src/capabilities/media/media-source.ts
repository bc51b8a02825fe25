import { Agent, type Dispatcher } from "undici";

/** Where Alma keeps pictures and scans. */
export interface MediaSource {
  /** The URL against which their paths are resolved. */
  readonly base: string;
  /** Asks for the file at a path of this host, a redirect being an answer like any other. */
  open(
    path: string,
    method: "GET" | "HEAD",
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** `apiKey` is sent along if files are at the origin of Alma itself. `timeout`: milliseconds until an answer begins. */
export function mediaSource(
  { almaUrl, almaMediaUrl }: { readonly almaUrl: string; readonly almaMediaUrl?: string },
  apiKey: () => string,
  timeout: number,
): MediaSource {
  const base = almaMediaUrl ?? new URL("/", almaUrl).href;
  const { origin } = new URL(base);
  const isAlma = origin === new URL(almaUrl).origin;
  const agent = new Agent({ connect: { timeout }, headersTimeout: timeout, bodyTimeout: timeout });
  return {
    base,
    open: (path, method, headers, signal) =>
      agent.request({
        origin,
        path,
        method,
        headers: { ...headers, "accept-encoding": "identity", ...(isAlma && { "api-key": apiKey() }) },
        signal,
      }),
    close: () => agent.close(),
  };
}
