import { printable } from '#local/terminal/words.ts';
import type { Context } from '../context.ts';
import { describeError, sentence } from '../describe-error.ts';

/** Reads that fail in a row before a watch ends. At the default interval: more than a minute. */
const mostFailures = 15;

/**
 * Calls `read` at an interval until it returns true. One failed read does not end a watch of hours: the
 * failure is printed, and the next read comes at the interval.
 * @throws the error of the last read, if many reads failed in a row or the error is no outage
 */
export async function readRepeatedly(
  read: () => Promise<boolean>,
  intervalMs: number,
  print: (line: string) => void,
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      if (await read()) return;
      failures = 0;
    } catch (error) {
      const { ending } = describeError(error, 'stack');
      if (ending !== 'unavailable' || ++failures >= mostFailures) throw error;
      const { message } = error as Error;
      print(`${sentence(printable(message))} Next read in ${Math.round(intervalMs / 1000)} s.`);
    }
    await clock.sleep(intervalMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
