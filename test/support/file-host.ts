import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { certificate, privateKey } from "./certificate.ts";

/** An HTTPS server for files on loopback, under the name files.example.com. */
export interface FileHost {
  readonly port: number;
  /** `https://files.example.com:PORT` */
  readonly origin: string;
  /** The paths that were requested. */
  readonly asked: string[];
  /** The number of open connections. */
  connections(): Promise<number>;
}

/** Starts a server that is closed when the test has finished. */
export async function startFileHost(answer: RequestListener): Promise<FileHost> {
  const asked: string[] = [];
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const connections = () =>
    new Promise<number>((resolve, reject) => {
      server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  return { port, origin: `https://files.example.com:${port}`, asked, connections };
}

/** A JPEG by its first bytes, of a given size. */
export function jpeg(bytes: number): Buffer {
  const picture = Buffer.alloc(bytes, 7);
  Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0]).copy(picture);
  return picture;
}
