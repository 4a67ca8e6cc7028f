/** Bytes `start` to `endInclusive`, counted from 0, as in HTTP (RFC 9110 §14.1.2). */
export interface ByteRange {
  readonly start: number;
  readonly endInclusive: number;
}

export function lengthOf(range: ByteRange): number {
  return range.endInclusive - range.start + 1;
}

/** Returns the value of a Range header: `bytes=0-99`. */
export function rangeHeader(range: ByteRange): string {
  return `bytes=${range.start}-${range.endInclusive}`;
}

/** Returns the expected Content-Range of the reply: `bytes 0-99/1000`. */
export function contentRange(range: ByteRange, totalBytes: number): string {
  return `bytes ${range.start}-${range.endInclusive}/${totalBytes}`;
}
