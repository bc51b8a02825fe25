import { type IncomingMessage, request } from "node:http";
import { onTestFinished } from "vitest";

/** A gateway's stream, as its reader sees it. */
export interface OpenStream {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** The data received so far. */
  text(): string;
  /** The JSON of each `data:` of server-sent events that is not empty, or of each line, so far. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  messages(): any[];
  /** Resolves with the messages once there are `count` of them. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  take(count: number): Promise<any[]>;
  /** Resolves when it has ended, with whether it ended normally. */
  readonly ended: Promise<boolean>;
  close(): void;
  readonly response: IncomingMessage;
}

/** How a stream is requested. `body`: by POST, with JSON. */
interface Asking {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
}

/** Opens a stream; resolves when its headers have arrived. It is closed at the end of the test. */
export function openStream(url: string, { headers = {}, body }: Asking = {}): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const sent =
      body === undefined
        ? headers
        : { accept: "text/event-stream", "content-type": "application/json", ...headers };
    const asking = request(
      url,
      { method: body === undefined ? "GET" : "POST", headers: sent },
      (response) => {
        let text = "";
        let notify = () => {};
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
          notify();
        });
        const isEvents = String(response.headers["content-type"]).startsWith("text/event-stream");
        const messages = () => {
          const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
          const lines = isEvents ? whole.flatMap((line) => /^data: (.+)$/.exec(line)?.[1] ?? []) : whole;
          return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
        };
        const ended = new Promise<boolean>((end) => {
          response.once("close", () => {
            end(response.complete);
            notify();
          });
        });
        response.on("error", () => {});
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: () => text,
          messages,
          async take(count) {
            while (messages().length < count) {
              if (response.closed) throw new Error(`The stream ended after: ${text}`);
              await new Promise<void>((proceed) => {
                notify = proceed;
              });
            }
            return messages();
          },
          ended,
          close: () => asking.destroy(),
          response,
        });
      },
    );
    asking.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
    onTestFinished(() => void asking.destroy());
  });
}
