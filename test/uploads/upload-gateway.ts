import { onTestFinished } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { sentFiles } from "../support/sent-file.ts";

/** A gateway over an Alma that accepts files, and functions that send files to it. */
export async function start(
  switches: NonNullable<Parameters<typeof startGateway>[0]>["switches"] = { imageForm: "multipart" },
  env: Record<string, string> = {},
) {
  const gateway = await startGateway({ size: 0, switches: switches ?? {} }, env);
  onTestFinished(() => gateway.close());
  const post = async (body: BodyInit, headers: Record<string, string> = {}) => {
    const response = await fetch(`${gateway.address}/files`, { method: "POST", body, headers });
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
  const send = (content: Uint8Array, name = "plan.jpg", headers?: Record<string, string>) =>
    post(form(content, name), headers);
  return { ...gateway, post, send, files: () => sentFiles(gateway.simulator) };
}

/** A form as browsers create it, whose file claims to be an HTML page. */
export function form(content: Uint8Array, name = "plan.jpg"): FormData {
  const data = new FormData();
  data.append("description", "Plan");
  data.append("file", new File([new Uint8Array(content)], name, { type: "text/html" }));
  return data;
}

/** The first bytes of a PNG. */
export const png = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex");

/** The part of a file in the text of a form whose boundary is `b`. */
export function filePart(name: string, content: string): string {
  return `--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n${content}\r\n`;
}

/** The part of a text. */
export function textPart(name: string, value: string): string {
  return `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}
