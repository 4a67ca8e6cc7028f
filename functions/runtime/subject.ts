/** What a call works on, as every line of its log names it. */
export interface Subject {
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  /** Absent until a transfer is taken. */
  readonly transferId?: string | undefined;
  readonly execution?: string | undefined;
}

/** What a function is called with; state and input may be anything. */
interface Payload {
  readonly state?: unknown;
  readonly input?: unknown;
  readonly executionId: string;
}

/**
 * Finds the names of a call's object in its state, else in what the execution was started with. The
 * step is what judges them: they are only looked for.
 */
export function subjectIn({ state, input, executionId }: Payload): Subject {
  const places = [state, within(state, 'source'), within(state, 'ending'), input];
  const named = [...places, ofEvent(state), ofEvent(input)].find(isNamed);
  return {
    bucket: textIn(named, 'bucket', 255),
    key: textIn(named, 'key', 1024),
    transferId: textIn(state, 'transferId', 255),
    execution: executionId,
  };
}

function isNamed(place: unknown): boolean {
  return textIn(place, 'bucket', 255) !== undefined && textIn(place, 'key', 1024) !== undefined;
}

/** S3's event holds the names one level deeper. */
function ofEvent(value: unknown): unknown {
  const detail = within(value, 'detail');
  const bucket = within(within(detail, 'bucket'), 'name');
  return { bucket, key: within(within(detail, 'object'), 'key') };
}

function within(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** What is longer names nothing. */
function textIn(value: unknown, name: string, maxLength: number): string | undefined {
  const text = within(value, name);
  return typeof text === 'string' && text.length <= maxLength ? text : undefined;
}
