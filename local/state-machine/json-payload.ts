/** How many bytes a value takes as JSON in UTF-8; 0 where JSON leaves it out. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** The value as it is after a journey through JSON: `undefined` becomes `null`, a Date its text. */
export function copyJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? 'null');
}
