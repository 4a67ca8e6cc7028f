import fc from 'fast-check';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { type Damage, damaged, damages } from './damage.ts';
import { hugeText, oddJson, oddNumber, oddText } from './odd-values.ts';

/** One change of a reply of the service. */
export type Spoiling =
  | { readonly how: 'status'; readonly status: number }
  | { readonly how: 'json'; readonly ways: readonly Damage[] }
  | { readonly how: 'field'; readonly name: string; readonly by: unknown }
  | { readonly how: 'cut'; readonly at: number }
  | { readonly how: 'text'; readonly status: number; readonly text: string }
  | { readonly how: 'repeat'; readonly times: number }
  | { readonly how: 'url'; readonly url: string }
  | { readonly how: 'headers'; readonly status: number; readonly headers: HttpReply['headers'] };

export const statuses = fc.oneof(
  fc.constantFrom(100, 204, 206, 301, 302, 307, 400, 401, 403, 404, 408, 409, 410, 411, 412, 413),
  fc.constantFrom(415, 416, 422, 429, 500, 501, 502, 503, 504, 511, 599, 999),
);

const pages = fc.oneof(
  fc.constantFrom(
    '',
    '<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>',
    '<script>'.repeat(3_000),
    '<'.repeat(100_000),
    `<style>${'a'.repeat(50_000)}`,
    'https://'.repeat(5_000),
    'token='.repeat(5_000),
    '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>no</Message></Error>',
    `<Error><Code>${'x'.repeat(5_000)}</Code></Error>`,
    '<Error><Code>'.repeat(20_000),
    '{"code":1e999,"message":[]}',
    '{"error":{"code":{"a":1},"message":{"toString":1}}}',
    '{"__proto__":{"code":"api_key_invalid"}}',
    'null',
    '[]',
    '"x"',
    'NaN',
    '\ufeff{}',
    '{"code":"upload_expired","message":"expired"}',
    '{'.repeat(50_000),
    '['.repeat(300_000) + ']'.repeat(300_000),
  ),
  oddText,
  hugeText,
);

/** URLs to which no chunk may be sent, independent of the URL parser. */
export const badUrls = [
  'http://uploads.simulated/x',
  'ftp://uploads.simulated/x',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'https://user:password@uploads.simulated/x',
  'https://user@uploads.simulated/x',
  'https://user:443@uploads.simulated/x',
  'https://uploads.simulated@evil.example/x',
  'https://uploads.simulated\\@evil.example/x',
  'https://uploads.simulated\\.evil.example/x',
  'https:uploads.simulated/x',
  '//uploads.simulated/x',
  'https://',
  'https:///x',
  'https://[::1',
  'https://a b/x',
  'https://uploads.simulated/x\r\nHost: evil.example',
  'https://uploads.simulated:99999/x',
  'https://éxample.com/x',
  `https://uploads.simulated/${'x'.repeat(9_000)}`,
];

const urls = fc.oneof(
  fc.constantFrom(
    ...badUrls,
    'https://uploads.simulated:0/x',
    'https://169.254.169.254/latest/meta-data/',
    'https://uploads.simulated#@evil.example/x',
    'https://uploads.simulated/%zz?%',
  ),
  oddText,
  oddText.map((text) => `https://${text}`),
);

const counts = fc.constantFrom(
  'chunk_size',
  'total_chunks',
  'processed_chunks',
  'duplicate_chunks',
  'total_completed',
  'chunks_completed',
  'chunks_pending',
  'chunks_failed',
);

const fields = fc.oneof(
  fc.tuple(counts, oddNumber),
  fc.tuple(fc.constantFrom('upload_id', 'asset_id', 'status', 'url'), fc.oneof(oddText, hugeText)),
  fc.tuple(
    fc.constantFrom('expires_at', 'upload_headers', 'uploaded_chunks', 'upload_urls'),
    oddJson,
  ),
  fc.tuple(fc.constantFrom('data', 'page_info', 'error', 'code', 'message'), oddJson),
  fc.tuple(
    fc.constant('upload_headers'),
    fc.dictionary(fc.oneof(oddText, fc.constantFrom('Host', 'X-Api-Key', 'cookie')), oddText),
  ),
);

const headers = fc.dictionary(
  fc.constantFrom(
    'retry-after',
    'retry-after-ms',
    'x-ratelimit-reset',
    'etag',
    'content-length',
    '__proto__',
  ),
  fc.oneof(oddText, oddNumber.map(String), hugeText, retryTimes()),
);

function retryTimes(): fc.Arbitrary<string> {
  return fc.constantFrom(
    '0',
    '-1',
    '1e9',
    '999999999999999',
    '9999999999999999999999',
    '0.0001',
    '5, 5',
    '+5',
    '0x10',
    'Fri, 31 Dec 1999 23:59:59 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'Xxx, 99 Abc 2026 99:99:99 GMT',
    'Sat, 30 Feb 2030 00:00:00 GMT',
    '2026-11-21T12:00:00Z',
  );
}

/** Header changes of throttled, failed and successful replies. */
export const headerSpoilings: fc.Arbitrary<Spoiling> = fc.record({
  how: fc.constant('headers' as const),
  status: fc.constantFrom(429, 503, 500, 403, 200),
  headers,
});

export const spoilings: fc.Arbitrary<Spoiling> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ how: fc.constant('status' as const), status: statuses }) },
  { weight: 6, arbitrary: fc.record({ how: fc.constant('json' as const), ways: damages }) },
  {
    weight: 6,
    arbitrary: fields.map(([name, by]) => ({ how: 'field' as const, name, by })),
  },
  { weight: 1, arbitrary: fc.nat({ max: 400 }).map((at) => ({ how: 'cut' as const, at })) },
  {
    weight: 3,
    arbitrary: fc.record({
      how: fc.constant('text' as const),
      status: fc.oneof(fc.constant(200), statuses),
      text: pages,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 2, max: 900 }).map((times) => ({ how: 'repeat' as const, times })),
  },
  { weight: 3, arbitrary: urls.map((url) => ({ how: 'url' as const, url })) },
  { weight: 1, arbitrary: headerSpoilings },
);

/** Returns the reply with the change applied. */
export function spoiledReply(reply: HttpReply, spoiling: Spoiling): HttpReply {
  switch (spoiling.how) {
    case 'status':
      return { ...reply, status: spoiling.status };
    case 'headers':
      return {
        ...reply,
        status: spoiling.status,
        headers: { ...reply.headers, ...spoiling.headers },
      };
    case 'text':
      return { ...reply, status: spoiling.status, text: spoiling.text };
    case 'cut':
      return { ...reply, text: reply.text.slice(0, spoiling.at % Math.max(1, reply.text.length)) };
    default:
      return { ...reply, text: textOf(spoiledBody(jsonOf(reply.text), spoiling)) };
  }
}

type Body = Record<string, unknown>;

function spoiledBody(body: Body, spoiling: Spoiling): unknown {
  if (spoiling.how === 'json') return damaged(body, spoiling.ways);
  if (spoiling.how === 'field') return { ...body, [spoiling.name]: spoiling.by };
  const lists = Object.entries(body).filter(([, value]) => Array.isArray(value));
  for (const [name, list] of lists as [string, Body[]][]) {
    if (spoiling.how === 'url') body[name] = list.map((item) => ({ ...item, url: spoiling.url }));
    if (spoiling.how === 'repeat') body[name] = Array(spoiling.times).fill(list).flat();
  }
  return body;
}

function jsonOf(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {};
  }
}

/** Serializes a body; replaces values that are too deep for the serializer. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  }
}
