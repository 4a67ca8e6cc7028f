import { ManualClock } from '../../harness/clock.ts';
import { type Answer, etag, type Script, type Sent } from './scripted.ts';

export const stored: Answer = { headers: { etag: `"${etag}"` } };
export const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A service that returns a new URL for each chunk at each request, and accepts every PUT. */
export function freshUrls(
  lifetimeMs = 3600_000,
  put: (sent: Sent) => Answer = () => stored,
): Script {
  let serial = 0;
  return (sent) => {
    if (sent.method === 'PUT') return put(sent);
    const { start, count } = sent.body as { start: number; count: number };
    const expires_at = new Date(
      new ManualClock(undefined, 'owner').now() + lifetimeMs,
    ).toISOString();
    const upload_urls = range(start, start + count - 1).map((chunk_index) => ({
      chunk_index,
      url: `https://s3.example.test/c/${chunk_index}?sig=CANARY${++serial}`,
      expires_at,
    }));
    return { json: { upload_urls } };
  };
}

export const spans = (sent: Sent[]) =>
  sent.filter(({ method }) => method === 'POST').map((s) => s.body);
export const puts = (sent: Sent[]) => sent.filter(({ method }) => method === 'PUT');
