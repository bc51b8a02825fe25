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

export const isRecording = (): boolean => recording !== undefined;

export function beginRecording(): void {
  recording = [];
  isRefused = false;
}

/** What was shown since `beginRecording`; undefined if it depends on more than versions of objects. */
export function endRecording(): readonly ShownVersion[] | undefined {
  const shown = recording;
  recording = undefined;
  return isRefused ? undefined : shown;
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
