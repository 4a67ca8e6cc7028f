import { logEventOverheadBytes } from './bill.ts';

/** What a process printed. */
export interface OutputCounts {
  /** Bytes that CloudWatch bills: those of each line and of its event. */
  readonly logBytes: number;
  readonly logLines: number;
  /** The metrics in lines of the embedded metric format, by name and values of dimensions. */
  readonly metrics: readonly string[];
}

interface EmbeddedMetrics {
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

/** Counts the lines of a stream from now on instead of writing them. */
export function countOutput(stream: NodeJS.WriteStream): { counts(): OutputCounts } {
  let logBytes = 0;
  let logLines = 0;
  let rest = '';
  const metrics = new Set<string>();
  const countLine = (line: string) => {
    logLines += 1;
    logBytes += Buffer.byteLength(line) + logEventOverheadBytes;
    for (const metric of metricsIn(line)) metrics.add(metric);
  };
  stream.write = ((text: string | Uint8Array, ...more: unknown[]) => {
    const lines = (rest + (typeof text === 'string' ? text : Buffer.from(text).toString())).split(
      '\n',
    );
    rest = lines.pop() ?? '';
    for (const line of lines) countLine(line);
    const done = more.at(-1);
    if (typeof done === 'function') done();
    return true;
  }) as typeof stream.write;
  return { counts: () => ({ logBytes, logLines, metrics: [...metrics].sort() }) };
}

function metricsIn(line: string): string[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const parsed = JSON.parse(line) as EmbeddedMetrics & Readonly<Record<string, unknown>>;
  return (parsed._aws?.CloudWatchMetrics ?? []).flatMap(({ Dimensions, Metrics }) => {
    const values = Dimensions.flat().map((name) => String(parsed[name]));
    return Metrics.map(({ Name }) => [Name, ...values].join(' '));
  });
}
