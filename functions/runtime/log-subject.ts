/** What a call works on. */
export interface Subject {
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  /** Absent until the execution owns a transfer. */
  readonly transferId?: string | undefined;
  readonly execution?: string | undefined;
}

/** What a function is called with. State and input may be any JSON. */
interface Payload {
  readonly state?: unknown;
  readonly input?: unknown;
  readonly executionId: string;
}

/** Lengths that AWS allows: S3's names of buckets and keys. Longer text is not logged. */
const maxBucketLength = 255;
const maxKeyLength = 1024;
const maxIdLength = 255;

/**
 * Returns the names of a call's object from its state, or from the input of its execution. The step
 * validates the names; this function only reads them.
 */
export function subjectIn({ state, input, executionId }: Payload): Subject {
  // The state of a start that waits holds its input.
  const inputs = [input, fieldOf(state, 'input')];
  const places = [state, fieldOf(state, 'source'), fieldOf(state, 'ending'), ...inputs];
  const events = [state, ...inputs].map(eventSubject);
  const named = [...places, ...events].find(isNamed);
  return {
    bucket: textIn(named, 'bucket', maxBucketLength),
    key: textIn(named, 'key', maxKeyLength),
    transferId: textIn(state, 'transferId', maxIdLength),
    execution: executionId,
  };
}

function isNamed(place: unknown): boolean {
  return (
    textIn(place, 'bucket', maxBucketLength) !== undefined &&
    textIn(place, 'key', maxKeyLength) !== undefined
  );
}

/** An S3 event holds the names one level deeper. */
function eventSubject(value: unknown): unknown {
  const detail = fieldOf(value, 'detail');
  const bucket = fieldOf(fieldOf(detail, 'bucket'), 'name');
  return { bucket, key: fieldOf(fieldOf(detail, 'object'), 'key') };
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function textIn(value: unknown, name: string, maxLength: number): string | undefined {
  const text = fieldOf(value, name);
  return typeof text === 'string' && text.length <= maxLength ? text : undefined;
}
