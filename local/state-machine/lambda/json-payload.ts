/** Returns the size of a value as UTF-8 JSON, in bytes; 0 for `undefined`. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** Copies a value through JSON: `undefined` becomes `null`, a Date a string. */
export function copyJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? 'null');
}
