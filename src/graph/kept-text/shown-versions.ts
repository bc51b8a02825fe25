/** An object whose fields stay as they are while its version does. */
export interface VersionedObject {
  /** Raised by every change, and no other object of the type ever has the same; 0 if nothing of it is known. */
  readonly version: number;
  /** Its place among the objects of its type, which it alone has; negative while it has none. */
  readonly slot: number;
}

/** That a text shows an object in one version, at a level. */
export interface ShownVersion {
  readonly object: VersionedObject;
  readonly version: number;
  level: number;
}

/** What is shown by the text that is being written. That is synchronous work, so that there is one at most. */
let recording: ShownVersion[] | undefined;
let isRefused = false;
let bytes = 0;

/** What was recorded of a text: the versions that it shows, and the least size of the objects in it. */
export interface Recorded {
  readonly shown: readonly ShownVersion[];
  readonly bytes: number;
}

export const isRecording = (): boolean => recording !== undefined;

export function beginRecording(): void {
  recording = [];
  isRefused = false;
  bytes = 0;
}

/** What was recorded since `beginRecording`; undefined if it depends on more than versions of objects. */
export function endRecording(): Recorded | undefined {
  const shown = recording;
  recording = undefined;
  return shown && !isRefused ? { shown, bytes } : undefined;
}

/** Records so many bytes of the answer, which its size is measured by while it is made. */
export function recordBytes(count: number): void {
  bytes += count;
}

/** Records that a version of an object is shown at a level: the present one, or 0 for any other. */
export function recordShown(object: VersionedObject, version: number, level: number): void {
  if (!recording) return;
  const known = recording.find((shown) => shown.object === object);
  if (version === 0 || object.slot < 0 || (known && known.version !== version)) isRefused = true;
  else if (known) known.level = Math.max(known.level, level);
  else recording.push({ object, version, level });
}

/** Records that what is shown depends on more than versions of objects. */
export function refuseRecording(): void {
  isRefused = true;
}
