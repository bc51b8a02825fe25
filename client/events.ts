/** An event of a stream, with its fields as they came. */
export interface StreamEvent {
  readonly event?: string;
  readonly data?: string;
  readonly id?: string;
}

/** Reads server-sent events. `heard` is called with each event, and without one when other bytes have come. */
export async function readEvents(body: ReadableStream<Uint8Array>, heard: (event?: StreamEvent) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string>).getReader();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    heard();
    const blocks = (text + read.value).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line)?.slice(1) ?? []);
      heard(Object.fromEntries(fields.filter(([name]) => name)));
    }
  }
}
